import { LANDMARK, LANDMARK_COUNT, landmarkPoint } from './landmarks.ts';
import { LeastSquares } from './linear-solve.ts';

/** Every second landmark: enough for these few unknowns. */
const STEP = 2;
/** Sets the coefficient of depth to 0 for a mesh without depth. It has no effect otherwise. */
const DEPTH_DAMPING = 1e-4;

/**
 * How well one rigid head in space explains two meshes (468 × (x, y, z) in pixels), 0..1. It is the ratio of the
 * smaller to the larger singular value of the affine camera that maps the earlier mesh, with its depth, onto the later
 * one. For a rigid body seen from afar both are equal, however it was turned. A picture of a face is foreshortened when
 * it is turned, but shows no other side of the face. So the mesh network sees less turn than foreshortening, and the
 * ratio falls. Landmarks below the nose are left out, because speech and expression move them. Null for meshes without
 * extent.
 *
 * How far the movement is from that of a plane (the residual of a homography) does not help. The network lays a face in
 * space over any picture: at the same apparent turn, the landmarks of a waved photograph are as far from every plane's
 * movement as those of a head.
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

/** The ratio of the singular values of the 2 × 3 matrix with these rows. Further elements of the rows are ignored. */
function singularRatio(a: Float64Array, b: Float64Array): number {
  const dot = (p: Float64Array, q: Float64Array) => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
  const middle = (dot(a, a) + dot(b, b)) / 2;
  const apart = Math.hypot((dot(a, a) - dot(b, b)) / 2, dot(a, b));
  return middle > 0 ? Math.sqrt(Math.max(0, middle - apart) / (middle + apart)) : 0;
}

/** The landmarks above the base of the nose, along the face's own vertical. */
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
