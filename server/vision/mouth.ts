import { LANDMARK } from './landmarks.ts';

/** The mouth, by lengths in space, so that a turn of the head changes little. Compare it with the same face at rest. */
export interface Mouth {
  /** Gap between the inner lips over the distance between the mouth's corners: about 0 closed, .5 or more wide open. */
  readonly opening: number;
  /** Distance between the mouth's corners over that between the outer corners of the eyes. It grows in a smile. */
  readonly width: number;
  /**
   * How far the mouth's corners are above the middle of the lips, along the face's own vertical, over the distance
   * between the outer corners of the eyes. It grows in a smile.
   */
  readonly cornerLift: number;
}

/** Inner lips, upper and lower, image left to right. */
const LIP_PAIRS = [
  [82, 87],
  [LANDMARK.lipUpperInner, LANDMARK.lipLowerInner],
  [312, 317],
] as const;

/** Measures the mouth of a mesh, 468 × (x, y, z) in pixels. All values are 0 for a mesh without extent. */
export function measureMouth(landmarks: Float32Array): Mouth {
  const corners = span(landmarks, LANDMARK.mouthLeft, LANDMARK.mouthRight);
  const eyes = span(landmarks, LANDMARK.leftEyeOuter, LANDMARK.rightEyeOuter);
  const height = span(landmarks, LANDMARK.foreheadTop, LANDMARK.chin);
  if (!(corners > 0 && eyes > 0 && height > 0)) return { opening: 0, width: 0, cornerLift: 0 };
  const gap = LIP_PAIRS.reduce((sum, [upper, lower]) => sum + span(landmarks, upper, lower), 0);
  const middle = mean(landmarks, LANDMARK.lipUpperInner, LANDMARK.lipLowerInner);
  const cornerMiddle = mean(landmarks, LANDMARK.mouthLeft, LANDMARK.mouthRight);
  let lift = 0;
  for (let axis = 0; axis < 3; axis++) {
    const down = landmarks[3 * LANDMARK.chin + axis] - landmarks[3 * LANDMARK.foreheadTop + axis];
    lift += ((middle[axis] - cornerMiddle[axis]) * down) / height;
  }
  return { opening: gap / LIP_PAIRS.length / corners, width: corners / eyes, cornerLift: lift / eyes };
}

function span(landmarks: Float32Array, from: number, to: number): number {
  return Math.hypot(
    landmarks[3 * to] - landmarks[3 * from],
    landmarks[3 * to + 1] - landmarks[3 * from + 1],
    landmarks[3 * to + 2] - landmarks[3 * from + 2],
  );
}

function mean(landmarks: Float32Array, a: number, b: number): readonly [number, number, number] {
  const axis = (i: number) => (landmarks[3 * a + i] + landmarks[3 * b + i]) / 2;
  return [axis(0), axis(1), axis(2)];
}
