import type { DepthRelief, FrameAnalysis } from './analysis.ts';
import { LANDMARK_COUNT } from './landmarks.ts';
import { LeastSquares } from './linear-solve.ts';

/** The image of a device's depth sensor, over the same field of view as the picture. */
export interface DepthImage {
  readonly width: number;
  readonly height: number;
  /** Row by row, 16-bit little-endian millimetres from the camera; 0 where unknown. */
  readonly data: Uint8Array;
}

/** Every third landmark. */
const STEP = 3;
const POINTS = Math.ceil(LANDMARK_COUNT / STEP);
/** With fewer points, noise decides the six unknowns of the surface. */
const MIN_POINTS = 40;
/** Mean distance between adults' pupils (Dodgson, "Variation and extrema of human interpupillary distance", 2004). */
const INTER_EYE_MM = 63;

/** Adds the relief of the face to the analysis. Unchanged when there is no face, or too little depth under it. */
export function withDepth(analysis: FrameAnalysis, depth: DepthImage): FrameAnalysis {
  const { face, width } = analysis;
  if (!face.found) return analysis;
  const { landmarks, quality } = face.value;
  const relief = depthRelief(depth, landmarks, quality.interEyePx, width, analysis.height);
  return relief === null
    ? analysis
    : { ...analysis, face: { found: true, value: { ...face.value, depth: relief } } };
}

/**
 * Measures the depth under a mesh (468 × (x, y, z) in pixels of a picture of `width` × `height`). Null when fewer than
 * `MIN_POINTS` of its points have a depth, or the mesh is degenerate.
 */
export function depthRelief(
  depth: DepthImage,
  landmarks: Float32Array,
  interEyePx: number,
  width: number,
  height: number,
): DepthRelief | null {
  const points: Point[] = [];
  for (let index = 0; index < LANDMARK_COUNT; index += STEP) {
    const [x, y, z] = [landmarks[3 * index], landmarks[3 * index + 1], landmarks[3 * index + 2]];
    const mm = depthAt(depth, (x / width) * depth.width, (y / height) * depth.height);
    if (mm > 0)
      points.push({
        x: x / interEyePx,
        y: y / interEyePx,
        seenMm: mm,
        meshMm: (z / interEyePx) * INTER_EYE_MM,
      });
  }
  if (points.length < MIN_POINTS) return null;
  const seen = roughness(points, ({ seenMm }) => seenMm);
  const mesh = roughness(points, ({ meshMm }) => meshMm);
  if (seen === null || mesh === null) return null;
  let [both, ofMesh, ofSeen] = [0, 0, 0];
  for (const [i, value] of mesh.entries()) {
    both += value * seen[i];
    ofMesh += value * value;
    ofSeen += seen[i] * seen[i];
  }
  if (!(ofMesh > 0)) return null;
  const sorted = points.map(({ seenMm }) => seenMm).toSorted((a, b) => a - b);
  const distanceMm = sorted[sorted.length >> 1];
  const focalPx = (interEyePx * distanceMm) / INTER_EYE_MM;
  return {
    coverage: points.length / POINTS,
    distanceMm,
    relief: both / ofMesh,
    agreement: ofSeen > 0 ? both / Math.sqrt(ofMesh * ofSeen) : 0,
    fieldOfViewDeg: (2 * Math.atan(width / 2 / focalPx) * 180) / Math.PI,
  };
}

interface Point {
  /** In eye distances. */
  readonly x: number;
  readonly y: number;
  readonly seenMm: number;
  readonly meshMm: number;
}

/** A measure without the surface, quadratic in x and y, that fits it best; null when there is no such surface. */
function roughness(points: readonly Point[], measure: (point: Point) => number): number[] | null {
  const centre = points[points.length >> 1];
  const offset = measure(centre);
  const rows = points.map(({ x, y }) => {
    const [u, v] = [x - centre.x, y - centre.y];
    return [1, u, v, u * u, u * v, v * v];
  });
  const equations = new LeastSquares(6);
  for (const [i, row] of rows.entries()) equations.add(row, measure(points[i]) - offset);
  const surface = equations.solve();
  if (surface === null) return null;
  return rows.map((row, i) => {
    const smooth = row.reduce((sum, value, k) => sum + value * surface[k], 0);
    return measure(points[i]) - offset - smooth;
  });
}

/** The mean of the known depths of the four pixels around a point; 0 when none is known, or the point lies outside. */
function depthAt({ data, width, height }: DepthImage, x: number, y: number): number {
  let [sum, known] = [0, 0];
  for (const row of [Math.floor(y - 0.5), Math.floor(y + 0.5)]) {
    for (const column of [Math.floor(x - 0.5), Math.floor(x + 0.5)]) {
      if (!(row >= 0 && row < height && column >= 0 && column < width)) continue;
      const at = 2 * (row * width + column);
      const mm = data[at] | (data[at + 1] << 8);
      if (mm === 0) continue;
      sum += mm;
      known++;
    }
  }
  return known === 0 ? 0 : sum / known;
}
