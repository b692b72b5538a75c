import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { DepthImage } from '@veriframe/protocol';
import { asKioskError, KioskError } from '../errors.ts';
import { type DepthFormat, depthName, readDepth, stemOf } from './depth.ts';
import { latest } from './latest.ts';
import { paced } from './pace.ts';
import type { FrameSource, PlayOptions, SourceFrame } from './source.ts';

/** File names with these endings are pictures. sharp can read all of them. */
const PICTURE_EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.avif', '.tif', '.tiff', '.gif']);
/** Pictures that sharp does not read. They are not passed over in silence: an error names the file and its format. */
const FOREIGN_EXTENSIONS = new Set([
  '.heic',
  '.heif',
  '.jxl',
  '.jp2',
  '.bmp',
  '.dng',
  '.cr2',
  '.nef',
  '.arw',
  '.psd',
]);
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

/** A picture's file, and that of its depth image. */
interface PictureFile {
  readonly path: string;
  readonly depth: { readonly path: string; readonly format: DepthFormat } | null;
}

/**
 * Opens a folder of pictures. Beside each picture may lie its depth image: see `depthName`. Rejects with
 * `source.not_found`, `source.empty`, or with `source.unreadable` when some pictures have a depth image and others none
 * (SPEC R44).
 */
export async function openFolder(path: string, options: FolderOptions): Promise<FrameSource> {
  const all = await readdir(path).catch((error: unknown) => {
    throw asKioskError(error, 'source.not_found');
  });
  // macOS lays a companion beside each file on foreign disks: `._IMG_1.jpg` is no picture.
  const names = all.filter((name) => !name.startsWith('.'));
  const pictures = names.filter((name) => {
    const extension = extname(name).toLowerCase();
    const isPicture = PICTURE_EXTENSIONS.has(extension) || FOREIGN_EXTENSIONS.has(extension);
    return isPicture && depthName(name) === null;
  });
  if (pictures.length === 0) throw new KioskError('source.empty', `No picture lies in ${path}.`);
  const depths = depthsOf(path, names);
  const files = naturalOrder(pictures).map((name) => {
    const depth = depths.get(stemOf(name)) ?? null;
    if (depth === null && depths.size > 0)
      throw new KioskError(
        'source.unreadable',
        `${join(path, name)} has no depth image beside it; others have.`,
      );
    return { path: join(path, name), depth };
  });
  return { play: (play) => latest(playFolder(files, options, play)) };
}

/** The depth images of a folder, by their pictures' names without ending. */
function depthsOf(path: string, names: readonly string[]): Map<string, NonNullable<PictureFile['depth']>> {
  const depths = new Map<string, NonNullable<PictureFile['depth']>>();
  for (const name of names) {
    const found = depthName(name);
    if (found !== null) depths.set(found.stem, { path: join(path, name), format: found.format });
  }
  return depths;
}

async function* playFolder(
  files: readonly PictureFile[],
  { framesPerSecond, loop }: FolderOptions,
  { fit, signal }: PlayOptions,
): AsyncGenerator<SourceFrame> {
  const read = keeping(async (path) => {
    const bytes = await readFile(path);
    return await fit(bytes);
  });
  for await (const { path, depth } of paced(loop ? endless(files) : files, framesPerSecond, signal))
    yield {
      capturedAtMs: Date.now(),
      picture: () => read(path).catch(naming(path)),
      ...(depth === null ? {} : { depth: () => readDepthFile(depth).catch(naming(depth.path)) }),
    };
}

async function readDepthFile({ path, format }: NonNullable<PictureFile['depth']>): Promise<DepthImage> {
  return readDepth(await readFile(path), format);
}

/** Says in an error which file it is about. */
function naming(path: string): (error: unknown) => never {
  return (error) => {
    const { code, detail } = asKioskError(error, 'source.unreadable');
    throw new KioskError(code, detail === undefined ? path : `${path}: ${detail}`, { cause: error });
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
