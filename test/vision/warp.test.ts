import { describe, expect, it } from 'vitest';
import type { Normalisation } from '../../models/manifest.ts';
import type { Affine } from '../../server/vision/geometry.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { Warper } from '../../server/vision/warp.ts';

/** Positions in the picture are exact to this many pixels. */
const FINEST_STEP = 1 / 256;
const RAW: Normalisation = { channelOrder: 'rgb', scale: [1, 1, 1], offset: [0, 0, 0] };

/** A picture whose channels are `value(x, y)` and two planes derived from it. */
function picture(width: number, height: number, value: (x: number, y: number) => number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      data[at] = value(x, y);
      data[at + 1] = 255 - value(x, y);
      data[at + 2] = 7;
    }
  }
  return { data, width, height };
}

function crop(image: RgbImage, matrix: Affine, width: number, height: number, format = RAW): Float32Array {
  const out = new Float32Array(3 * width * height);
  new Warper().crop(image, matrix, width, height, format, out);
  return out;
}

describe('warp', () => {
  const random = picture(9, 7, (x, y) => (x * 37 + y * 101) % 256);

  it('copies the picture under the identity, edges included', () => {
    const out = crop(random, [1, 0, 0, 0, 1, 0], 9, 7);
    for (let i = 0; i < 63; i++) {
      expect([out[i], out[63 + i], out[126 + i]]).toEqual([...random.data.subarray(3 * i, 3 * i + 3)]);
    }
  });

  it('turns the picture exactly by a quarter', () => {
    const out = crop(random, [0, 1, 0, -1, 0, 7], 7, 9);
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < 7; x++) expect(out[y * 7 + x]).toBe(random.data[((6 - x) * 9 + y) * 3]);
    }
  });

  it('samples a linear ramp at any fraction of a pixel, inside and at the edge', () => {
    const ramp = picture(40, 30, (x) => 5 * x);
    const inside = crop(ramp, [0.8, 0.1, 6.3, -0.1, 0.9, 8.2], 16, 12);
    const larger = crop(ramp, [0.8, 0.1, 6.3, -0.1, 0.9, 8.2], 60, 12);
    for (let y = 0; y < 12; y++) {
      for (let x = 0; x < 16; x++) {
        const expected = 5 * (0.8 * (x + 0.5) + 0.1 * (y + 0.5) + 6.3 - 0.5);
        expect(Math.abs(inside[y * 16 + x] - expected)).toBeLessThan(5 * FINEST_STEP);
        expect(Math.abs(larger[y * 60 + x] - expected)).toBeLessThan(5 * FINEST_STEP);
      }
    }
  });

  it('shows black outside the picture, normalised like every other pixel', () => {
    const format: Normalisation = { channelOrder: 'rgb', scale: [2, 2, 2], offset: [-1, -2, -3] };
    const out = crop(random, [1, 0, 100, 0, 1, 0], 2, 2, format);
    expect([...out]).toEqual([-1, -1, -1, -1, -2, -2, -2, -2, -3, -3, -3, -3]);
  });

  it('scales and shifts each plane in the order of the planes', () => {
    const pixel = picture(4, 4, () => 10);
    const format: Normalisation = { channelOrder: 'bgr', scale: [1, 2, 3], offset: [0.5, 0, -1] };
    const out = crop(pixel, [0.5, 0, 1, 0, 0.5, 1], 1, 1, format);
    expect([...out]).toEqual([7.5, 490, 29]);
  });

  it('averages all pixels when it shrinks, and keeps positions', () => {
    const board = picture(96, 96, (x, y) => ((x + y) % 2 === 0 ? 0 : 200));
    const grey = crop(board, [8, 0, 0, 0, 8, 0], 12, 12);
    for (const value of grey.subarray(0, 144)) expect(value).toBeCloseTo(100, 0);
    const ramp = picture(96, 96, (x) => 2 * x);
    const shrunk = crop(ramp, [4, 0, 16, 0, 4, 16], 16, 16);
    for (let x = 0; x < 16; x++) expect(shrunk[8 * 16 + x]).toBeCloseTo(2 * (4 * (x + 0.5) + 16 - 0.5), 0);
  });

  it('does not average when told so', () => {
    const board = picture(96, 96, (x) => (x % 4 === 2 ? 200 : 0));
    const out = new Float32Array(3 * 24 * 24);
    new Warper().crop(board, [4, 0, 0.5, 0, 4, 0.5], 24, 24, RAW, out, { antialias: false });
    expect(out[0]).toBe(200);
  });

  it('writes from the given start on, and refuses a buffer that is too small', () => {
    const out = new Float32Array(15);
    new Warper().crop(random, [1, 0, 0, 0, 1, 0], 2, 2, RAW, out, { outStart: 3 });
    expect([...out.subarray(0, 3)]).toEqual([0, 0, 0]);
    expect(out[3]).toBe(random.data[0]);
    expect(() => new Warper().crop(random, [1, 0, 0, 0, 1, 0], 2, 2, RAW, out, { outStart: 4 })).toThrow(
      RangeError,
    );
  });
});
