import type { Point } from './geometry.ts';
import { LeastSquares } from './linear-solve.ts';

/** Where a movement takes point `index` of a shape, which holds x, y and z of each point. */
export type PointMap = (shape: Float32Array, index: number) => Point;

const DEPTH_DAMPING = 1e-4;

/**
 * The affine camera of a rigid body seen from afar: each coordinate of `to` is an affine function of x, y and z of
 * `from`, fitted at `points`. Null when the points do not determine it.
 */
export function fitAffineCamera(
  from: Float32Array,
  to: Float32Array,
  points: readonly number[],
): PointMap | null {
  const frame = frameOf(from, points);
  if (frame === null) return null;
  const { x: cx, y: cy, z: cz, scale } = frame;
  const along = new LeastSquares(4);
  const down = new LeastSquares(4);
  // Sets the coefficient of depth to 0 for a shape without depth. It has no effect otherwise.
  for (const equations of [along, down]) equations.add([0, 0, DEPTH_DAMPING, 0], 0);
  for (const i of points) {
    const row = [
      (from[3 * i] - cx) / scale,
      (from[3 * i + 1] - cy) / scale,
      (from[3 * i + 2] - cz) / scale,
      1,
    ];
    along.add(row, to[3 * i]);
    down.add(row, to[3 * i + 1]);
  }
  const a = along.solve();
  const b = down.solve();
  if (a === null || b === null) return null;
  return (shape, i) => {
    const x = (shape[3 * i] - cx) / scale;
    const y = (shape[3 * i + 1] - cy) / scale;
    const z = (shape[3 * i + 2] - cz) / scale;
    return { x: a[0] * x + a[1] * y + a[2] * z + a[3], y: b[0] * x + b[1] * y + b[2] * z + b[3] };
  };
}

/**
 * The homography, which describes any view of a plane. It is found by the direct linear transformation with its last
 * entry 1, on points shifted and scaled to about 1 (Hartley and Zisserman, "Multiple View Geometry", 4.1 and 4.4). Null
 * when degenerate.
 */
export function fitPlane(from: Float32Array, to: Float32Array, points: readonly number[]): PointMap | null {
  const source = frameOf(from, points);
  const target = frameOf(to, points);
  if (source === null || target === null) return null;
  const equations = new LeastSquares(8);
  for (const i of points) {
    const x = (from[3 * i] - source.x) / source.scale;
    const y = (from[3 * i + 1] - source.y) / source.scale;
    const u = (to[3 * i] - target.x) / target.scale;
    const v = (to[3 * i + 1] - target.y) / target.scale;
    equations.add([x, y, 1, 0, 0, 0, -u * x, -u * y], u);
    equations.add([0, 0, 0, x, y, 1, -v * x, -v * y], v);
  }
  const h = equations.solve();
  if (h === null) return null;
  return (shape, i) => {
    const x = (shape[3 * i] - source.x) / source.scale;
    const y = (shape[3 * i + 1] - source.y) / source.scale;
    const w = h[6] * x + h[7] * y + 1;
    return {
      x: target.x + (target.scale * (h[0] * x + h[1] * y + h[2])) / w,
      y: target.y + (target.scale * (h[3] * x + h[4] * y + h[5])) / w,
    };
  };
}

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Root mean square distance from the centre in the picture. */
  readonly scale: number;
}

function frameOf(shape: Float32Array, points: readonly number[]): Frame | null {
  const mean = (axis: number) => points.reduce((sum, i) => sum + shape[3 * i + axis], 0) / points.length;
  const [x, y, z] = [mean(0), mean(1), mean(2)];
  const squares = points.reduce((sum, i) => sum + (shape[3 * i] - x) ** 2 + (shape[3 * i + 1] - y) ** 2, 0);
  const scale = Math.sqrt(squares / points.length);
  return scale > 0 ? { x, y, z, scale } : null;
}
