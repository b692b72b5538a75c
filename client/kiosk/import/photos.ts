import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isHeic } from '@veriframe/protocol';
import { KioskError } from '../errors.ts';
import { pictureFitter } from '../sources/fit.ts';

/** A photograph that can be sent, or why it cannot. */
export type ReadPhoto =
  | { readonly path: string; readonly image: Uint8Array; readonly sha256: string }
  | { readonly path: string; readonly reason: 'heic' | 'unreadable' };

/** What a server takes by default. Larger faces are no better than those of a picture of this size. */
const fit = pictureFitter({ maxEdgePx: 1280, maxImageBytes: 512 * 1024, maxImagePixels: 2_000_000 });

/** Reads a photograph, upright and small enough for the server. */
export async function readPhoto(path: string): Promise<ReadPhoto> {
  try {
    const bytes = await readFile(path);
    if (isHeic(bytes)) return { path, reason: 'heic' };
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { path, image: await fit(bytes), sha256 };
  } catch (error) {
    if (error instanceof KioskError || (error instanceof Error && 'code' in error))
      return { path, reason: 'unreadable' };
    throw error;
  }
}
