import {
  MOTION_FEATURE_COUNT,
  MOTION_FEATURES,
  MOTION_POINTS,
  MOTION_STEPS,
  motionPosture,
  motionWindow,
} from '../../../server/evidence/motion-features.ts';
import type { FaceAnalysis } from '../../../server/vision/analysis.ts';
import { distance, midpoint } from '../../../server/vision/geometry.ts';
import { eyeLineAngleRad, leftEyeCentre, rightEyeCentre } from '../../../server/vision/landmarks.ts';
import type { RealKind, RealStream } from './real-streams.ts';

/** Time between two evaluated windows of one stream. */
const WINDOW_EVERY_MS = 500;
/** More postures than a window spans. */
const POSTURES_KEPT = 90;

/**
 * Coordinates of the mean face's points in eye distances from the midpoint of the eyes: x right, y down, z away from
 * the camera.
 */
export type MeanFace = Readonly<Record<string, readonly [number, number, number]>>;

/** 10th, 50th and 90th percentile. */
type Spread = readonly [number, number, number];

/**
 * Measurements of real recordings, by kind: for each feature, the spread over windows of its standard deviation or
 * level.
 */
export interface Measured {
  /** The command that wrote the file. */
  readonly command: string;
  readonly meanFace: MeanFace;
  /** Correlation of the mesh noise of a still image between successive frames at 25 frames/s. */
  readonly noiseCarriedOver: number;
  readonly features: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
}

/** The windows of one stream, one for each half second. */
export function windowsOf(
  faces: readonly { readonly atMs: number; readonly face: FaceAnalysis }[],
): Float32Array[] {
  const postures = faces.map(({ atMs, face }) => motionPosture(atMs, face));
  const windows: Float32Array[] = [];
  let lastMs = -Infinity;
  for (const [i, { atMs }] of postures.entries()) {
    if (atMs - lastMs < WINDOW_EVERY_MS) continue;
    const window = motionWindow(postures.slice(Math.max(0, i + 1 - POSTURES_KEPT), i + 1));
    if (window === null) continue;
    lastMs = atMs;
    windows.push(window);
  }
  return windows;
}

/**
 * Summarises a feature over a window: the mean level, in eye distances, of residuals and noise; the standard deviation
 * of every other feature.
 */
export function summarise(window: Float32Array, feature: number): number {
  const values = Array.from({ length: MOTION_STEPS }, (_, i) => window[i * MOTION_FEATURE_COUNT + feature]);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (/residual|noise/.test(MOTION_FEATURES[feature])) return 0.01 * Math.exp(2 * mean);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Spreads of all features over the windows. */
function spreads(windows: readonly Float32Array[]): Readonly<Record<string, Spread>> {
  return Object.fromEntries(
    MOTION_FEATURES.map((name, feature) => {
      const sorted = windows.map((window) => summarise(window, feature)).toSorted((a, b) => a - b);
      const at = (share: number) => rounded(sorted[Math.floor(share * (sorted.length - 1))] ?? 0, 4);
      return [name, [at(0.1), at(0.5), at(0.9)] as const];
    }),
  );
}

/** All constants of the simulation. `command` records how they were made. */
export function measure(streams: readonly RealStream[], command: string): Measured {
  const kinds = [...new Set(streams.map(({ kind }) => kind))];
  const windows = (kind: RealKind) =>
    streams.filter((stream) => stream.kind === kind).flatMap(({ faces }) => windowsOf(faces));
  return {
    command,
    meanFace: meanFace(streams),
    noiseCarriedOver: rounded(carriedOver(streams.filter(({ kind }) => kind === 'photo-fixed')), 2),
    features: Object.fromEntries(kinds.map((kind) => [kind, spreads(windows(kind))])),
  };
}

const FRONTAL_DEG = 7;

/** Mean over recordings of their frontal frames. It is not made symmetric: each landmark is averaged separately. */
function meanFace(streams: readonly RealStream[]): MeanFace {
  const sums = new Map<number, [number, number, number]>(MOTION_POINTS.map((point) => [point, [0, 0, 0]]));
  let count = 0;
  for (const { faces } of streams) {
    const frontal = faces.find(
      ({ face: { pose } }) => Math.abs(pose.yawDeg) < FRONTAL_DEG && Math.abs(pose.pitchDeg) < FRONTAL_DEG,
    );
    if (frontal === undefined) continue;
    count++;
    const { landmarks } = frontal.face;
    const [left, right] = [leftEyeCentre(landmarks), rightEyeCentre(landmarks)];
    const unit = distance(left, right);
    const centre = midpoint(left, right);
    const angle = eyeLineAngleRad(landmarks);
    const depth = (landmarks[3 * 33 + 2] + landmarks[3 * 263 + 2]) / 2;
    for (const [point, sum] of sums) {
      const x = (landmarks[3 * point] - centre.x) / unit;
      const y = (landmarks[3 * point + 1] - centre.y) / unit;
      sum[0] += x * Math.cos(angle) + y * Math.sin(angle);
      sum[1] += y * Math.cos(angle) - x * Math.sin(angle);
      sum[2] += (landmarks[3 * point + 2] - depth) / unit;
    }
  }
  return Object.fromEntries(
    [...sums].map(([point, [x, y, z]]) => [
      String(point),
      [rounded(x / count, 2), rounded(y / count, 2), rounded(z / count, 2)] as const,
    ]),
  );
}

function carriedOver(streams: readonly RealStream[]): number {
  let products = 0;
  let squares = 0;
  for (const { faces } of streams) {
    const series = MOTION_POINTS.flatMap((point) =>
      [0, 1].map((axis) => faces.map(({ face }) => face.landmarks[3 * point + axis])),
    );
    for (const values of series) {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      for (let i = 1; i < values.length; i++) {
        products += (values[i] - mean) * (values[i - 1] - mean);
        squares += (values[i] - mean) ** 2;
      }
    }
  }
  return products / squares;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
