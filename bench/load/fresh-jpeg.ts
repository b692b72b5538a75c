const END_OF_MARKERS = 0xda;
const QUANTISATION = 0xdb;
/**
 * Zigzag positions in the luminance quantisation table whose steps are increased by one. These fine details are below
 * the camera's noise, and still change some pixel values of every image.
 */
const FIRST_PLACE = 14;
const BITS = 24;
/**
 * An odd multiplier, so that no two of 2^24 numbers have the same product. The products of neighbours differ in about
 * half of their bits.
 */
const SPREAD = 0x9e3779b1;

/** Number of different images that can be made of one. */
export const VARIANTS = 2 ** BITS;

/**
 * The same image with other pixel values: its finest details are slightly stronger. Without this change the server
 * would recognise a stored image in the next session as a replay. Copies the image once.
 * @throws RangeError when the bytes have no luminance table of eight bits
 */
export function freshen(jpeg: Uint8Array, variant: number): Buffer {
  const fresh = Buffer.from(jpeg);
  const table = luminanceTable(fresh);
  // A position that no block of an image uses changes nothing. A change of many positions certainly changes the image.
  const places = Math.imul(variant, SPREAD);
  for (let bit = 0; bit < BITS; bit++) {
    if (((places >>> bit) & 1) === 1) fresh[table + FIRST_PLACE + bit] += 1;
  }
  return fresh;
}

/** Offset of the first value of quantisation table 0 (ITU-T T.81, B.2.4.1). */
function luminanceTable(jpeg: Buffer): number {
  let at = 2;
  while (at + 4 < jpeg.length && jpeg[at + 1] !== END_OF_MARKERS) {
    const length = jpeg.readUInt16BE(at + 2);
    if (jpeg[at + 1] === QUANTISATION && jpeg[at + 4] === 0) return at + 5;
    at += 2 + length;
  }
  throw new RangeError('The JPEG has no luminance table of eight bits first in its segment.');
}
