import { LeastSquares } from '../../server/vision/linear-solve.ts';

/** Samples of a surface: unit normals (x, y, z) and the light that it sends back, three colours each. */
export interface LitSamples {
  readonly normals: Float32Array;
  readonly light: Float32Array;
}

/** The light's factor on a surface by its normal, for each colour. */
export type Shading = (x: number, y: number, z: number) => readonly [number, number, number];

const ROUNDS = 4;
/** Samples whose light is farther from the fit than this, as a natural logarithm, are brows, lips or hair. */
const FAR_OFF = 0.3;
/** Nothing is taken to be lit more or less than this, against the samples' mean. */
const LEAST = 0.5;
const MOST = 1.7;
/** Neither is the light's colour taken to differ by more than this factor. */
const TINT = 1.6;
/** How strongly the fit is held to an even light where the samples say little, as a share of their number. */
const HOLD = { brightness: 0.15, tint: 0.3 };

/**
 * How light falls on a matt surface by its normal: spherical harmonics up to degree two, which hold 99 % of what diffuse
 * reflection keeps of any distant light (Ramamoorthi and Hanrahan, "An efficient representation for irradiance environment
 * maps", SIGGRAPH 2001); its tint up to degree one. Fitted by least squares without what is far off. The result is 1 on
 * the mean of the samples; where these leave the light open it is 1 everywhere.
 */
export function fitShading({ normals, light }: LitSamples): Shading {
  const count = normals.length / 3;
  const rows = Array.from({ length: count }, (_, i) =>
    harmonics(normals[3 * i], normals[3 * i + 1], normals[3 * i + 2]),
  );
  const brightness = Float64Array.from({ length: count }, (_, i) =>
    Math.max(1e-3, (light[3 * i] + light[3 * i + 1] + light[3 * i + 2]) / 3),
  );
  let used = rows.map((_, i) => i);
  let fit: Float64Array | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    const solved = leastSquares(rows, brightness, used, 9, HOLD.brightness);
    if (solved === null) break;
    fit = solved;
    const next = used.filter((i) => Math.abs(Math.log(brightness[i] / dot(rows[i], solved, 9))) < FAR_OFF);
    if (next.length < count / 4) break;
    used = next;
  }
  if (fit === null) return () => [1, 1, 1];
  const bright = fit;
  const mean = used.reduce((sum, i) => sum + dot(rows[i], bright, 9), 0) / used.length;
  const tints = [0, 1, 2].map((channel) => {
    const shares = Float64Array.from(brightness, (value, i) => light[3 * i + channel] / value);
    const typical = used.reduce((sum, i) => sum + shares[i], 0) / used.length;
    const solved = leastSquares(rows, shares, used, 4, HOLD.tint);
    return (row: readonly number[]) =>
      solved === null ? 1 : Math.min(TINT, Math.max(1 / TINT, dot(row, solved, 4) / typical));
  });
  return (x, y, z) => {
    const row = harmonics(x, y, z);
    const factor = Math.min(MOST, Math.max(LEAST, dot(row, bright, 9) / mean));
    return [factor * tints[0](row), factor * tints[1](row), factor * tints[2](row)];
  };
}

function leastSquares(
  rows: readonly (readonly number[])[],
  values: Float64Array,
  used: readonly number[],
  unknowns: number,
  hold: number,
): Float64Array | null {
  const equations = new LeastSquares(unknowns);
  for (const i of used) equations.add(rows[i], values[i]);
  const weight = hold * Math.sqrt(used.length);
  for (let k = 1; k < unknowns; k++)
    equations.add(
      Array.from({ length: unknowns }, (_, i) => (i === k ? weight : 0)),
      0,
    );
  return equations.solve();
}

function harmonics(x: number, y: number, z: number): number[] {
  return [1, x, y, z, x * y, y * z, x * z, x * x - y * y, 3 * z * z - 1];
}

function dot(row: readonly number[], coefficients: Float64Array, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += row[i] * coefficients[i];
  return sum;
}
