import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** Properties of a file when its content was last read. */
export const fileStamp = z.object({ sha256: z.string(), bytes: z.number(), modifiedAtMs: z.number() });
export type FileStamp = z.infer<typeof fileStamp>;

/** SHA-256 in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The stamp of a file with known content. */
export async function stampOf(file: string, content: Uint8Array): Promise<FileStamp> {
  const { mtimeMs } = await stat(file);
  return { sha256: sha256(content), bytes: content.byteLength, modifiedAtMs: mtimeMs };
}

/**
 * Whether a file still matches its stamp. Compares size and time, and reads the content only when the time differs, as
 * after a copy. False when the file cannot be read.
 */
export async function stillMatches(file: string, stamp: FileStamp): Promise<boolean> {
  try {
    const { size, mtimeMs } = await stat(file);
    if (size !== stamp.bytes) return false;
    return mtimeMs === stamp.modifiedAtMs || sha256(await readFile(file)) === stamp.sha256;
  } catch {
    return false;
  }
}

/** Writes a file atomically: a reader sees the old content or the new content, never a part. Creates the folder. */
export async function writeAtomically(file: string, content: Uint8Array | string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
