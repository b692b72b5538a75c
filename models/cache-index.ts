import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Artifact, ArtifactId } from './artifacts.ts';
import { fileStamp, stillMatches, writeAtomically } from './file-stamp.ts';

const FORMAT = 1;

const entry = z.object({
  fileName: z.string(),
  recipe: z.string(),
  output: fileStamp,
  sources: z.array(fileStamp),
});
/** How a file of the cache was made. */
export type CacheEntry = z.infer<typeof entry>;

const failedDownload = z.object({ atMs: z.number(), why: z.string() });
export type FailedDownload = z.infer<typeof failedDownload>;

const cacheIndex = z.object({
  format: z.literal(FORMAT),
  entries: z.record(z.string(), entry),
  /** By URL. */
  failedDownloads: z.record(z.string(), failedDownload),
});
/** Content of `index.json` in the cache folder. */
export type CacheIndex = z.infer<typeof cacheIndex>;

/** Reads the index. An index that is missing, damaged or of another format counts as empty. */
export async function readCacheIndex(cacheDir: string): Promise<CacheIndex> {
  try {
    return cacheIndex.parse(JSON.parse(await readFile(indexFile(cacheDir), 'utf8')));
  } catch {
    return { format: FORMAT, entries: {}, failedDownloads: {} };
  }
}

/**
 * Reads the index from the disk, changes it and writes it back, so that two simultaneous runs keep each other's
 * entries.
 */
export async function updateCacheIndex(cacheDir: string, change: (index: CacheIndex) => void): Promise<void> {
  const index = await readCacheIndex(cacheDir);
  change(index);
  await writeAtomically(indexFile(cacheDir), `${JSON.stringify(index, null, 2)}\n`);
}

/**
 * The path of an artifact in the cache; null unless the file is there, unchanged, and made from the manifest's sources.
 */
export async function cachedFile(
  cacheDir: string,
  index: CacheIndex,
  artifact: Pick<Artifact, 'id' | 'fileName' | 'recipe' | 'sources'>,
): Promise<string | null> {
  const found: CacheEntry | undefined = index.entries[artifact.id satisfies ArtifactId];
  if (found === undefined || found.fileName !== artifact.fileName || found.recipe !== artifact.recipe)
    return null;
  if (hashes(found.sources) !== hashes(artifact.sources)) return null;
  const file = path.join(cacheDir, artifact.fileName);
  return (await stillMatches(file, found.output)) ? file : null;
}

function hashes(files: readonly { readonly sha256: string }[]): string {
  return files.map((file) => file.sha256).join();
}

function indexFile(cacheDir: string): string {
  return path.join(cacheDir, 'index.json');
}
