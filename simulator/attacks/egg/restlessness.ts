import type { Canvas } from '../../drawing/rasterize.ts';
import { hash32, normalDraw, seededDraws } from '../../seeded.ts';

/** Shifts of `points` points by normal (x, y) pixels, others for each `seed`. */
export function jitterOf(points: number, deviationPx: number, seed: number): Float32Array {
  const draw = seededDraws(hash32(seed, 0x717e));
  return Float32Array.from({ length: 2 * points }, () => normalDraw(draw) * deviationPx);
}

const SHADING_PERIOD_MS = 3_100;

/** A slow wave of light over the whole picture: brightness moves by up to `share`. */
export function addShading({ data, width, height }: Canvas, share: number, atMs: number): void {
  const phase = (2 * Math.PI * atMs) / SHADING_PERIOD_MS;
  const gains = Float32Array.from({ length: width }, (_, x) => Math.sin(phase + (4.4 * x) / width));
  for (let y = 0; y < height; y++) {
    const along = Math.sin(0.7 * phase + (3.1 * y) / height);
    for (let x = 0, at = 3 * y * width; x < width; x++, at += 3) {
      const gain = 1 + 0.5 * share * (gains[x] + along);
      data[at] = Math.min(255, data[at] * gain);
      data[at + 1] = Math.min(255, data[at + 1] * gain);
      data[at + 2] = Math.min(255, data[at + 2] * gain);
    }
  }
}

const GRAIN_CELL_PX = 3;
const GRAIN_LENGTH = 1 << 14;
const GRAIN = (() => {
  const draw = seededDraws(0x96a1);
  return Float32Array.from({ length: GRAIN_LENGTH }, () => normalDraw(draw));
})();

/** Adds normal brightness to cells of 3 × 3 pixels, others for each `seed`. */
export function addGrain({ data, width, height }: Canvas, levels: number, seed: number): void {
  for (let y = 0; y < height; y++) {
    const row = hash32(seed, Math.floor(y / GRAIN_CELL_PX)) % GRAIN_LENGTH;
    for (let x = 0, at = 3 * y * width; x < width; x++, at += 3) {
      const grain = levels * GRAIN[(row + Math.floor(x / GRAIN_CELL_PX)) % GRAIN_LENGTH];
      for (let channel = at; channel < at + 3; channel++) {
        data[channel] = Math.min(255, Math.max(0, data[channel] + grain));
      }
    }
  }
}
