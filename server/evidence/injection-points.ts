import type { FaceAnalysis } from '../vision/analysis.ts';

/** Where a face's points were in the picture at one moment. */
export interface FacePoints {
  readonly atMs: number;
  readonly capturedAtMs: number;
  /** x and y of each of `POINTS`, in pixels. */
  readonly coordinates: readonly number[];
  /** Distance between the eyes in pixels. */
  readonly unitPx: number;
}

/** Landmarks of the nose, the forehead, the edges of the cheeks and the eye corners: only the whole head moves them. */
const STIFF_POINTS = [4, 6, 168, 9, 10, 234, 454, 33, 133, 263, 362];
/** Landmarks of the chin and the mouth: speech and expression move them too. */
const LIVELY_POINTS = [152, 61, 291, 13, 14];
const POINTS = [...STIFF_POINTS, ...LIVELY_POINTS];

export function facePoints(
  { landmarks, quality }: FaceAnalysis,
  atMs: number,
  capturedAtMs: number,
): FacePoints {
  const coordinates = POINTS.flatMap((index) => [landmarks[3 * index], landmarks[3 * index + 1]]);
  return { atMs, capturedAtMs, coordinates, unitPx: Math.max(1, quality.interEyePx) };
}

/** Root mean square distance between the points of two moments, in eye distances. */
export function motion(a: FacePoints, b: FacePoints): number {
  return rootMeanSquare(a, b, POINTS.length);
}

/** The same for the points that speech and expression do not move. */
export function headMotion(a: FacePoints, b: FacePoints): number {
  return rootMeanSquare(a, b, STIFF_POINTS.length);
}

function rootMeanSquare(a: FacePoints, b: FacePoints, points: number): number {
  let squares = 0;
  for (let i = 0; i < 2 * points; i++) squares += (a.coordinates[i] - b.coordinates[i]) ** 2;
  return (2 * Math.sqrt(squares / points)) / (a.unitPx + b.unitPx);
}
