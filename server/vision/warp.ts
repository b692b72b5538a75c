import type { Normalisation } from '../../models/manifest.ts';
import { sampleBilinear } from './bilinear.ts';
import { averageBlocks } from './block-means.ts';
import type { Affine } from './geometry.ts';
import type { RgbImage } from './image.ts';

/** With more source pixels than this for one pixel of the crop, bilinear sampling alone would skip pixels and alias. */
const MAX_BILINEAR_STEP = 1.5;

/**
 * Crops pictures by affine maps into planar float buffers. Holds a scratch buffer that grows to the largest crop so
 * far, so each thread needs its own.
 */
export class Warper {
  #scratch = new Uint8Array(0);

  /**
   * Writes a `width` × `height` crop as three planes into `out` from `outStart` on. `matrix` maps the crop onto the
   * picture in continuous coordinates: the centre (x + .5, y + .5) of a crop pixel gets the bilinear mean around the
   * point that it maps to. What lies outside the picture is black. When a crop pixel covers more than 1.5 source
   * pixels, the part of the picture under the crop is first averaged over whole blocks; `antialias: false` omits that.
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
      sampleBilinear(image, matrix, width, height, normalisation, out, outStart);
      return;
    }
    const shrunk = this.#shrink(image, matrix, width, height, block);
    sampleBilinear(shrunk.image, shrunk.matrix, width, height, normalisation, out, outStart);
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
    // A margin of one block on each side holds the bilinear neighbours at the crop's edge.
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
