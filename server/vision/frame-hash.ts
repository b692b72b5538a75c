import { createHash } from 'node:crypto';
import type { RgbImage } from './image.ts';

const COLUMNS = 9;
const ROWS = 8;
/** Samples along each side of a cell: enough for its mean, and far fewer than its pixels. */
const SAMPLES = 8;
const DIGEST_HEX_DIGITS = 32;
const DIGEST_ROW_STEP = 8;

/**
 * The 64-bit difference hash (dHash) of a picture as 16 hexadecimal digits: one bit for each neighbouring pair in a
 * 9 × 8 grid of mean luma, row by row, set when the right cell is the brighter one.
 */
export function perceptualHash(image: RgbImage): string {
  const means = new Float64Array(COLUMNS * ROWS);
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      means[row * COLUMNS + column] = cellMean(image, column, row);
    }
  }
  let hex = '';
  for (let row = 0; row < ROWS; row++) {
    let byte = 0;
    for (let column = 0; column + 1 < COLUMNS; column++) {
      const at = row * COLUMNS + column;
      byte = (byte << 1) | (means[at] < means[at + 1] ? 1 : 0);
    }
    hex += byte.toString(16).padStart(2, '0');
  }
  return hex;
}

/**
 * 128 bits of SHA-256 over the size and every eighth row, in hexadecimal. JPEG codes blocks eight rows high, so the
 * rows cross every block of a picture sent as JPEG: equal digests mean equal pictures, at an eighth of the cost.
 */
export function pixelDigest({ data, width, height }: RgbImage): string {
  const hash = createHash('sha256').update(`${width}x${height}:`);
  const rowBytes = width * 3;
  for (let row = 0; row < height; row += DIGEST_ROW_STEP) {
    hash.update(data.subarray(row * rowBytes, (row + 1) * rowBytes));
  }
  return hash.digest('hex').slice(0, DIGEST_HEX_DIGITS);
}

/** Mean luma (BT.601 weights) of evenly spread samples in one cell of the grid. */
function cellMean({ data, width, height }: RgbImage, column: number, row: number): number {
  let sum = 0;
  for (let j = 0; j < SAMPLES; j++) {
    const y = Math.floor(((row + (j + 0.5) / SAMPLES) / ROWS) * height);
    for (let i = 0; i < SAMPLES; i++) {
      const x = Math.floor(((column + (i + 0.5) / SAMPLES) / COLUMNS) * width);
      const at = (y * width + x) * 3;
      sum += 299 * data[at] + 587 * data[at + 1] + 114 * data[at + 2];
    }
  }
  return sum;
}
