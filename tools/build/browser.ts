import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type BuildOptions } from 'esbuild';
import { packageRoot } from '../../models/package-root.ts';

const ROOT = packageRoot();
const BROWSER = join(ROOT, 'client', 'browser');
const DEFAULT_OUTDIR = join(ROOT, 'dist', 'sdk');

/** The condition under which the packages of this repository resolve to their sources. */
export const SOURCE = 'veriframe-source';

/** Limit, compressed, of what a page downloads for SDK, element and encoder together. */
export const GZIP_BUDGET_BYTES = 60_000;
/** Contains MediaPipe. A session loads it only when it was given MediaPipe's files, so it is in no page's budget. */
export const HELP_WORKER = 'help-worker.js';
/** SDK and element in one file. */
export const WHOLE = 'face-auth.js';

export interface BuiltFile {
  /** Name in the output folder. */
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/**
 * Builds the browser's files into `outdir`: `sdk.js`, `element.js` and their shared chunk; `face-auth.js`, which has
 * both for a page with a single script tag; their workers; and the typeface. All of them are ES modules in one folder.
 * They load nothing from elsewhere and compile no code at run time, so `script-src 'self'; worker-src 'self'` suffices.
 */
export async function buildClient(outdir: string = DEFAULT_OUTDIR): Promise<readonly BuiltFile[]> {
  await removeOldChunks(outdir);
  const options: BuildOptions & { metafile: true } = {
    outdir,
    conditions: [SOURCE],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    sourcemap: true,
    legalComments: 'linked',
    metafile: true,
    logLevel: 'error',
  };
  const parts = await build({
    ...options,
    entryPoints: {
      sdk: join(BROWSER, 'sdk/index.ts'),
      element: join(BROWSER, 'element/index.ts'),
      'encode-worker': join(BROWSER, 'sdk/encode-worker.ts'),
      'help-worker': join(BROWSER, 'sdk/help/help-worker.ts'),
    },
    splitting: true,
    chunkNames: 'shared-[hash]',
  });
  const whole = await build({
    ...options,
    entryPoints: { 'face-auth': join(BROWSER, 'element/with-sdk.ts') },
  });
  await copyTypeface(outdir);
  const outputs = { ...parts.metafile.outputs, ...whole.metafile.outputs };
  const scripts = Object.keys(outputs).filter((path) => path.endsWith('.js'));
  return Promise.all(scripts.map(measure));
}

/** The names of chunks contain a hash, so a new build does not overwrite the old ones. */
async function removeOldChunks(outdir: string): Promise<void> {
  await mkdir(outdir, { recursive: true });
  const old = (await readdir(outdir)).filter((name) => /^shared-\w+\.js(\.map)?$/.test(name));
  await Promise.all(old.map((name) => rm(join(outdir, name))));
}

async function measure(path: string): Promise<BuiltFile> {
  const content = await readFile(path);
  return {
    name: basename(path),
    bytes: content.byteLength,
    gzipBytes: gzipSync(content, { level: 9 }).byteLength,
  };
}

/** Copies Inter: one variable font file for each script, with the style sheet that selects them. */
async function copyTypeface(outdir: string): Promise<void> {
  const home = dirname(createRequire(import.meta.url).resolve('@fontsource-variable/inter/package.json'));
  const sheet = await readFile(join(home, 'wght.css'), 'utf8');
  const files = [...sheet.matchAll(/\.\/files\/([\w-]+\.woff2)/g)].map((match) => match[1] ?? '');
  await mkdir(join(outdir, 'fonts'), { recursive: true });
  await writeFile(join(outdir, 'inter.css'), sheet.replaceAll('./files/', './fonts/'));
  await Promise.all([
    ...files.map((file) => cp(join(home, 'files', file), join(outdir, 'fonts', file))),
    cp(join(home, 'LICENSE'), join(outdir, 'fonts', 'LICENSE')),
  ]);
}
