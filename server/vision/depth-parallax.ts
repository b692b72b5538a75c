import { LANDMARK, LANDMARK_COUNT, landmarkPoint } from './landmarks.ts';
import { LeastSquares } from './linear-solve.ts';

/** Every second landmark: enough for these few unknowns. */
const STEP = 2;
/** A mesh without depth leaves that coefficient open; this closes it at 0 and is felt nowhere else. */
const DEPTH_DAMPING = 1e-4;

/**
 * How well one stiff head in space accounts for both meshes (468 × (x, y, z) in pixels), 0..1: the ratio of the smaller
 * to the larger singular value of the affine camera that maps the earlier mesh with its depth onto the later one. For a
 * stiff body seen from afar both are equal, however it was turned. A picture of a face is foreshortened as it turns, but
 * shows no new side of its face: the mesh network gives it less turn than foreshortening, and the ratio falls. What
 * speech and expressions move, all below the nose, is left out. Null for meshes without extent.
 *
 * The distance of the movement from a plane's own (a homography's residual) tells nothing here: the network lays a face
 * in space over any picture, and at the same apparent turn a waved photo's landmarks are as far from every plane's
 * movement as a head's.
 */
export function depthParallaxRatio(before: Float32Array, after: Float32Array): number | null {
  const indices = aboveNose(before);
  const source = frameOf(before, indices);
  const target = frameOf(after, indices);
  if (source === null || target === null) return null;
  const alongX = new LeastSquares(4);
  const alongY = new LeastSquares(4);
  for (const equations of [alongX, alongY]) equations.add([0, 0, DEPTH_DAMPING, 0], 0);
  for (const index of indices) {
    const row = [
      (before[3 * index] - source.x) / source.scale,
      (before[3 * index + 1] - source.y) / source.scale,
      before[3 * index + 2] / source.scale,
      1,
    ];
    alongX.add(row, (after[3 * index] - target.x) / target.scale);
    alongY.add(row, (after[3 * index + 1] - target.y) / target.scale);
  }
  const [across, down] = [alongX.solve(), alongY.solve()];
  if (across === null || down === null) return null;
  return singularRatio(across, down);
}

/** Of the 2 × 3 matrix with these rows; further elements of the rows are ignored. */
function singularRatio(a: Float64Array, b: Float64Array): number {
  const dot = (p: Float64Array, q: Float64Array) => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
  const middle = (dot(a, a) + dot(b, b)) / 2;
  const apart = Math.hypot((dot(a, a) - dot(b, b)) / 2, dot(a, b));
  return middle > 0 ? Math.sqrt(Math.max(0, middle - apart) / (middle + apart)) : 0;
}

/** Landmarks on the brow's side of the nose's base, along the face's own vertical. */
function aboveNose(landmarks: Float32Array): number[] {
  const left = landmarkPoint(landmarks, LANDMARK.leftEyeOuter);
  const right = landmarkPoint(landmarks, LANDMARK.rightEyeOuter);
  const base = landmarkPoint(landmarks, LANDMARK.noseBase);
  const below = (index: number) => {
    const { x, y } = landmarkPoint(landmarks, index);
    return (y - base.y) * (right.x - left.x) - (x - base.x) * (right.y - left.y);
  };
  const indices: number[] = [];
  for (let index = 0; index < LANDMARK_COUNT; index += STEP) if (below(index) <= 0) indices.push(index);
  return indices;
}

/** Middle and size of the points; null when they coincide. */
function frameOf(
  landmarks: Float32Array,
  indices: readonly number[],
): { readonly x: number; readonly y: number; readonly scale: number } | null {
  let [x, y, squares] = [0, 0, 0];
  for (const index of indices) {
    x += landmarks[3 * index] / indices.length;
    y += landmarks[3 * index + 1] / indices.length;
  }
  for (const index of indices)
    squares += (landmarks[3 * index] - x) ** 2 + (landmarks[3 * index + 1] - y) ** 2;
  const scale = Math.sqrt(squares / indices.length);
  return scale > 0 ? { x, y, scale } : null;
}
