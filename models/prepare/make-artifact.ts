import path from 'node:path';
import type { Artifact } from '../artifacts.ts';
import { type CacheEntry, type CacheIndex, updateCacheIndex } from '../cache-index.ts';
import { ConversionError } from '../convert/errors.ts';
import { stampOf, stillMatches, writeAtomically } from '../file-stamp.ts';
import { type MissingSource, type ObtainedSource, packagedFile } from './sources.ts';

/** Why an artifact could not be made. */
export type MissingCode = MissingSource['code'] | 'not-convertible';

type Made =
  | { readonly ok: true; readonly file: string }
  | { readonly ok: false; readonly code: MissingCode; readonly why: string };

/** Makes an artifact from its sources, writes it to the cache and adds it to the index. */
export async function makeArtifact(
  cacheDir: string,
  artifact: Artifact,
  sources: readonly (ObtainedSource | MissingSource)[],
): Promise<Made> {
  const obtained: ObtainedSource[] = [];
  for (const source of sources) {
    if (!source.ok) return source;
    obtained.push(source);
  }
  let content: Uint8Array;
  try {
    content = artifact.build(obtained.map((source) => source.bytes));
  } catch (error) {
    if (error instanceof ConversionError) return { ok: false, code: 'not-convertible', why: error.message };
    throw error;
  }
  const file = path.join(cacheDir, artifact.fileName);
  await writeAtomically(file, content);
  const entry: CacheEntry = {
    fileName: artifact.fileName,
    recipe: artifact.recipe,
    output: await stampOf(file, content),
    sources: obtained.map((source) => source.stamp),
  };
  await updateCacheIndex(cacheDir, (index) => {
    index.entries[artifact.id] = entry;
  });
  return { ok: true, file };
}

/** Whether the files inside npm packages are the same as when the artifact was made from them. */
export async function sourcesUnchanged(index: CacheIndex, artifact: Artifact): Promise<boolean> {
  const stamps = index.entries[artifact.id]?.sources ?? [];
  const checks = artifact.sources.map(async ({ from }, i) => {
    if (from.kind === 'download') return true;
    const stamp = stamps[i];
    try {
      return stamp !== undefined && (await stillMatches(packagedFile(from), stamp));
    } catch {
      return false;
    }
  });
  return (await Promise.all(checks)).every(Boolean);
}
