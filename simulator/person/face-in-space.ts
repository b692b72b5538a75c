import type { Point } from '../../server/vision/geometry.ts';
import { LANDMARK, LANDMARK_COUNT } from '../../server/vision/landmarks.ts';
import { headPose } from '../../server/vision/pose.ts';
import { inverse, rotationOf, type Rotation } from '../drawing/rotation.ts';
import { EYE_RINGS } from '../portraits/landmark-groups.ts';
import type { Portrait } from '../portraits/portrait.ts';

/** A point or direction in space. */
export type Vector = readonly [x: number, y: number, z: number];

/**
 * A portrait's face mesh as a body in space. Lengths are in portrait pixels. The head's own frame: x to the image's
 * right, y down, z to the back of the head; the origin lies between the ears.
 */
export interface FaceInSpace {
  /** 468 × (x, y, z) in the head's own frame. */
  readonly points: Float32Array;
  /** From one cheek's edge to the other: about 140 mm of a grown-up's head. */
  readonly faceWidth: number;
  /** Focal length in pixels; the camera stands at z = −focal and looks along z. */
  readonly focal: number;
  /** The origin's place before the camera in the portrait. */
  readonly place: Vector;
  /** Where a point of the head is seen in the portrait. */
  readonly inPortrait: (x: number, y: number, z: number) => Point;
  /** The portrait's camera in the head's own frame. */
  readonly camera: Vector;
}

/** Focal length over the picture's width: a webcam of about 58° across. */
const FOCAL_SHARE = 0.9;
/** The origin against the middle of the cheeks' edges, in face widths: up to the ears' upper half, back into the head. */
const ORIGIN_ABOVE_CHEEKS = 0.1;
const ORIGIN_BEHIND_CHEEKS = 0.03;
const MIDLINE = [LANDMARK.foreheadTop, LANDMARK.noseBridge, LANDMARK.chin];

/** Lifts the mesh of a portrait into space and turns it so that it looks along −z. */
export function liftFace({ image: { width, height }, landmarks, lids }: Portrait): FaceInSpace {
  const focal = FOCAL_SHARE * width;
  const lifted = new Float32Array(3 * LANDMARK_COUNT);
  const lift = (vertex: number, { x, y }: Point) => {
    const z = landmarks[3 * vertex + 2];
    lifted[3 * vertex] = ((x - width / 2) * (focal + z)) / focal;
    lifted[3 * vertex + 1] = ((y - height / 2) * (focal + z)) / focal;
    lifted[3 * vertex + 2] = z;
  };
  for (let vertex = 0; vertex < LANDMARK_COUNT; vertex++)
    lift(vertex, { x: landmarks[3 * vertex], y: landmarks[3 * vertex + 1] });
  for (const side of ['imageLeft', 'imageRight'] as const)
    for (const [i, vertex] of EYE_RINGS[side].entries()) lift(vertex, lids[side][i]);

  const turn = rotationOf(headPose(lifted));
  const back = inverse(turn);
  const points = new Float32Array(lifted.length);
  for (let i = 0; i < points.length; i += 3)
    points.set(rotated(back, lifted[i], lifted[i + 1], lifted[i + 2]), i);
  const at = (vertex: number, axis: number) => points[3 * vertex + axis];
  const { cheekEdgeLeft: left, cheekEdgeRight: right } = LANDMARK;
  const faceWidth = Math.hypot(...[0, 1, 2].map((axis) => at(left, axis) - at(right, axis)));
  const origin: Vector = [
    MIDLINE.reduce((sum, vertex) => sum + at(vertex, 0), 0) / MIDLINE.length,
    (at(left, 1) + at(right, 1)) / 2 - ORIGIN_ABOVE_CHEEKS * faceWidth,
    (at(left, 2) + at(right, 2)) / 2 + ORIGIN_BEHIND_CHEEKS * faceWidth,
  ];
  for (let i = 0; i < points.length; i++) points[i] -= origin[i % 3];
  const place = rotated(turn, ...origin);
  const inPortrait = (x: number, y: number, z: number): Point => {
    const [across, down, away] = rotated(turn, x, y, z);
    const scale = focal / (focal + away + place[2]);
    return { x: (across + place[0]) * scale + width / 2, y: (down + place[1]) * scale + height / 2 };
  };
  const camera = rotated(back, -place[0], -place[1], -focal - place[2]);
  return { points, faceWidth, focal, place, inPortrait, camera };
}

function rotated([a, b, c, d, e, f, g, h, i]: Rotation, x: number, y: number, z: number): Vector {
  return [a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z];
}
