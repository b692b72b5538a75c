import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { BROWSER_ASSETS, MODEL_MANIFEST } from '../models/manifest.ts';
import type { Licence, SourceFile, Tier } from '../models/model-spec.ts';
import { packageRoot } from '../models/package-root.ts';
import { npmOutput } from './npm.ts';

/** The members of CycloneDX 1.5 that are read or changed here. npm's other members are kept. */
const bom = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.5'),
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string(), name: z.string() }) }),
  components: z.array(
    z.looseObject({
      'bom-ref': z.string(),
      name: z.string(),
      properties: z.array(z.looseObject({ name: z.string() })).optional(),
    }),
  ),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).optional() })),
});
type Bom = z.infer<typeof bom>;

interface Weights {
  readonly id: string;
  readonly tier: Tier;
  readonly sources: readonly SourceFile[];
  readonly licence: Licence;
}

/** Every set of weights that the product may load, present or not. */
export const WEIGHTS: readonly Weights[] = [
  ...Object.values(MODEL_MANIFEST),
  ...Object.values(BROWSER_ASSETS).map((asset) => ({ ...asset, sources: [asset.source] })),
];

const lockFile = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ license: z.string().optional() })),
});

/**
 * npm's bill of materials with the models' weights, and with the licences that npm leaves out because they are no SPDX
 * names.
 */
function withModels(npmBom: unknown, lock: unknown): Bom {
  const read = bom.parse(npmBom);
  const { packages } = lockFile.parse(lock);
  const root = read.metadata.component;
  const models = WEIGHTS.map(modelComponent);
  return {
    ...read,
    metadata: { ...read.metadata, component: { ...root, type: 'application', name: 'veriframe' } },
    components: [
      ...read.components.map((component) => {
        const written = packages[`node_modules/${component.name}`]?.license;
        const isNamed = component['licenses'] !== undefined || written === undefined;
        return isNamed ? component : { ...component, licenses: [{ license: { name: written } }] };
      }),
      ...models,
    ],
    dependencies: [
      ...read.dependencies.map((one) =>
        one.ref === root['bom-ref']
          ? { ...one, dependsOn: [...(one.dependsOn ?? []), ...models.map((model) => model['bom-ref'])] }
          : one,
      ),
      ...models.map((model) => ({ ref: model['bom-ref'], dependsOn: [] })),
    ],
  };
}

function modelComponent({ id, tier, sources, licence }: Weights) {
  const reference = `model:${id}`;
  return {
    'bom-ref': reference,
    type: 'machine-learning-model',
    name: id,
    scope: tier === 'base' ? 'required' : 'optional',
    licenses: [{ license: { id: licence.spdx } }],
    copyright: licence.attribution,
    externalReferences: [{ type: 'website', url: licence.origin }],
    properties: [{ name: 'veriframe:training-data', value: licence.trainedOn }],
    components: sources.map((source, at) => ({
      'bom-ref': `${reference}:${at}`,
      type: 'file',
      name: placeOf(source),
      hashes: [{ alg: 'SHA-256', content: source.sha256 }],
    })),
  };
}

function placeOf({ from }: SourceFile): string {
  switch (from.kind) {
    case 'package':
      return `${from.packageName}/${from.path}`;
    case 'repository':
      return from.path;
    case 'download':
      return from.url;
  }
}

/**
 * The bill of materials of the locked packages; with `dev`, also of packages for build and tests only. Works offline.
 */
export function createSbom(folder: string, dev: boolean): Bom {
  // npm's own `--omit dev` leaves out a package that a workspace develops with, although the product depends on it too.
  const output = npmOutput(['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], folder);
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const all = withModels(JSON.parse(output), JSON.parse(lock));
  return dev ? all : withoutDevelopment(all);
}

/** The bill of materials without the packages that npm marks as needed for development only. */
function withoutDevelopment(all: Bom): Bom {
  const isNeeded = ({ properties = [] }: Bom['components'][number]) =>
    !properties.some(({ name }) => name === 'cdx:npm:package:development');
  const components = all.components.filter(isNeeded);
  const kept = new Set([all.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])]);
  return {
    ...all,
    components,
    dependencies: all.dependencies
      .filter(({ ref }) => kept.has(ref))
      .map((one) => ({ ...one, dependsOn: (one.dependsOn ?? []).filter((ref) => kept.has(ref)) })),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: { dev: { type: 'boolean', default: false }, out: { type: 'string' } },
  });
  const path = values.out ?? join(packageRoot(), 'reports', 'sbom', 'veriframe.cdx.json');
  const made = createSbom(packageRoot(), values.dev);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(made, null, 2)}\n`);
  const packages = made.components.length - WEIGHTS.length;
  process.stdout.write(`${path}: ${packages} packages, ${WEIGHTS.length} models (CycloneDX 1.5)\n`);
}
