import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const CLIENT = dirname(fileURLToPath(import.meta.url));
const DEFAULT_OUTDIR = join(CLIENT, '..', 'dist', 'client');

/** What a page may download for SDK, element and encoder together, compressed. */
export const GZIP_BUDGET_BYTES = 60_000;
/** Holds MediaPipe; loaded only by a session that is given its files, so it counts in no page's budget. */
export const HELP_WORKER = 'help-worker.js';

export interface BuiltFile {
  /** Name within the output folder. */
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/**
 * Builds the browser's files into `outdir`: `sdk.js`, `element.js` and the chunk they share, the workers they start,
 * and the typeface. All are plain ES modules to be served from one folder as they are; nothing is loaded from
 * anywhere else and no code is made at run time, so `script-src 'self'; worker-src 'self'` suffices.
 */
export async function buildClient(outdir: string = DEFAULT_OUTDIR): Promise<readonly BuiltFile[]> {
  await removeOldChunks(outdir);
  const { metafile } = await build({
    entryPoints: {
      sdk: join(CLIENT, 'sdk/index.ts'),
      element: join(CLIENT, 'element/index.ts'),
      'encode-worker': join(CLIENT, 'sdk/encode-worker.ts'),
      'help-worker': join(CLIENT, 'sdk/help/help-worker.ts'),
    },
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    sourcemap: true,
    legalComments: 'linked',
    metafile: true,
    logLevel: 'error',
  });
  await copyTypeface(outdir);
  const scripts = Object.keys(metafile.outputs).filter((path) => path.endsWith('.js'));
  return Promise.all(scripts.map(measure));
}

/** Chunks carry a hash in their names, so an old one would never be written over. */
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

/** Inter as one variable font file a script, with the style sheet that picks what a page's letters need. */
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

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = await buildClient(process.argv[2]);
  const total = files.reduce((sum, { name, gzipBytes }) => sum + (name === HELP_WORKER ? 0 : gzipBytes), 0);
  for (const { name, bytes, gzipBytes } of [
    ...files,
    { name: `without ${HELP_WORKER}`, bytes: 0, gzipBytes: total },
  ])
    process.stdout.write(`${name.padEnd(28)} ${bytes || ''}\t${gzipBytes} gzip\n`);
}
