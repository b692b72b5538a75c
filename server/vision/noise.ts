import type { RgbImage } from './image.ts';

const COLUMNS = 12;
const ROWS = 10;
/** JPEG has blocks of this side, from the upper left corner on. */
const SIDE = 8;
/** In a block with a smaller range of luma, noise may change no rounded value. */
const MIN_RANGE = 4;
/** Mean luma beyond which pixels are clipped. */
const DARKEST = 12;
const BRIGHTEST = 243;

/**
 * Digests, 1 to 2³² − 1, of the luma of 120 blocks of 8 × 8 pixels spread over the picture; 0 for a block that is flat
 * or clipped. A camera's noise changes nearly every block from one picture to the next, even where nothing moves. In
 * drawn pictures, and after a video codec that copies what stands still, blocks repeat exactly.
 */
export function blockDigests({ data, width, height }: RgbImage): number[] {
  const digests: number[] = [];
  if (width < SIDE || height < SIDE) return digests;
  for (let row = 0; row < ROWS; row++) {
    const top = blockStart((row + 0.5) / ROWS, height);
    for (let column = 0; column < COLUMNS; column++) {
      digests.push(blockDigest(data, width, blockStart((column + 0.5) / COLUMNS, width), top));
    }
  }
  return digests;
}

/** The block's start on the grid of JPEG's blocks, with the whole block inside. */
function blockStart(share: number, length: number): number {
  return Math.min(Math.floor((share * length) / SIDE), Math.floor(length / SIDE) - 1) * SIDE;
}

/** FNV-1a (32 bits) of the block's luma. */
function blockDigest(data: Uint8Array, width: number, left: number, top: number): number {
  let [hash, sum, least, most] = [0x811c9dc5, 0, 255, 0];
  for (let y = top; y < top + SIDE; y++) {
    for (let at = 3 * (y * width + left); at < 3 * (y * width + left + SIDE); at += 3) {
      const luma = (77 * data[at] + 150 * data[at + 1] + 29 * data[at + 2]) >> 8;
      hash = Math.imul(hash ^ luma, 0x01000193);
      sum += luma;
      if (luma < least) least = luma;
      if (luma > most) most = luma;
    }
  }
  const mean = sum / (SIDE * SIDE);
  if (most - least < MIN_RANGE || mean < DARKEST || mean > BRIGHTEST) return 0;
  return hash >>> 0 || 1;
}
