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
/** How one file of the cache came about. */
export type CacheEntry = z.infer<typeof entry>;

const failedDownload = z.object({ atMs: z.number(), why: z.string() });
export type FailedDownload = z.infer<typeof failedDownload>;

const cacheIndex = z.object({
  format: z.literal(FORMAT),
  entries: z.record(z.string(), entry),
  /** By URL. */
  failedDownloads: z.record(z.string(), failedDownload),
});
/** What `index.json` in the cache folder holds. */
export type CacheIndex = z.infer<typeof cacheIndex>;

/** Reads the index; one that is missing, damaged or of another format counts as empty. */
export async function readCacheIndex(cacheDir: string): Promise<CacheIndex> {
  try {
    return cacheIndex.parse(JSON.parse(await readFile(indexFile(cacheDir), 'utf8')));
  } catch {
    return { format: FORMAT, entries: {}, failedDownloads: {} };
  }
}

/** Applies a change to the index as it is on disk now, so that two runs at once keep each other's entries. */
export async function updateCacheIndex(cacheDir: string, change: (index: CacheIndex) => void): Promise<void> {
  const index = await readCacheIndex(cacheDir);
  change(index);
  await writeAtomically(indexFile(cacheDir), `${JSON.stringify(index, null, 2)}\n`);
}

/** The path of an artifact in the cache when it is there, whole, and made from the manifest's sources; else null. */
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
