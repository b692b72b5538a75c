const END_OF_MARKERS = 0xda;
const QUANTISATION = 0xdb;
/**
 * Places in the luminance table, in zigzag order, whose steps are made coarser by one: fine detail, where that is below
 * the camera's noise and still moves some pixel values of every picture.
 */
const FIRST_PLACE = 14;
const BITS = 24;
/** Odd, so that no two of 2^24 numbers become one; neighbours come out with about half of their bits different. */
const SPREAD = 0x9e3779b1;

/** Number of pictures that one can be turned into. */
export const VARIANTS = 2 ** BITS;

/**
 * The same picture with other pixel values: its finest details are a little stronger. A stored picture would otherwise
 * be known again in the next session, where it counts as the replay that it is. Costs one copy.
 * Throws RangeError when these bytes have no luminance table of eight bits.
 */
export function freshen(jpeg: Uint8Array, variant: number): Buffer {
  const fresh = Buffer.from(jpeg);
  const table = luminanceTable(fresh);
  // A place that no block of a picture uses changes nothing: only many together are sure to.
  const places = Math.imul(variant, SPREAD);
  for (let bit = 0; bit < BITS; bit++) {
    if (((places >>> bit) & 1) === 1) fresh[table + FIRST_PLACE + bit] += 1;
  }
  return fresh;
}

/** Where the first value of quantisation table 0 stands (ITU-T T.81, B.2.4.1). */
function luminanceTable(jpeg: Buffer): number {
  let at = 2;
  while (at + 4 < jpeg.length && jpeg[at + 1] !== END_OF_MARKERS) {
    const length = jpeg.readUInt16BE(at + 2);
    if (jpeg[at + 1] === QUANTISATION && jpeg[at + 4] === 0) return at + 5;
    at += 2 + length;
  }
  throw new RangeError('The JPEG has no luminance table of eight bits first in its segment.');
}
