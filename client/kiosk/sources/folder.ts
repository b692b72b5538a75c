import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { asKioskError, KioskError } from '../errors.ts';
import { latest } from './latest.ts';
import { paced } from './pace.ts';
import type { FrameSource, PlayOptions, SourceFrame } from './source.ts';

/** File names with these endings are pictures. sharp can read all of them. */
const PICTURE_EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.avif', '.tif', '.tiff', '.gif']);
/** Most bytes of fitted pictures that are cached, so that a looping folder is encoded once. */
const MOST_KEPT_BYTES = 64 * 1024 * 1024;

interface FolderOptions {
  readonly framesPerSecond: number;
  /** Starts again at the end. */
  readonly loop: boolean;
}

/**
 * Sorts names with their numbers by value: `frame2` before `frame10`. The order does not depend on the machine's
 * language.
 */
export function naturalOrder(names: readonly string[]): string[] {
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });
  return names.toSorted((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));
}

/** Opens a folder of pictures. Rejects with `source.not_found` or `source.empty`. */
export async function openFolder(path: string, options: FolderOptions): Promise<FrameSource> {
  const names = await readdir(path).catch((error: unknown) => {
    throw asKioskError(error, 'source.not_found');
  });
  const pictures = names.filter((name) => PICTURE_EXTENSIONS.has(extname(name).toLowerCase()));
  if (pictures.length === 0) throw new KioskError('source.empty', `No picture lies in ${path}.`);
  const paths = naturalOrder(pictures).map((name) => join(path, name));
  return { play: (play) => latest(playFolder(paths, options, play)) };
}

async function* playFolder(
  paths: readonly string[],
  { framesPerSecond, loop }: FolderOptions,
  { fit, signal }: PlayOptions,
): AsyncGenerator<SourceFrame> {
  const read = keeping(async (path) => {
    const bytes = await readFile(path);
    return await fit(bytes);
  });
  for await (const path of paced(loop ? endless(paths) : paths, framesPerSecond, signal))
    yield {
      capturedAtMs: Date.now(),
      picture: () =>
        read(path).catch((error: unknown) => {
          const { code, message } = asKioskError(error, 'source.unreadable');
          throw new KioskError(code, `${path}: ${message}`, { cause: error });
        }),
    };
}

function* endless<T>(items: readonly T[]): Generator<T> {
  while (true) yield* items;
}

/** Caches results up to `MOST_KEPT_BYTES`. */
function keeping(make: (path: string) => Promise<Uint8Array>): (path: string) => Promise<Uint8Array> {
  const kept = new Map<string, Uint8Array>();
  let keptBytes = 0;
  return async (path) => {
    const known = kept.get(path);
    if (known !== undefined) return known;
    const bytes = await make(path);
    if (keptBytes + bytes.byteLength <= MOST_KEPT_BYTES) {
      kept.set(path, bytes);
      keptBytes += bytes.byteLength;
    }
    return bytes;
  };
}

/** Whether `path` is a folder. Rejects with `source.not_found` when it does not exist. */
export async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new KioskError('source.not_found', path);
  return found.isDirectory();
}
