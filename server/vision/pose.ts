import type { Pose } from './analysis.ts';
import { LANDMARK } from './landmarks.ts';

type Vector = readonly [number, number, number];

const DEGREES = 180 / Math.PI;

/**
 * The head pose, from four points of the mesh. The face's vertical runs from the forehead to the chin, its horizontal
 * from cheek to cheek, and both span the plane of the face. Beyond about 45° of yaw the mesh underestimates the angle,
 * and the camera's height biases the pitch.
 */
export function headPose(landmarks: Float32Array): Pose {
  const down = normalise(span(landmarks, LANDMARK.foreheadTop, LANDMARK.chin));
  const across = normalise(span(landmarks, LANDMARK.cheekEdgeLeft, LANDMARK.cheekEdgeRight));
  const inward = normalise(cross(across, down));
  const level = cross(down, inward);
  return {
    yawDeg: Math.atan2(-inward[0], inward[2]) * DEGREES,
    pitchDeg: Math.asin(Math.min(1, Math.max(-1, -inward[1]))) * DEGREES,
    // The yaw is removed first: in the picture, the level axis of a turned head is steeper.
    rollDeg: Math.atan2(level[1], down[1]) * DEGREES,
  };
}

function span(landmarks: Float32Array, from: number, to: number): Vector {
  return [
    landmarks[3 * to] - landmarks[3 * from],
    landmarks[3 * to + 1] - landmarks[3 * from + 1],
    landmarks[3 * to + 2] - landmarks[3 * from + 2],
  ];
}

function normalise(vector: Vector): Vector {
  const length = Math.hypot(...vector);
  return length > 0 ? [vector[0] / length, vector[1] / length, vector[2] / length] : [0, 0, 1];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
