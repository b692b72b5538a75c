/** Draws numbers in 0 ≤ x < 1, the same ones for the same seed. */
export type Draw = () => number;

/** Mixes integers into one 32-bit hash (the finaliser of MurmurHash3). */
export function hash32(...values: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const value of values) {
    hash = Math.imul(hash ^ (value | 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** One draw in 0 ≤ x < 1 that depends on `values` alone. */
export function drawAt(...values: readonly number[]): number {
  return hash32(...values) / 2 ** 32;
}

/** A row of draws that starts anew for each seed. */
export function seededDraws(seed: number): Draw {
  let count = 0;
  return () => drawAt(seed, count++);
}

/** Hands out one row of draws, `count` at a time. */
export function seededSeries(seed: number): (count: number) => number[] {
  const draw = seededDraws(seed);
  return (count) => Array.from({ length: count }, draw);
}

/** A draw from the standard normal distribution (Box and Muller). */
export function normalDraw(draw: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}
