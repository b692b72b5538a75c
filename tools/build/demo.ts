import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaceLandmarker } from '@mediapipe/tasks-vision';
import { build } from 'esbuild';
import { packageRoot } from '../../models/package-root.ts';
import { buildClient, SOURCE } from './browser.ts';
import { withLinksFrom } from '../../client/demo/links.ts';
import { coloursSheet } from '../../client/demo/pages/colours.ts';
import { DOCUMENTS } from '../../client/demo/pages/documents.ts';
import { markFile } from '../../client/demo/pages/drawings.ts';

const ROOT = packageRoot();
const DEFAULT_OUTDIR = join(ROOT, 'dist', 'demo');

/**
 * Builds the files of the demo's backend into `outdir`, which is emptied first: the service's files for the browser, as
 * every customer serves them, and the demo's own pages, scripts and style sheet.
 */
export async function buildDemo(outdir: string = DEFAULT_OUTDIR): Promise<void> {
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  await buildClient(outdir);
  const page = (name: string) => join(ROOT, 'client/demo/pages', name);
  await build({
    entryPoints: [
      page('welcome.ts'),
      page('register.ts'),
      page('sign-in.ts'),
      page('account.ts'),
      page('see.ts'),
      page('operator.ts'),
      page('operator-sign-in.ts'),
      page('demo.css'),
      page('wide.css'),
    ],
    define: faceMesh(),
    outdir,
    bundle: true,
    conditions: [SOURCE],
    splitting: true,
    chunkNames: 'pages-[hash]',
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    logLevel: 'error',
  });
  const written = { ...linkedDocuments(), 'colours.css': coloursSheet(), 'mark.svg': markFile() };
  await Promise.all(Object.entries(written).map(([name, text]) => writeFile(join(outdir, name), text)));
}

/** Links as seen from the path of each page. The page for 404 is served under any path, which its server knows. */
function linkedDocuments(): Record<string, string> {
  const linked = Object.entries(DOCUMENTS).map(([name, html]) => {
    const [page = ''] = name.split('.');
    if (page === 'not-found') return [name, html];
    return [name, withLinksFrom(page === 'operator-sign-in' ? '/operator/sign-in' : `/${page}`, html)];
  });
  return Object.fromEntries(linked) as Record<string, string>;
}

/** The edges of the face mesh as MediaPipe publishes them: pairs of landmark indices in one list. */
function faceMesh(): Record<string, string> {
  const { FACE_LANDMARKS_TESSELATION, FACE_LANDMARKS_CONTOURS } = FaceLandmarker;
  const flat = (edges: typeof FACE_LANDMARKS_CONTOURS) => {
    const unique = new Map(
      edges.map(({ start, end }) => [Math.min(start, end) * 1000 + Math.max(start, end), [start, end]]),
    );
    return JSON.stringify([...unique.values()].flat());
  };
  return {
    FACE_MESH_EDGES: flat(FACE_LANDMARKS_TESSELATION),
    FACE_MESH_CONTOURS: flat(FACE_LANDMARKS_CONTOURS),
  };
}
