import { distance, fitSimilarity, transform, type Point } from './geometry.ts';
import { LANDMARK_COUNT, landmarkPoint, leftEyeCentre, rightEyeCentre } from './landmarks.ts';
import { LeastSquares } from './linear-solve.ts';

/**
 * How much of a face's movement between two frames each kind of body leaves unexplained: root mean square distance
 * of the landmarks, over the distance between the eyes in the earlier frame. A similarity is a plane's movement as
 * well as a stiff body's.
 */
export interface MovementResiduals {
  /** Turned in the picture, moved and scaled: a photo held parallel to the camera. */
  readonly similarity: number;
  /** Any view of a plane: a photo or screen, however it is held. */
  readonly plane: number;
  /** A stiff head seen from afar, by the mesh's own depth. What remains is the face's own play, and noise. */
  readonly rigid: number;
}

/** Every third landmark: enough for these few unknowns. */
const STEP = 3;
const DEPTH_DAMPING = 1e-4;

/**
 * Compares two meshes (468 × (x, y, z) in pixels). Null when a mesh is degenerate, as when all its points coincide.
 */
export function movementResiduals(before: Float32Array, after: Float32Array): MovementResiduals | null {
  const unit = distance(leftEyeCentre(before), rightEyeCentre(before));
  const from = sampled(before);
  const to = sampled(after);
  const plane = planeResidual(from, to);
  const rigid = rigidResidual(before, from, to);
  if (!(unit > 0) || plane === null || rigid === null) return null;
  const matrix = fitSimilarity(from, to);
  const similarity = rms(from, to, ({ x, y }) => transform(matrix, x, y));
  return { similarity: similarity / unit, plane: plane / unit, rigid: rigid / unit };
}

function sampled(landmarks: Float32Array): Point[] {
  return Array.from({ length: LANDMARK_COUNT / STEP }, (_, i) => landmarkPoint(landmarks, i * STEP));
}

function rms(
  from: readonly Point[],
  to: readonly Point[],
  map: (point: Point, index: number) => Point,
): number {
  const squares = from.reduce((sum, point, i) => sum + distance(map(point, i), to[i]) ** 2, 0);
  return Math.sqrt(squares / from.length);
}

/**
 * The homography by the direct linear transformation with its last entry 1, on points shifted and scaled to about 1
 * (Hartley and Zisserman, "Multiple View Geometry", 4.1 and 4.4).
 */
function planeResidual(from: readonly Point[], to: readonly Point[]): number | null {
  const source = normaliser(from);
  const target = normaliser(to);
  if (source === null || target === null) return null;
  const equations = new LeastSquares(8);
  for (const [i, point] of from.entries()) {
    const { x, y } = source.apply(point);
    const { x: u, y: v } = target.apply(to[i]);
    equations.add([x, y, 1, 0, 0, 0, -u * x, -u * y], u);
    equations.add([0, 0, 0, x, y, 1, -v * x, -v * y], v);
  }
  const h = equations.solve();
  if (h === null) return null;
  return rms(from, to, (point) => {
    const { x, y } = source.apply(point);
    const w = h[6] * x + h[7] * y + 1;
    return target.undo({ x: (h[0] * x + h[1] * y + h[2]) / w, y: (h[3] * x + h[4] * y + h[5]) / w });
  });
}

/** An affine camera on the earlier mesh: each coordinate of the later one is a plane over x, y and z. */
function rigidResidual(before: Float32Array, from: readonly Point[], to: readonly Point[]): number | null {
  const source = normaliser(from);
  const target = normaliser(to);
  if (source === null || target === null) return null;
  const alongX = new LeastSquares(4);
  const alongY = new LeastSquares(4);
  // A mesh without depth leaves that coefficient open; this closes it at 0 and is felt nowhere else.
  for (const equations of [alongX, alongY]) equations.add([0, 0, DEPTH_DAMPING, 0], 0);
  const rows = from.map((point, i) => {
    const { x, y } = source.apply(point);
    return [x, y, before[3 * i * STEP + 2] / source.scale, 1];
  });
  for (const [i, row] of rows.entries()) {
    const { x: u, y: v } = target.apply(to[i]);
    alongX.add(row, u);
    alongY.add(row, v);
  }
  const across = alongX.solve();
  const down = alongY.solve();
  if (across === null || down === null) return null;
  const along = (solution: Float64Array, row: readonly number[]) =>
    row.reduce((sum, value, i) => sum + value * solution[i], 0);
  return rms(from, to, (_, i) => target.undo({ x: along(across, rows[i]), y: along(down, rows[i]) }));
}

interface Normaliser {
  readonly scale: number;
  readonly apply: (point: Point) => Point;
  readonly undo: (point: Point) => Point;
}

/** Brings points about the origin with a root mean square distance of 1, or gives null when they coincide. */
function normaliser(points: readonly Point[]): Normaliser | null {
  const x = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const y = points.reduce((sum, point) => sum + point.y, 0) / points.length;
  const centre = { x, y };
  const scale = Math.sqrt(
    points.reduce((sum, point) => sum + distance(point, centre) ** 2, 0) / points.length,
  );
  if (!(scale > 0)) return null;
  return {
    scale,
    apply: (point) => ({ x: (point.x - x) / scale, y: (point.y - y) / scale }),
    undo: (point) => ({ x: point.x * scale + x, y: point.y * scale + y }),
  };
}
