import { hash32 } from '../seeded.ts';

const TABLE = Float32Array.from({ length: 1 << 16 }, (_, i) => hash32(i, 0x401) / 2 ** 31 - 1);

/** Smooth noise over the plane, −1..1: cubic between random values at whole numbers. Repeats in x after `period`. */
export function noiseAt(x: number, y: number, seed: number, period = 1 << 16): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const across = ease(x - column);
  const down = ease(y - row);
  const left = (column + period) % period;
  const right = (column + 1 + period) % period;
  const above = Math.imul(row, 7_919) + Math.imul(seed, 104_729);
  const below = above + 7_919;
  const upper = valueAt(left, above) * (1 - across) + valueAt(right, above) * across;
  const lower = valueAt(left, below) * (1 - across) + valueAt(right, below) * across;
  return upper * (1 - down) + lower * down;
}

function valueAt(column: number, row: number): number {
  const mixed = Math.imul(column ^ Math.imul(row, 0x9e37), 0x85eb);
  return TABLE[(mixed ^ (mixed >>> 11)) & 0xffff];
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
