import { midpoint, type Box, type Point } from './geometry.ts';

/** Points of the face mesh. */
export const LANDMARK_COUNT = 468;

/**
 * Indices into the mesh of `@vladmandic/human`'s facemesh (the MediaPipe topology). Left and right are those of
 * the image, not of the subject.
 */
export const LANDMARK = {
  leftEyeOuter: 33,
  leftEyeInner: 133,
  rightEyeOuter: 263,
  rightEyeInner: 362,
  noseTip: 4,
  noseBase: 2,
  noseBridge: 6,
  mouthLeft: 61,
  mouthRight: 291,
  lipUpperInner: 13,
  lipLowerInner: 14,
  chin: 152,
  foreheadTop: 10,
  foreheadMiddle: 151,
  cheekEdgeLeft: 234,
  cheekEdgeRight: 454,
  cheekLeft: 50,
  cheekRight: 280,
  cheekLowerLeft: 205,
  cheekLowerRight: 425,
  underEyeLeft: 230,
  underEyeRight: 450,
  chinMiddle: 199,
} as const;

/** Landmark `index` as a point in the image plane. */
export function landmarkPoint(landmarks: Float32Array, index: number): Point {
  return { x: landmarks[3 * index], y: landmarks[3 * index + 1] };
}

/** The middle of the image-left eye's corners. */
export function leftEyeCentre(landmarks: Float32Array): Point {
  return midpoint(
    landmarkPoint(landmarks, LANDMARK.leftEyeOuter),
    landmarkPoint(landmarks, LANDMARK.leftEyeInner),
  );
}

/** The middle of the image-right eye's corners. */
export function rightEyeCentre(landmarks: Float32Array): Point {
  return midpoint(
    landmarkPoint(landmarks, LANDMARK.rightEyeOuter),
    landmarkPoint(landmarks, LANDMARK.rightEyeInner),
  );
}

/** Angle of the line through the outer eye corners against the horizontal, radians, clockwise in the image. */
export function eyeLineAngleRad(landmarks: Float32Array): number {
  const left = landmarkPoint(landmarks, LANDMARK.leftEyeOuter);
  const right = landmarkPoint(landmarks, LANDMARK.rightEyeOuter);
  return Math.atan2(right.y - left.y, right.x - left.x);
}

/** The tight bounding box of the mesh after turning it by −`angleRad` about the origin. */
export function landmarkBounds(landmarks: Float32Array, angleRad = 0): Box {
  const cos = Math.cos(angleRad);
  const sin = Math.sin(angleRad);
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  for (let i = 0; i < LANDMARK_COUNT; i++) {
    const x = landmarks[3 * i];
    const y = landmarks[3 * i + 1];
    const u = x * cos + y * sin;
    const v = y * cos - x * sin;
    if (u < left) left = u;
    if (u > right) right = u;
    if (v < top) top = v;
    if (v > bottom) bottom = v;
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
