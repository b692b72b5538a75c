import type { FaceAnalysis } from '../vision/analysis.ts';

/** Where a face's points were in the picture at one moment. */
export interface Posture {
  readonly atMs: number;
  readonly capturedAtMs: number;
  /** x and y of each of `POINTS`, in pixels. */
  readonly coordinates: readonly number[];
  /** Distance between the eyes in pixels. */
  readonly unitPx: number;
}

/** Nose, forehead, cheeks' edges and eye corners: points that only the head as a whole moves. */
const STIFF_POINTS = [4, 6, 168, 9, 10, 234, 454, 33, 133, 263, 362];
/** Chin and mouth: points that move with any life in a face. */
const LIVELY_POINTS = [152, 61, 291, 13, 14];
const POINTS = [...STIFF_POINTS, ...LIVELY_POINTS];

export function postureOf({ landmarks, quality }: FaceAnalysis, atMs: number, capturedAtMs: number): Posture {
  const coordinates = POINTS.flatMap((index) => [landmarks[3 * index], landmarks[3 * index + 1]]);
  return { atMs, capturedAtMs, coordinates, unitPx: Math.max(1, quality.interEyePx) };
}

/** Root mean square distance between the points of two postures, in eye distances. */
export function motion(a: Posture, b: Posture): number {
  return rootMeanSquare(a, b, POINTS.length);
}

/** The same of the points that speech and expression leave alone. */
export function headMotion(a: Posture, b: Posture): number {
  return rootMeanSquare(a, b, STIFF_POINTS.length);
}

function rootMeanSquare(a: Posture, b: Posture, points: number): number {
  let squares = 0;
  for (let i = 0; i < 2 * points; i++) squares += (a.coordinates[i] - b.coordinates[i]) ** 2;
  return (2 * Math.sqrt(squares / points)) / (a.unitPx + b.unitPx);
}
