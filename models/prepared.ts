import path from 'node:path';
import { type Artifact, ARTIFACTS } from './artifacts.ts';
import { cachedFile, readCacheIndex } from './cache-index.ts';
import { MODEL_IDS, type ModelId } from './ids.ts';
import { BROWSER_ASSETS, type BrowserAssetId } from './manifest.ts';
import { packageRoot } from './package-root.ts';

/** Paths of the files that are ready for use. A missing id is not available here. */
export interface PreparedModels {
  readonly cacheDir: string;
  readonly models: Readonly<Partial<Record<ModelId, string>>>;
  readonly browserAssets: Readonly<Partial<Record<BrowserAssetId, string>>>;
}

/** The folder of prepared models: `configured`, or `models/.cache` in the package where it is empty. */
export function modelCacheFolder(configured: string): string {
  return configured === '' ? path.join(packageRoot(), 'models', '.cache') : path.resolve(configured);
}

/**
 * Finds what an earlier `prepareModels` left in the cache, and checks it against manifest and index. Converts and
 * downloads nothing. An empty or missing cache gives no models and no error.
 */
export async function loadPrepared(cacheDir: string): Promise<PreparedModels> {
  const index = await readCacheIndex(cacheDir);
  const files = await Promise.all(
    ARTIFACTS.map(async (artifact) => ({ artifact, file: await cachedFile(cacheDir, index, artifact) })),
  );
  return toPreparedModels(cacheDir, files);
}

/** Sorts finished artifacts by kind. Artifacts whose file is null are left out. */
export function toPreparedModels(
  cacheDir: string,
  files: readonly { readonly artifact: Pick<Artifact, 'id'>; readonly file: string | null }[],
): PreparedModels {
  const byId = new Map(files.map(({ artifact, file }) => [artifact.id, file]));
  const models: Partial<Record<ModelId, string>> = {};
  for (const id of MODEL_IDS) {
    const file = byId.get(id);
    if (file) models[id] = file;
  }
  const browserAssets: Partial<Record<BrowserAssetId, string>> = {};
  for (const { id } of Object.values(BROWSER_ASSETS)) {
    const file = byId.get(id);
    if (file) browserAssets[id] = file;
  }
  return { cacheDir, models, browserAssets };
}
