import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { buildClient, SOURCE } from './browser.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A workspace that is published: its folder, its entry points by their names in `dist`, and what runs it. */
export interface Workspace {
  readonly folder: string;
  readonly entries: Readonly<Record<string, string>>;
  /** Node runs both module formats; a browser's bundler one. */
  readonly formats: readonly ('esm' | 'cjs')[];
  readonly platform: 'node' | 'browser' | 'neutral';
}

/** The workspaces, in the order in which they need each other. */
export const WORKSPACES = {
  protocol: {
    folder: 'protocol',
    entries: { index: 'index.ts', http: 'http/index.ts', words: 'words/index.ts' },
    formats: ['esm', 'cjs'],
    platform: 'neutral',
  },
  backend: {
    folder: 'client/backend',
    entries: { index: 'index.ts' },
    formats: ['esm', 'cjs'],
    platform: 'node',
  },
  kiosk: {
    folder: 'client/kiosk',
    entries: { index: 'index.ts', cli: 'cli.ts' },
    formats: ['esm'],
    platform: 'node',
  },
  browser: {
    folder: 'client/browser',
    entries: { index: 'sdk/index.ts', element: 'element/index.ts', look: 'look.ts' },
    formats: ['esm'],
    platform: 'browser',
  },
} as const satisfies Record<string, Workspace>;
export type WorkspaceName = keyof typeof WORKSPACES;

/** Starting a worker loads one of these by its address, so each is one file that needs no other. */
const BROWSER_WORKERS = { 'encode-worker': 'sdk/encode-worker.ts', 'help-worker': 'sdk/help/help-worker.ts' };

/**
 * Builds the JavaScript of a workspace into `outdir`, by default its `dist`, which is emptied first. What other workspaces give it is built in,
 * so that its package can be installed alone.
 */
export async function buildPackage(
  name: WorkspaceName,
  outdir: string = join(ROOT, WORKSPACES[name].folder, 'dist'),
): Promise<void> {
  const { folder, entries, formats, platform }: Workspace = WORKSPACES[name];
  const home = join(ROOT, folder);
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  const options: BuildOptions = {
    outdir,
    absWorkingDir: home,
    conditions: [SOURCE],
    bundle: true,
    platform,
    target: platform === 'browser' ? 'es2022' : 'node20',
    sourcemap: true,
    legalComments: 'inline',
    logLevel: 'error',
  };
  for (const format of formats)
    await build({
      ...options,
      entryPoints: { ...entries },
      format,
      splitting: format === 'esm',
      chunkNames: 'shared-[hash]',
      outExtension: { '.js': format === 'esm' ? '.js' : '.cjs' },
      plugins: [await dependenciesStayImports(home)],
    });
  if (name !== 'browser') return;
  await build({ ...options, entryPoints: BROWSER_WORKERS, format: 'esm', minify: true });
  await buildClient(join(outdir, 'standalone'));
  await cp(join(outdir, 'standalone', 'inter.css'), join(outdir, 'inter.css'));
  await cp(join(outdir, 'standalone', 'fonts'), join(outdir, 'fonts'), { recursive: true });
}

/** Leaves the packages that a workspace depends on to the installer; those that it was only developed with are built in. */
async function dependenciesStayImports(home: string): Promise<Plugin> {
  const manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const names = Object.keys(manifest.dependencies);
  return {
    name: 'dependencies-stay-imports',
    setup: (builder) =>
      builder.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
        kind !== 'entry-point' && names.some((name) => path === name || path.startsWith(`${name}/`))
          ? { external: true }
          : null,
      ),
  };
}
