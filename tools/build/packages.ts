import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { packageRoot } from '../../models/package-root.ts';
import { buildClient, SOURCE } from './browser.ts';

const ROOT = packageRoot();

/** A published workspace: its folder, its entry points by their names in `dist`, and its runtime. */
export interface Workspace {
  readonly folder: string;
  readonly entries: Readonly<Record<string, string>>;
  /** Node loads both module formats; a browser's bundler needs one. */
  readonly formats: readonly ('esm' | 'cjs')[];
  readonly platform: 'node' | 'browser' | 'neutral';
  /** The workspaces that its bundle contains. */
  readonly builtIn: readonly string[];
}

/** The workspaces in the order of their dependencies. */
export const WORKSPACES = {
  protocol: {
    folder: 'protocol',
    entries: { index: 'index.ts', http: 'http/index.ts', words: 'words/index.ts' },
    formats: ['esm', 'cjs'],
    platform: 'neutral',
    builtIn: [],
  },
  backend: {
    folder: 'client/backend',
    entries: { index: 'index.ts' },
    formats: ['esm', 'cjs'],
    platform: 'node',
    builtIn: ['protocol'],
  },
  kiosk: {
    folder: 'client/kiosk',
    entries: { index: 'index.ts', cli: 'cli.ts' },
    formats: ['esm'],
    platform: 'node',
    builtIn: ['protocol', 'backend'],
  },
  browser: {
    folder: 'client/browser',
    entries: { index: 'sdk/index.ts', element: 'element/index.ts', look: 'look.ts' },
    formats: ['esm'],
    platform: 'browser',
    builtIn: ['protocol'],
  },
} as const satisfies Record<string, Workspace>;
export type WorkspaceName = keyof typeof WORKSPACES;

/** A page starts a worker by its URL, so each of these is one file without imports. */
const BROWSER_WORKERS = { 'encode-worker': 'sdk/encode-worker.ts', 'help-worker': 'sdk/help/help-worker.ts' };

/**
 * Builds the JavaScript of a workspace into `outdir`, by default its `dist`, which is emptied first. Code of other
 * workspaces is bundled, so the package can be installed alone.
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

/**
 * Keeps imports of a workspace's dependencies, which are installed with the package. Development dependencies are
 * bundled.
 */
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
