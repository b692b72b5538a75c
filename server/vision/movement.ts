import { distance, fitSimilarity, transform } from './geometry.ts';
import { LANDMARK_COUNT, landmarkPoint, leftEyeCentre, rightEyeCentre } from './landmarks.ts';
import { fitAffineCamera, fitPlane, type PointMap } from './point-maps.ts';

/**
 * How much of a face's movement between two frames each kind of body leaves unexplained: the root mean square distance
 * of the landmarks, over the distance between the eyes in the earlier frame. Both a plane and a rigid body can move by
 * a similarity transformation.
 */
interface MovementResiduals {
  /** Turned in the picture, moved and scaled: a photograph held parallel to the camera. */
  readonly similarity: number;
  /** Any view of a plane: a photograph or screen, however it is held. */
  readonly plane: number;
  /** A rigid head seen from afar, by the mesh's own depth. What remains is expression and noise. */
  readonly rigid: number;
}

/** Every third landmark: enough for these few unknowns. */
const SAMPLED = Array.from({ length: LANDMARK_COUNT / 3 }, (_, i) => 3 * i);

/**
 * Compares two meshes (468 × (x, y, z) in pixels). Null when a mesh is degenerate, as when all its points coincide.
 */
export function movementResiduals(before: Float32Array, after: Float32Array): MovementResiduals | null {
  const unit = distance(leftEyeCentre(before), rightEyeCentre(before));
  const plane = fitPlane(before, after, SAMPLED);
  const rigid = fitAffineCamera(before, after, SAMPLED);
  if (!(unit > 0) || plane === null || rigid === null) return null;
  const matrix = fitSimilarity(
    SAMPLED.map((index) => landmarkPoint(before, index)),
    SAMPLED.map((index) => landmarkPoint(after, index)),
  );
  const similarity: PointMap = (mesh, index) => transform(matrix, mesh[3 * index], mesh[3 * index + 1]);
  const residual = (map: PointMap) => {
    const squares = SAMPLED.reduce(
      (sum, index) => sum + distance(map(before, index), landmarkPoint(after, index)) ** 2,
      0,
    );
    return Math.sqrt(squares / SAMPLED.length) / unit;
  };
  return { similarity: residual(similarity), plane: residual(plane), rigid: residual(rigid) };
}
