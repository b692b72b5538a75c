import type { RgbImage } from './image.ts';

/**
 * Writes the mean of each `block` × `block` pixels of a part of the picture to `out`, interleaved, row by row.
 * Blocks at the part's right and lower edge may be smaller.
 */
export function averageBlocks(
  image: RgbImage,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  block: number,
  out: Uint8Array,
): void {
  const view = new DataView(image.data.buffer, image.data.byteOffset, image.data.byteLength);
  let o = 0;
  for (let top = y0; top < y1; top += block) {
    const bottom = Math.min(top + block, y1);
    let left = x0;
    if (block === 2 && bottom - top === 2) {
      // After the picture's last pixel there is no fourth byte to read.
      const end = bottom === image.height ? Math.min(x1, image.width - 1) : x1;
      const pairs = Math.max(0, (end - x0) >> 1);
      averagePairs(view, image.width * 3, (top * image.width + left) * 3, pairs, out, o);
      left += 2 * pairs;
      o += 3 * pairs;
    }
    for (; left < x1; left += block, o += 3) {
      averageBlock(image, left, top, Math.min(left + block, x1), bottom, out, o);
    }
  }
}

/**
 * A row of whole 2 × 2 blocks, by far the most frequent case. One load gives a whole pixel, and red and blue are summed
 * in the two halves of one integer.
 */
function averagePairs(
  view: DataView,
  stride: number,
  start: number,
  pairs: number,
  out: Uint8Array,
  outStart: number,
): void {
  let i = start;
  const end = outStart + 3 * pairs;
  for (let o = outStart; o < end; o += 3) {
    const p = view.getInt32(i, true);
    const q = view.getInt32(i + 3, true);
    const r = view.getInt32(i + stride, true);
    const s = view.getInt32(i + stride + 3, true);
    const redBlue = (p & 0xff00ff) + (q & 0xff00ff) + (r & 0xff00ff) + (s & 0xff00ff) + 0x20002;
    const green = (p & 0xff00) + (q & 0xff00) + (r & 0xff00) + (s & 0xff00) + 0x200;
    out[o] = redBlue >> 2;
    out[o + 1] = green >> 10;
    out[o + 2] = redBlue >> 18;
    i += 6;
  }
}

function averageBlock(
  { data, width }: RgbImage,
  left: number,
  top: number,
  right: number,
  bottom: number,
  out: Uint8Array,
  o: number,
): void {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let y = top; y < bottom; y++) {
    const end = (y * width + right) * 3;
    for (let i = (y * width + left) * 3; i < end; i += 3) {
      red += data[i];
      green += data[i + 1];
      blue += data[i + 2];
    }
  }
  const share = 1 / ((bottom - top) * (right - left));
  out[o] = red * share + 0.5;
  out[o + 1] = green * share + 0.5;
  out[o + 2] = blue * share + 0.5;
}
