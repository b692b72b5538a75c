import type { FaceBox, Hint } from '@veriframe/protocol';

/**
 * A point of the face mesh in fractions of the picture. `z` is in widths of the picture, negative toward the camera.
 */
export interface MeshPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** What help on the device advises for one picture. */
export interface PlacementAdvice {
  /** The reason why the picture is not worth sending, or null when it is. */
  readonly hint: Hint | null;
  readonly face: FaceBox | null;
}

/**
 * Limits at which help on the device gives a hint. Each is a little more lenient than the limit of the server's quality
 * gate, so that no picture is held back that the server would accept. A test checks this.
 */
export const PLACEMENT_LIMITS = {
  maxWidthShare: 0.9,
  minInsideShare: 0.9,
  /** Distance of the eyes in widths of the picture. */
  minInterEyeShare: 0.0425,
  maxYawDeg: 24,
} as const;

/** The mesh's indices, as MediaPipe numbers them. */
const EYE_CORNERS = { left: [33, 133], right: [263, 362] } as const;
const AXES = { top: 10, chin: 152, left: 234, right: 454 } as const;
const FACE_POINTS = 468;

/** Advises on the faces that a face landmarker found in a picture of `aspect` = width ÷ height. */
export function adviseOnPlacement(faces: readonly (readonly MeshPoint[])[], aspect: number): PlacementAdvice {
  const [mesh] = faces;
  if (mesh === undefined || mesh.length < FACE_POINTS) return { hint: 'no-face', face: null };
  const face = boxOf(mesh.slice(0, FACE_POINTS));
  return { hint: hintOf(mesh, face, faces.length, aspect), face };
}

function hintOf(mesh: readonly MeshPoint[], face: FaceBox, count: number, aspect: number): Hint | null {
  if (count > 1) return 'several-faces';
  const isCut = insideShare(face) < PLACEMENT_LIMITS.minInsideShare;
  if (face.width > PLACEMENT_LIMITS.maxWidthShare || (isCut && face.height > PLACEMENT_LIMITS.maxWidthShare))
    return 'move-back';
  if (isCut) return 'centre-face';
  if (interEyeShare(mesh, aspect) < PLACEMENT_LIMITS.minInterEyeShare) return 'move-closer';
  return Math.abs(yawDeg(mesh, aspect)) > PLACEMENT_LIMITS.maxYawDeg ? 'look-straight' : null;
}

function boxOf(points: readonly MeshPoint[]): FaceBox {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

function insideShare({ x, y, width, height }: FaceBox): number {
  const within = (from: number, length: number) =>
    Math.max(0, Math.min(1, from + length) - Math.max(0, from));
  const area = width * height;
  return area > 0 ? (within(x, width) * within(y, height)) / area : 0;
}

function interEyeShare(mesh: readonly MeshPoint[], aspect: number): number {
  const centre = (corners: readonly [number, number]) => {
    const [one, other] = corners.map((index) => at(mesh, index, aspect));
    return one === undefined || other === undefined
      ? null
      : one.map((value, axis) => (value + (other[axis] ?? 0)) / 2);
  };
  const [left, right] = [centre(EYE_CORNERS.left), centre(EYE_CORNERS.right)];
  if (left === null || right === null) return 0;
  return Math.hypot((right[0] ?? 0) - (left[0] ?? 0), (right[1] ?? 0) - (left[1] ?? 0));
}

type Vector = readonly [number, number, number];

/** A point with all axes in widths of the picture. */
function at(mesh: readonly MeshPoint[], index: number, aspect: number): Vector {
  const { x, y, z } = mesh[index] ?? { x: 0, y: 0, z: 0 };
  return [x, y / aspect, z];
}

/**
 * Yaw of the head in degrees, positive toward the picture's right. It uses the formula of the server's pose estimate.
 */
function yawDeg(mesh: readonly MeshPoint[], aspect: number): number {
  const between = (from: number, to: number) => {
    const [a, b] = [at(mesh, from, aspect), at(mesh, to, aspect)];
    return unit([b[0] - a[0], b[1] - a[1], b[2] - a[2]]);
  };
  const forward = cross(between(AXES.left, AXES.right), between(AXES.top, AXES.chin));
  return (Math.atan2(-forward[0], forward[2]) * 180) / Math.PI;
}

function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
