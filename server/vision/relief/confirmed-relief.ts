import { LeastSquares } from '../linear-solve.ts';

/** Patches of skin that were found again: x and y of each, in pixels, one after another. */
export interface FoundPatches {
  readonly count: number;
  /** In the picture at rest. */
  readonly rest: Float32Array;
  /** Where the skin is in the turned picture. */
  readonly seen: Float32Array;
  /** Where the turned picture's mesh has it. */
  readonly mesh: Float32Array;
}

/**
 * α is the slope of the relief that pixels show against the relief that the mesh lays over them: 1 for a head, 0 for a
 * plane, however it is turned. It is `product / square` of one frame, or of the sums over several.
 */
export interface ReliefSums {
  /** Σ w·z·m: z what the pixels show, m what the mesh has, w how well the two agree. */
  readonly product: number;
  /** Σ w·m². */
  readonly square: number;
}

/** A residual of this share of the distance between the eyes halves a patch's weight. */
const SOFTNESS = 0.03;
const FIT_ROUNDS = 4;
const SLOPE_ROUNDS = 6;
const MIN_PATCHES = 20;

/**
 * From where the skin and the mesh moved, the affine map of the rest is subtracted, which describes any view of a plane
 * from afar. What is left is the parallax of the relief. Both are read along the main axis of the mesh's, and freed of
 * the quadratic in x and y that fits best, so that a bent plane has no relief either. The fits and the slope weigh a
 * patch by how well it agrees (Cauchy). Null with fewer than 20 patches.
 */
export function confirmedRelief(patches: FoundPatches, eyeDistance: number): ReliefSums | null {
  const { count } = patches;
  if (count < MIN_PATCHES || !(eyeDistance > 0)) return null;
  const rows = rowsOf(patches, eyeDistance);
  const seen = parallax(rows, patches.seen, count, eyeDistance);
  const mesh = parallax(rows, patches.mesh, count, eyeDistance);
  if (seen === null || mesh === null) return null;
  const [across, down] = mainAxis(mesh, count);
  const z = withoutBend(rows, seen, across, down);
  const m = withoutBend(rows, mesh, across, down);
  return z === null || m === null ? null : slopeSums(z, m);
}

/** 1, x, y, x², xy, y² of each patch at rest, from their centre, in distances between the eyes. */
function rowsOf({ rest, count }: FoundPatches, eyeDistance: number): number[][] {
  let [x, y] = [0, 0];
  for (let i = 0; i < count; i++) {
    x += rest[2 * i] / count;
    y += rest[2 * i + 1] / count;
  }
  return Array.from({ length: count }, (_, i) => {
    const u = (rest[2 * i] - x) / eyeDistance;
    const v = (rest[2 * i + 1] - y) / eyeDistance;
    return [1, u, v, u * u, u * v, v * v];
  });
}

/** What the affine map of the rest that fits most patches leaves of these places, in distances between the eyes. */
function parallax(
  rows: readonly number[][],
  places: Float32Array,
  count: number,
  eyeDistance: number,
): Float64Array | null {
  const residuals = new Float64Array(2 * count);
  const weights = new Float64Array(count).fill(1);
  const [x0, y0] = [places[0], places[1]];
  for (let round = 0; round <= FIT_ROUNDS; round++) {
    const alongX = new LeastSquares(3);
    const alongY = new LeastSquares(3);
    for (let i = 0; i < count; i++) {
      const root = Math.sqrt(weights[i]);
      const row = [root, root * rows[i][1], root * rows[i][2]];
      alongX.add(row, (root * (places[2 * i] - x0)) / eyeDistance);
      alongY.add(row, (root * (places[2 * i + 1] - y0)) / eyeDistance);
    }
    const [a, b] = [alongX.solve(), alongY.solve()];
    if (a === null || b === null) return null;
    for (let i = 0; i < count; i++) {
      const [, u, v] = rows[i];
      const x = (places[2 * i] - x0) / eyeDistance - a[0] - a[1] * u - a[2] * v;
      const y = (places[2 * i + 1] - y0) / eyeDistance - b[0] - b[1] * u - b[2] * v;
      residuals[2 * i] = x;
      residuals[2 * i + 1] = y;
      weights[i] = 1 / (1 + (x * x + y * y) / SOFTNESS ** 2);
    }
  }
  return residuals;
}

/** The direction in which these residuals are largest, as a unit vector. */
function mainAxis(residuals: Float64Array, count: number): readonly [number, number] {
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y] = [residuals[2 * i], residuals[2 * i + 1]];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  return [Math.cos(angle), Math.sin(angle)];
}

function withoutBend(
  rows: readonly number[][],
  residuals: Float64Array,
  across: number,
  down: number,
): Float64Array | null {
  const along = Float64Array.from(rows, (_, i) => across * residuals[2 * i] + down * residuals[2 * i + 1]);
  const equations = new LeastSquares(6);
  for (const [i, row] of rows.entries()) equations.add(row, along[i]);
  const bend = equations.solve();
  if (bend === null) return null;
  return along.map((value, i) => value - rows[i].reduce((sum, one, k) => sum + one * bend[k], 0));
}

function slopeSums(z: Float64Array, m: Float64Array): ReliefSums | null {
  let slope = 0.5;
  let sums: ReliefSums = { product: 0, square: 0 };
  for (let round = 0; round < SLOPE_ROUNDS; round++) {
    let [product, square] = [0, 0];
    for (let i = 0; i < z.length; i++) {
      const weight = 1 / (1 + ((z[i] - slope * m[i]) / SOFTNESS) ** 2);
      product += weight * z[i] * m[i];
      square += weight * m[i] * m[i];
    }
    if (!(square > 0)) return null;
    slope = product / square;
    sums = { product, square };
  }
  return sums;
}
