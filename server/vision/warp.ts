import type { Normalisation } from '../../models/manifest.ts';
import type { Affine } from './geometry.ts';
import type { RgbImage } from './image.ts';

/** Above this many source pixels for one of the crop's, bilinear sampling alone would skip pixels and alias. */
const MAX_BILINEAR_STEP = 1.5;

/**
 * Cuts affine crops out of pictures into planar float buffers. Holds a scratch buffer that grows to the largest
 * crop seen, so each thread needs its own.
 */
export class Warper {
  #scratch = new Uint8Array(0);

  /**
   * Writes a `width` × `height` crop as three planes into `out` from `outStart` on.
   * `matrix` maps the crop onto the picture in continuous coordinates: the centre (x + .5, y + .5) of a crop pixel
   * takes the bilinear mean around the point it maps to. What lies outside the picture is black.
   * When a crop pixel covers more than 1.5 source pixels, the part of the picture under the crop is first averaged
   * over whole blocks of source pixels; `antialias: false` leaves that out.
   */
  crop(
    image: RgbImage,
    matrix: Affine,
    width: number,
    height: number,
    normalisation: Normalisation,
    out: Float32Array,
    options: { readonly outStart?: number; readonly antialias?: boolean } = {},
  ): void {
    const outStart = options.outStart ?? 0;
    if (outStart + 3 * width * height > out.length) throw new RangeError('The output buffer is too small.');
    const step = Math.sqrt(Math.abs(matrix[0] * matrix[4] - matrix[1] * matrix[3]));
    const block = options.antialias === false ? 1 : Math.ceil(step / MAX_BILINEAR_STEP);
    if (block <= 1 || !Number.isFinite(block)) {
      bilinear(image, matrix, width, height, normalisation, out, outStart);
      return;
    }
    const shrunk = this.#shrink(image, matrix, width, height, block);
    bilinear(shrunk.image, shrunk.matrix, width, height, normalisation, out, outStart);
  }

  /** The part of the picture under the crop, averaged over `block` × `block` pixels, and the matrix that fits it. */
  #shrink(
    image: RgbImage,
    matrix: Affine,
    width: number,
    height: number,
    block: number,
  ): { image: RgbImage; matrix: Affine } {
    const [a, b, c, d, e, f] = matrix;
    const left = c + Math.min(0, a * width) + Math.min(0, b * height);
    const right = c + Math.max(0, a * width) + Math.max(0, b * height);
    const top = f + Math.min(0, d * width) + Math.min(0, e * height);
    const bottom = f + Math.max(0, d * width) + Math.max(0, e * height);
    // One block of margin on each side feeds the bilinear neighbours at the crop's edge.
    const x0 = clamp(Math.floor(left) - block, 0, image.width);
    const y0 = clamp(Math.floor(top) - block, 0, image.height);
    const x1 = clamp(Math.ceil(right) + block, x0, image.width);
    const y1 = clamp(Math.ceil(bottom) + block, y0, image.height);
    const columns = Math.ceil((x1 - x0) / block);
    const rows = Math.ceil((y1 - y0) / block);
    if (this.#scratch.length < columns * rows * 3) this.#scratch = new Uint8Array(columns * rows * 3);
    averageBlocks(image, x0, y0, x1, y1, block, this.#scratch);
    return {
      image: { data: this.#scratch, width: columns, height: rows },
      matrix: [a / block, b / block, (c - x0) / block, d / block, e / block, (f - y0) / block],
    };
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function averageBlocks(
  image: RgbImage,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  block: number,
  out: Uint8Array,
): void {
  const { data, width } = image;
  let o = 0;
  for (let top = y0; top < y1; top += block) {
    const bottom = Math.min(top + block, y1);
    for (let left = x0; left < x1; left += block) {
      const right = Math.min(left + block, x1);
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
      o += 3;
    }
  }
}

function bilinear(
  image: RgbImage,
  matrix: Affine,
  width: number,
  height: number,
  normalisation: Normalisation,
  out: Float32Array,
  outStart: number,
): void {
  if (liesInside(image, matrix, width, height)) {
    bilinearInside(image, matrix, width, height, normalisation, out, outStart);
  } else {
    bilinearAnywhere(image, matrix, width, height, normalisation, out, outStart);
  }
}

/** Whether every sample and its lower right neighbour lie in the picture: enough to look at the four corners. */
function liesInside(image: RgbImage, matrix: Affine, width: number, height: number): boolean {
  const [a, b, c, d, e, f] = matrix;
  for (const x of [0.5, width - 0.5]) {
    for (const y of [0.5, height - 0.5]) {
      const sx = a * x + b * y + c - 0.5;
      const sy = d * x + e * y + f - 0.5;
      // A hair's breadth of margin: the loop adds up steps, this multiplies.
      if (!(sx >= 1e-3 && sy >= 1e-3 && sx < image.width - 1.001 && sy < image.height - 1.001)) return false;
    }
  }
  return true;
}

function bilinearInside(
  image: RgbImage,
  matrix: Affine,
  width: number,
  height: number,
  normalisation: Normalisation,
  out: Float32Array,
  outStart: number,
): void {
  const { data } = image;
  const stride = image.width * 3;
  const [a, b, c, d, e, f] = matrix;
  const { scale, offset } = normalisation;
  const [s0, s1, s2] = scale;
  const [o0, o1, o2] = offset;
  const plane = width * height;
  const first = normalisation.channelOrder === 'rgb' ? 0 : 2;
  const third = 2 - first;
  let o = outStart;
  for (let y = 0; y < height; y++) {
    let sx = a * 0.5 + b * (y + 0.5) + c - 0.5;
    let sy = d * 0.5 + e * (y + 0.5) + f - 0.5;
    for (let x = 0; x < width; x++, o++, sx += a, sy += d) {
      const x0 = sx | 0;
      const y0 = sy | 0;
      const fx = sx - x0;
      const fy = sy - y0;
      const w11 = fx * fy;
      const w01 = fx - w11;
      const w10 = fy - w11;
      const w00 = 1 - fx - w10;
      const i = y0 * stride + x0 * 3;
      const j = i + stride;
      const i0 = i + first;
      const j0 = j + first;
      const i2 = i + third;
      const j2 = j + third;
      out[o] = (data[i0] * w00 + data[i0 + 3] * w01 + data[j0] * w10 + data[j0 + 3] * w11) * s0 + o0;
      out[o + plane] =
        (data[i + 1] * w00 + data[i + 4] * w01 + data[j + 1] * w10 + data[j + 4] * w11) * s1 + o1;
      out[o + 2 * plane] =
        (data[i2] * w00 + data[i2 + 3] * w01 + data[j2] * w10 + data[j2 + 3] * w11) * s2 + o2;
    }
  }
}

function bilinearAnywhere(
  image: RgbImage,
  matrix: Affine,
  width: number,
  height: number,
  normalisation: Normalisation,
  out: Float32Array,
  outStart: number,
): void {
  const { data } = image;
  const lastX = image.width - 1;
  const lastY = image.height - 1;
  const stride = image.width * 3;
  const [a, b, c, d, e, f] = matrix;
  const plane = width * height;
  const channels = normalisation.channelOrder === 'rgb' ? [0, 1, 2] : [2, 1, 0];
  for (let p = 0; p < 3; p++) {
    const channel = channels[p];
    const scale = normalisation.scale[p];
    const offset = normalisation.offset[p];
    let o = outStart + p * plane;
    for (let y = 0; y < height; y++) {
      let sx = a * 0.5 + b * (y + 0.5) + c - 0.5;
      let sy = d * 0.5 + e * (y + 0.5) + f - 0.5;
      for (let x = 0; x < width; x++, o++, sx += a, sy += d) {
        // Up to half a pixel beyond the outermost centres still belongs to the outermost pixels.
        if (!(sx >= -0.5 && sy >= -0.5 && sx <= lastX + 0.5 && sy <= lastY + 0.5)) {
          out[o] = offset;
          continue;
        }
        const cx = sx < 0 ? 0 : sx > lastX ? lastX : sx;
        const cy = sy < 0 ? 0 : sy > lastY ? lastY : sy;
        const x0 = cx | 0;
        const y0 = cy | 0;
        const fx = cx - x0;
        const fy = cy - y0;
        const i = y0 * stride + x0 * 3 + channel;
        const right = x0 < lastX ? 3 : 0;
        const down = y0 < lastY ? stride : 0;
        const w11 = fx * fy;
        const w01 = fx - w11;
        const w10 = fy - w11;
        const w00 = 1 - fx - w10;
        out[o] =
          (data[i] * w00 + data[i + right] * w01 + data[i + down] * w10 + data[i + right + down] * w11) *
            scale +
          offset;
      }
    }
  }
}
