import type { Normalisation } from '../../models/manifest.ts';
import type { Affine } from './geometry.ts';
import type { RgbImage } from './image.ts';

/** The fast path has positions as 16.16 fixed-point numbers, and mixes pixels by multiples of 1/256. */
const ONE = 65_536;
/** Beyond this a coordinate no longer fits a signed 16.16 number. */
const MAX_SIDE = 32_000;
/** Margin around fast spans, in pixels: the loop sums rounded steps, while the ends of a span are computed at once. */
const SPAN_MARGIN = 0.02;

/** One crop: its source, map, normalisation and output. */
interface Job {
  readonly image: RgbImage;
  readonly matrix: Affine;
  readonly normalisation: Normalisation;
  readonly out: Float32Array;
  /** Pixels of one plane of the crop. */
  readonly plane: number;
}

/**
 * Samples a `width` × `height` crop bilinearly into three planes of `out` from `outStart` on; see `Warper.crop`. The
 * part of each row that lies well inside the picture takes a fast path, with positions to 1/256 of a pixel. One load
 * gives a whole pixel, and red and blue are mixed in the two halves of one integer. The weights add up to 256, so that
 * a half cannot overflow.
 */
export function sampleBilinear(
  image: RgbImage,
  matrix: Affine,
  width: number,
  height: number,
  normalisation: Normalisation,
  out: Float32Array,
  outStart: number,
): void {
  const { data } = image;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const plane = width * height;
  const job: Job = { image, matrix, normalisation, out, plane };
  const [a, b, c, d, e, f] = matrix;
  const { scale, offset } = normalisation;
  const isRgb = normalisation.channelOrder === 'rgb';
  const redPlane = isRgb ? 0 : 2;
  const bluePlane = 2 - redPlane;
  const redAt = redPlane * plane;
  const blueAt = bluePlane * plane;
  const redScale = scale[redPlane] / 256;
  const greenScale = scale[1] / 256;
  const blueScale = scale[bluePlane] / 256;
  const redOffset = offset[redPlane];
  const greenOffset = offset[1];
  const blueOffset = offset[bluePlane];
  const stride = image.width * 3;
  const stepX = Math.round(a * ONE);
  const stepY = Math.round(d * ONE);
  // The fast path reads four bytes for the three of a pixel, so the picture's last pixel must not take it.
  const lastX = Math.min(image.width, MAX_SIDE) - 2 - SPAN_MARGIN;
  const lastY = Math.min(image.height, MAX_SIDE) - 2 - SPAN_MARGIN;
  for (let row = 0; row < height; row++) {
    const sx = a * 0.5 + b * (row + 0.5) + c - 0.5;
    const sy = d * 0.5 + e * (row + 0.5) + f - 0.5;
    const rowStart = outStart + row * width;
    const from = Math.max(0, firstInside(sx, a, lastX), firstInside(sy, d, lastY));
    const to = Math.min(width, endInside(sx, a, lastX), endInside(sy, d, lastY));
    if (!(from < to)) {
      sampleEdge(job, sx, sy, 0, width, rowStart);
      continue;
    }
    sampleEdge(job, sx, sy, 0, from, rowStart);
    // With half of 1/256 added, truncation rounds the position.
    let x = (Math.round((sx + a * from) * ONE) + 128) | 0;
    let y = (Math.round((sy + d * from) * ONE) + 128) | 0;
    const end = rowStart + to;
    for (let o = rowStart + from; o < end; o++) {
      const fx = (x >> 8) & 255;
      const fy = (y >> 8) & 255;
      const w11 = Math.imul(fx, fy) >> 8;
      const w01 = fx - w11;
      const w10 = fy - w11;
      const w00 = 256 - fx - w10;
      const i = (Math.imul(y >> 16, stride) + Math.imul(x >> 16, 3)) | 0;
      const j = (i + stride) | 0;
      const p00 = view.getInt32(i, true);
      const p01 = view.getInt32(i + 3, true);
      const p10 = view.getInt32(j, true);
      const p11 = view.getInt32(j + 3, true);
      const redBlue =
        (Math.imul(p00 & 0xff00ff, w00) +
          Math.imul(p01 & 0xff00ff, w01) +
          Math.imul(p10 & 0xff00ff, w10) +
          Math.imul(p11 & 0xff00ff, w11)) |
        0;
      const green =
        (Math.imul((p00 >>> 8) & 255, w00) +
          Math.imul((p01 >>> 8) & 255, w01) +
          Math.imul((p10 >>> 8) & 255, w10) +
          Math.imul((p11 >>> 8) & 255, w11)) |
        0;
      out[o + redAt] = (redBlue & 0xffff) * redScale + redOffset;
      out[o + plane] = green * greenScale + greenOffset;
      out[o + blueAt] = (redBlue >>> 16) * blueScale + blueOffset;
      x = (x + stepX) | 0;
      y = (y + stepY) | 0;
    }
    sampleEdge(job, sx, sy, to, width, rowStart);
  }
}

/** The first i at which `start + step · i` may be within `SPAN_MARGIN`..`last`. */
function firstInside(start: number, step: number, last: number): number {
  if (step === 0) return start >= SPAN_MARGIN && start <= last ? 0 : Infinity;
  return Math.ceil(((step > 0 ? SPAN_MARGIN : last) - start) / step);
}

/** The first i after that span. */
function endInside(start: number, step: number, last: number): number {
  if (step === 0) return Infinity;
  return Math.floor(((step > 0 ? last : SPAN_MARGIN) - start) / step) + 1;
}

/** Pixels `from`..`to` of a row, wherever they lie. The outermost pixels reach half a pixel beyond their centres. */
function sampleEdge(job: Job, rowX: number, rowY: number, from: number, to: number, rowStart: number): void {
  const { image, matrix, normalisation, out, plane } = job;
  const { data } = image;
  const lastX = image.width - 1;
  const lastY = image.height - 1;
  const stride = image.width * 3;
  for (let column = from; column < to; column++) {
    const sx = rowX + matrix[0] * column;
    const sy = rowY + matrix[3] * column;
    const isOutside = !(sx >= -0.5 && sy >= -0.5 && sx <= lastX + 0.5 && sy <= lastY + 0.5);
    const x = Math.min(lastX, Math.max(0, sx));
    const y = Math.min(lastY, Math.max(0, sy));
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const w11 = (x - x0) * (y - y0);
    const w01 = x - x0 - w11;
    const w10 = y - y0 - w11;
    const w00 = 1 - (x - x0) - w10;
    const right = x0 < lastX ? 3 : 0;
    const down = y0 < lastY ? stride : 0;
    for (let p = 0; p < 3; p++) {
      const offset = normalisation.offset[p];
      const o = rowStart + column + p * plane;
      if (isOutside) {
        out[o] = offset;
        continue;
      }
      const i = y0 * stride + x0 * 3 + (normalisation.channelOrder === 'rgb' ? p : 2 - p);
      const mixed =
        data[i] * w00 + data[i + right] * w01 + data[i + down] * w10 + data[i + right + down] * w11;
      out[o] = mixed * normalisation.scale[p] + offset;
    }
  }
}
