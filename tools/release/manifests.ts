import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ReleaseError } from './version.ts';

const manifestForm = z.object({
  name: z.string(),
  version: z.string().optional(),
  private: z.boolean().default(false),
  workspaces: z.array(z.string()).default([]),
});

export interface Manifest {
  /** Folder from the root; empty for the root itself. */
  readonly folder: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly isPrivate: boolean;
}

function readManifest(root: string, folder: string): Manifest & { readonly workspaces: readonly string[] } {
  const text = readFileSync(join(root, folder, 'package.json'), 'utf8');
  const { name, version, workspaces, private: isPrivate } = manifestForm.parse(JSON.parse(text));
  return { folder, name, version, isPrivate, workspaces };
}

/**
 * The root's manifest and those of its workspaces.
 * @throws ReleaseError for a workspace pattern that is neither a path nor a folder with `/*`
 */
export function readManifests(root: string): readonly [root: Manifest, ...workspaces: Manifest[]] {
  const { workspaces, ...own } = readManifest(root, '');
  const folders = workspaces.flatMap((pattern) => foldersOf(root, pattern.replace(/^\.\/|\/$/g, '')));
  return [own, ...folders.map((folder) => readManifest(root, folder))];
}

function foldersOf(root: string, pattern: string): string[] {
  const parent = pattern.replace(/\/\*$/, '');
  if (parent.includes('*')) throw new ReleaseError(`The workspaces "${pattern}" are not understood.`);
  if (parent === pattern) return [pattern];
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, parent, entry.name, 'package.json')))
    .map((entry) => `${parent}/${entry.name}`);
}

/**
 * The text of a `package.json` with another version. Dependencies on one of `names` that state a version get it too.
 * The rest of the text is unchanged.
 */
export function withVersion(text: string, version: string, names: readonly string[]): string {
  const own = text.replace(/^( {2}"version": ")[^"]*(")/m, `$1${version}$2`);
  return names.reduce((now, name) => {
    const dependency = new RegExp(`("${escaped(name)}": "[~^]?)\\d+\\.\\d+\\.\\d+(")`, 'g');
    return now.replace(dependency, `$1${version}$2`);
  }, own);
}

const escaped = (name: string) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const lockForm = z.looseObject({
  version: z.string().optional(),
  packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })),
});

/** The text of a `package-lock.json` with another version of the root and of its workspaces. */
export function lockWithVersion(text: string, version: string, manifests: readonly Manifest[]): string {
  const lock = lockForm.parse(JSON.parse(text));
  if (lock.version !== undefined) lock.version = version;
  for (const { folder } of manifests) {
    const entry = lock.packages[folder];
    if (entry?.version !== undefined) entry.version = version;
    if (entry !== undefined) setDependencies(entry, version, manifests);
  }
  return `${JSON.stringify(lock, null, 2)}\n`;
}

function setDependencies(
  entry: Readonly<Record<string, unknown>>,
  version: string,
  manifests: readonly Manifest[],
): void {
  const groups = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];
  for (const group of groups) {
    const dependencies = z.record(z.string(), z.string()).safeParse(entry[group]);
    if (!dependencies.success) continue;
    for (const { name } of manifests) {
      const range = dependencies.data[name];
      if (range !== undefined && /^[~^]?\d/.test(range))
        Object.assign(entry, {
          [group]: { ...dependencies.data, [name]: range.replace(/\d.*$/, version) },
        });
    }
  }
}
