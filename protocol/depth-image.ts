import type { Welcome } from './downstream.ts';
import type { Frame } from './upstream.ts';

/** Allowed width and height of a depth image, in pixels. */
export const DEPTH_SIDES = { min: 16, max: 1024 } as const;
export const DEPTH_PIXELS_CEILING = 320 * 240;
export const DEPTH_BYTES_PER_PIXEL = 2;

/** A depth image as a frame carries it: rows of 16-bit little-endian millimetres, 0 where unknown (SPEC R43). */
export type DepthImage = NonNullable<Frame['depth']>;

/** @throws RangeError when a side is not 16 to 1024 pixels, or `data` is not two bytes a pixel */
export function checkDepth({ width, height, data }: DepthImage): void {
  for (const side of [width, height])
    if (!Number.isInteger(side) || side < DEPTH_SIDES.min || side > DEPTH_SIDES.max)
      throw new RangeError(
        `A side of a depth image is ${side}, not ${DEPTH_SIDES.min} to ${DEPTH_SIDES.max} pixels.`,
      );
  if (data.byteLength !== DEPTH_BYTES_PER_PIXEL * width * height)
    throw new RangeError(
      `A depth image of ${width} × ${height} has ${data.byteLength} bytes, not two a pixel.`,
    );
}

/**
 * Shrinks a depth image to what a server takes beside an image of `imageBytes` (SPEC R8, R43). Null when there is no
 * room for one of any allowed size, or the server takes none.
 * @throws RangeError as `checkDepth`
 */
export function fitDepth(
  image: DepthImage,
  imageBytes: number,
  { maxImageBytes, maxDepthPixels = 0 }: Welcome['limits'],
): DepthImage | null {
  const room = Math.floor((maxImageBytes - imageBytes) / DEPTH_BYTES_PER_PIXEL);
  return shrinkDepth(image, Math.min(maxDepthPixels, room));
}

/**
 * Shrinks a depth image to at most `maxPixels`. Each pixel of the result is one of the image's: a mean of near and far
 * would be a place where nothing is. Returns the image itself when it fits, and null when no allowed size does.
 * @throws RangeError as `checkDepth`
 */
export function shrinkDepth(image: DepthImage, maxPixels: number): DepthImage | null {
  checkDepth(image);
  const { width, height } = image;
  if (width * height <= maxPixels) return image;
  const scale = Math.sqrt(maxPixels / (width * height));
  const size = { width: Math.floor(width * scale), height: Math.floor(height * scale) };
  if (Math.min(size.width, size.height) < DEPTH_SIDES.min) return null;
  return { ...size, data: nearest(image, size.width, size.height) };
}

function nearest({ width, height, data }: DepthImage, newWidth: number, newHeight: number): Uint8Array {
  const shrunk = new Uint8Array(DEPTH_BYTES_PER_PIXEL * newWidth * newHeight);
  let to = 0;
  for (let y = 0; y < newHeight; y += 1) {
    const row = Math.floor(((y + 0.5) * height) / newHeight) * width;
    for (let x = 0; x < newWidth; x += 1) {
      const from = DEPTH_BYTES_PER_PIXEL * (row + Math.floor(((x + 0.5) * width) / newWidth));
      shrunk[to] = data[from] ?? 0;
      shrunk[to + 1] = data[from + 1] ?? 0;
      to += DEPTH_BYTES_PER_PIXEL;
    }
  }
  return shrunk;
}
