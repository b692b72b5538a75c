import type { ReliefMove } from '../analysis.ts';
import { LeastSquares } from '../linear-solve.ts';

/** Patches of skin that were found again, and how bright they are. */
export interface ShadedPatches {
  readonly count: number;
  /** Texels of each patch at rest: x and y, one after another. */
  readonly texels: Float32Array;
  /** Mean luma of each at rest and in the turned picture, 0..255, one after the other; 0: unknown. */
  readonly lumas: Float32Array;
}

/** A residual of this much halves a patch's weight. */
const SOFTNESS = 0.05;
const FIT_ROUNDS = 4;
const MIN_PATCHES = 20;
/** Beyond these, a camera shows hardly a change of light. */
const DARKEST = 12;
const BRIGHTEST = 240;
/** Texels: keep the equations well conditioned. */
const UNIT = 32;
const MIDDLE = { x: 40, y: 48 } as const;

/**
 * How much the light on the skin changed: a face that moves in a room's light turns its skin toward the light and away
 * from it (Lambert's cosine law), and a picture that is bent keeps the light that it was taken in. Of the logarithms of
 * the patches' brightness ratios, this is the standard deviation over the face of what fits them best: for a turn a
 * plane, for a nod a quadratic in x and y, because rooms are lit from above, so that the middle of a nodding face
 * changes as well. Neither exposure nor texture matters. Null with fewer than 20 patches of a brightness that tells.
 */
export function shadingChange({ count, texels, lumas }: ShadedPatches, move: ReliefMove): number | null {
  const rows: number[][] = [];
  const ratios: number[] = [];
  for (let i = 0; i < count; i++) {
    const [before, after] = [lumas[2 * i], lumas[2 * i + 1]];
    if (Math.min(before, after) < DARKEST || Math.max(before, after) > BRIGHTEST) continue;
    const [x, y] = [(texels[2 * i] - MIDDLE.x) / UNIT, (texels[2 * i + 1] - MIDDLE.y) / UNIT];
    rows.push(move === 'turn' ? [1, x, y] : [1, x, y, x * x, x * y, y * y]);
    ratios.push(Math.log(after / before));
  }
  if (rows.length < MIN_PATCHES) return null;
  let weights = ratios.map(() => 1);
  let fitted: number[] = [];
  for (let round = 0; round < FIT_ROUNDS; round++) {
    const equations = new LeastSquares(move === 'turn' ? 3 : 6);
    for (const [i, row] of rows.entries()) {
      const root = Math.sqrt(weights[i]);
      equations.add(
        row.map((value) => root * value),
        root * ratios[i],
      );
    }
    const shape = equations.solve();
    if (shape === null) return null;
    fitted = rows.map((row) => row.reduce((sum, value, k) => sum + value * shape[k], 0));
    weights = ratios.map((ratio, i) => 1 / (1 + ((ratio - fitted[i]) / SOFTNESS) ** 2));
  }
  const mean = fitted.reduce((sum, value) => sum + value, 0) / fitted.length;
  return Math.sqrt(fitted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / fitted.length);
}
