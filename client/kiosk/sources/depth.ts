import { endianness } from 'node:os';
import { extname } from 'node:path';
import { checkDepth, DEPTH_SIDES, type DepthImage } from '@veriframe/protocol';
import sharp from 'sharp';
import { asKioskError, KioskError } from '../errors.ts';

/** Depth sensors have fewer pixels than this. */
const MOST_SOURCE_PIXELS = DEPTH_SIDES.max * DEPTH_SIDES.max;

/** `face7.depth.png` or `face7.depth-320x240.raw`: the depth image of `face7.jpg`. */
const DEPTH_NAME = /^(?<stem>.*)\.depth(?:\.png|-(?<width>\d{1,4})x(?<height>\d{1,4})\.raw)$/i;

/** How the bytes of a depth image are to be read. A raw one has no header that says its size. */
export type DepthFormat =
  | { readonly kind: 'png' }
  | { readonly kind: 'raw'; readonly width: number; readonly height: number };

/** The picture that a file of this name has the depth of, without its ending, and the format; null: no depth image. */
export function depthName(name: string): { readonly stem: string; readonly format: DepthFormat } | null {
  const found = DEPTH_NAME.exec(name)?.groups;
  if (found === undefined) return null;
  const { stem = '', width, height } = found;
  if (width === undefined) return { stem, format: { kind: 'png' } };
  return { stem, format: { kind: 'raw', width: Number(width), height: Number(height) } };
}

/** A picture's name without its ending. */
export const stemOf = (name: string): string => name.slice(0, name.length - extname(name).length);

/**
 * Reads a depth image: a PNG with one channel of 16 bits, or rows of 16-bit little-endian numbers. Both hold
 * millimetres from the camera, 0 where unknown, upright and over the field of view of their picture. Rejects with
 * `source.unreadable`.
 */
export async function readDepth(bytes: Uint8Array, format: DepthFormat): Promise<DepthImage> {
  try {
    const image =
      format.kind === 'png'
        ? await readPng(bytes)
        : { width: format.width, height: format.height, data: bytes };
    checkDepth(image);
    return image;
  } catch (error) {
    throw asKioskError(error, 'source.unreadable');
  }
}

async function readPng(bytes: Uint8Array): Promise<DepthImage> {
  const png = sharp(bytes, { limitInputPixels: MOST_SOURCE_PIXELS });
  const { format, channels, depth } = await png.metadata();
  if (format !== 'png' || channels !== 1 || depth !== 'ushort')
    throw new KioskError('source.unreadable', 'A depth image is a PNG with one channel of 16 bits.');
  const { data, info } = await png
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    data: endianness() === 'LE' ? data : data.swap16(),
  };
}
