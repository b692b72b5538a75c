import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { FaceAnalysis } from '../vision/analysis.ts';
import { fitSimilarity, transform, type Point } from '../vision/geometry.ts';
import { LANDMARK } from '../vision/landmarks.ts';
import { measureMouth } from '../vision/mouth.ts';
import { fitAffineCamera, fitPlane, type PointMap } from '../vision/point-maps.ts';
import { median } from './sample.ts';

/** The steps of a window, and the time between two. A window is 2.07 s long, whatever the camera's frame rate. */
export const MOTION_STEPS = MODEL_MANIFEST.motion.input.steps;
const MOTION_STEP_MS = 1000 / 15;
export const MOTION_SPAN_MS = (MOTION_STEPS - 1) * MOTION_STEP_MS;

/** There is no interpolation between frames that are further apart. */
const MAX_GAP_MS = 420;
const MIN_FRAMES = 8;

/** Landmarks that only the skull moves: forehead, nose, eye corners, temples, cheek bones. */
const STIFF_POINTS: readonly number[] = [
  10, 151, 9, 168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 33, 133, 263, 362, 127, 356, 234, 454, 116, 345, 109,
  338,
];
const BROW_POINTS: readonly number[] = [70, 63, 105, 66, 107, 300, 293, 334, 296, 336];
/** Landmarks that expression and speech move, without the brows: lips, cheeks, jaw. */
const SOFT_POINTS: readonly number[] = [
  61, 291, 0, 17, 37, 267, 84, 314, 13, 14, 82, 87, 312, 317, 78, 308, 50, 280, 205, 425, 152, 172, 397, 136,
  365, 199,
];

/** The landmarks of a posture, in its order: the stiff ones first. */
export const MOTION_POINTS: readonly number[] = [...STIFF_POINTS, ...BROW_POINTS, ...SOFT_POINTS];
/** How many of them are stiff. */
export const MOTION_STIFF_COUNT = STIFF_POINTS.length;
const COUNT = MOTION_POINTS.length;
const STIFF = STIFF_POINTS.map((_, i) => i);
const BROWS = BROW_POINTS.map((_, i) => STIFF_POINTS.length + i);
const SOFT = MOTION_POINTS.map((_, i) => i).slice(STIFF_POINTS.length);
const ALL = MOTION_POINTS.map((_, i) => i);
const at = (landmark: number) => MOTION_POINTS.indexOf(landmark);
const EYES = {
  left: [at(LANDMARK.leftEyeOuter), at(LANDMARK.leftEyeInner)],
  right: [at(LANDMARK.rightEyeOuter), at(LANDMARK.rightEyeInner)],
} as const;
const AXES = {
  across: [at(LANDMARK.cheekEdgeLeft), at(LANDMARK.cheekEdgeRight)],
  down: [at(LANDMARK.foreheadTop), at(LANDMARK.chin)],
} as const;

/** Where the values stand that follow the points of a posture. */
const SCALAR = {
  openness: 3 * COUNT,
  gazeRight: 3 * COUNT + 1,
  gazeDown: 3 * COUNT + 2,
  mouthOpening: 3 * COUNT + 3,
  mouthWidth: 3 * COUNT + 4,
  cornerLift: 3 * COUNT + 5,
} as const;
const LENGTH = 3 * COUNT + 6;

/** What the motion cue keeps of one face. It is much smaller than the mesh. */
export interface MotionPosture {
  /** When the picture was taken. */
  readonly atMs: number;
  /** `MOTION_POINTS` as x, y, z in pixels, then `SCALAR`. */
  readonly values: Float32Array;
}

/** Reduces one face to its posture. */
export function motionPosture(
  atMs: number,
  { landmarks, eyes, gaze }: Pick<FaceAnalysis, 'landmarks' | 'eyes' | 'gaze'>,
): MotionPosture {
  const values = new Float32Array(LENGTH);
  for (const [i, landmark] of MOTION_POINTS.entries()) {
    for (let axis = 0; axis < 3; axis++) values[3 * i + axis] = landmarks[3 * landmark + axis];
  }
  const mouth = measureMouth(landmarks);
  values[SCALAR.openness] = (eyes.imageLeft + eyes.imageRight) / 2;
  values[SCALAR.gazeRight] = gaze?.right ?? 0;
  values[SCALAR.gazeDown] = gaze?.down ?? 0;
  values[SCALAR.mouthOpening] = mouth.opening;
  values[SCALAR.mouthWidth] = mouth.width;
  values[SCALAR.cornerLift] = mouth.cornerLift;
  return { atMs, values };
}

/**
 * The features of each step of a window. Deviations are from the window's own median. Lengths are over the window's
 * distance between the eyes. Features whose direction a mirrored picture reverses come without their sign, so that
 * mirroring changes nothing.
 */
export const MOTION_FEATURES = [
  'openness',
  'gaze-aside',
  'gaze-down',
  'mouth-opening',
  'mouth-width',
  'corner-lift',
  'brow-lift',
  'yaw',
  'pitch',
  'roll',
  'scale',
  'speed',
  'soft-residual',
  'stiff-residual',
  'plane-residual',
  'step-residual',
  'noise',
] as const;
export const MOTION_FEATURE_COUNT = MOTION_FEATURES.length;

/**
 * The window that ends with the newest posture: `MOTION_STEPS` × `MOTION_FEATURE_COUNT` numbers of about ±1, step by
 * step. `postures` are in order of time. Null when they do not cover the window, are too few, too far apart, or
 * degenerate.
 */
export function motionWindow(postures: readonly MotionPosture[]): Float32Array | null {
  const steps = resample(postures);
  if (steps === null || !steps.every(isFace)) return null;
  const unit = median(steps.map(eyeDistance));
  const reference = referenceShape(steps);
  const fits = steps.map((step) => describeStep(reference, step, unit));
  const known = fits.filter((fit) => fit !== null);
  if (known.length < fits.length) return null;

  const noise = noiseOf(known);
  const middle = (pick: (step: Float32Array) => number) => median(steps.map(pick));
  const scalar = (name: keyof typeof SCALAR) => middle((step) => step[SCALAR[name]]);
  const rest = {
    openness: Math.max(0.05, scalar('openness')),
    gazeRight: scalar('gazeRight'),
    gazeDown: scalar('gazeDown'),
    mouthOpening: scalar('mouthOpening'),
    mouthWidth: Math.max(0.05, scalar('mouthWidth')),
    cornerLift: scalar('cornerLift'),
    brow: median(known.map(({ brow }) => brow)),
    yaw: middle((step) => tilt(step, AXES.across)),
    pitch: middle((step) => tilt(step, AXES.down)),
    roll: middle(rollOf),
    scale: middle((step) => Math.log(eyeDistance(step))),
  };
  const out = new Float32Array(MOTION_STEPS * MOTION_FEATURE_COUNT);
  for (const [i, step] of steps.entries()) {
    const before = steps[Math.max(0, i - 1)];
    const { soft, stiff, plane, brow } = known[i];
    const row = [
      2 * (step[SCALAR.openness] / rest.openness - 1),
      10 * Math.abs(step[SCALAR.gazeRight] - rest.gazeRight),
      10 * (step[SCALAR.gazeDown] - rest.gazeDown),
      5 * (step[SCALAR.mouthOpening] - rest.mouthOpening),
      10 * (step[SCALAR.mouthWidth] / rest.mouthWidth - 1),
      20 * (step[SCALAR.cornerLift] - rest.cornerLift),
      20 * (brow - rest.brow),
      4 * Math.abs(tilt(step, AXES.across) - rest.yaw),
      4 * (tilt(step, AXES.down) - rest.pitch),
      4 * Math.abs(rollOf(step) - rest.roll),
      5 * (Math.log(eyeDistance(step)) - rest.scale),
      (5 * travelled(before, step)) / unit,
      logarithmic(soft),
      logarithmic(stiff),
      logarithmic(plane),
      logarithmic(i === 0 ? stepResidual(step, steps[1], unit) : stepResidual(before, step, unit)),
      logarithmic(noise),
    ];
    for (const [feature, value] of row.entries())
      out[i * MOTION_FEATURE_COUNT + feature] = Number.isFinite(value) ? Math.min(4, Math.max(-4, value)) : 0;
  }
  return out;
}

/** Residuals span two decades: .003 of the eye distance is the noise of a still mesh, .1 a wide open mouth. */
function logarithmic(residual: number): number {
  return Math.log(Math.max(residual, 5e-4) / 0.01) / 2;
}

function resample(postures: readonly MotionPosture[]): Float32Array[] | null {
  const last = postures.at(-1);
  if (last === undefined) return null;
  const startMs = last.atMs - MOTION_SPAN_MS;
  let from = postures.findLastIndex((posture) => posture.atMs <= startMs);
  if (from < 0 || postures.length - from < MIN_FRAMES) return null;
  for (let i = from + 1; i < postures.length; i++) {
    const gapMs = postures[i].atMs - postures[i - 1].atMs;
    if (gapMs > MAX_GAP_MS || gapMs < 0) return null;
  }
  const steps: Float32Array[] = [];
  for (let i = 0; i < MOTION_STEPS; i++) {
    const atMs = i === MOTION_STEPS - 1 ? last.atMs : startMs + i * MOTION_STEP_MS;
    while (from + 2 < postures.length && postures[from + 1].atMs < atMs) from++;
    const a = postures[from];
    const b = postures[Math.min(from + 1, postures.length - 1)];
    const share = b.atMs > a.atMs ? (atMs - a.atMs) / (b.atMs - a.atMs) : 1;
    steps.push(a.values.map((value, k) => value + (b.values[k] - value) * share));
  }
  return steps;
}

function isFace(step: Float32Array): boolean {
  return eyeDistance(step) > 0 && step.every(Number.isFinite);
}

function point(step: Float32Array, index: number): Point {
  return { x: step[3 * index], y: step[3 * index + 1] };
}

function apart(step: Float32Array, a: number, b: number): readonly [number, number, number] {
  return [step[3 * b] - step[3 * a], step[3 * b + 1] - step[3 * a + 1], step[3 * b + 2] - step[3 * a + 2]];
}

/** Distance between the eye centres in space, so that a turn of the head does not shorten it. */
function eyeDistance(step: Float32Array): number {
  const [a, b] = [apart(step, EYES.left[0], EYES.right[0]), apart(step, EYES.left[1], EYES.right[1])];
  return Math.hypot(a[0] + b[0], a[1] + b[1], a[2] + b[2]) / 2;
}

/**
 * The angle between a line of the face and the picture's plane, radians: yaw for the line across, pitch for the one
 * down.
 */
function tilt(step: Float32Array, [from, to]: readonly [number, number]): number {
  const [x, y, z] = apart(step, from, to);
  return Math.atan2(z, Math.hypot(x, y));
}

function rollOf(step: Float32Array): number {
  const [x, y] = apart(step, EYES.left[0], EYES.right[0]);
  return Math.atan2(y, x);
}

function travelled(before: Float32Array, after: Float32Array): number {
  let x = 0;
  let y = 0;
  for (const i of STIFF) {
    x += after[3 * i] - before[3 * i];
    y += after[3 * i + 1] - before[3 * i + 1];
  }
  return Math.hypot(x, y) / STIFF.length;
}

/** The mean shape of all steps, after each was aligned with the last by a similarity transformation. */
function referenceShape(steps: readonly Float32Array[]): Float32Array {
  const target = steps[steps.length - 1];
  const goal = STIFF.map((i) => point(target, i));
  const mean = new Float32Array(3 * COUNT);
  for (const step of steps) {
    const matrix = fitSimilarity(
      STIFF.map((i) => point(step, i)),
      goal,
    );
    const scale = Math.hypot(matrix[0], matrix[3]);
    for (let i = 0; i < COUNT; i++) {
      const moved = transform(matrix, step[3 * i], step[3 * i + 1]);
      mean[3 * i] += moved.x / steps.length;
      mean[3 * i + 1] += moved.y / steps.length;
      mean[3 * i + 2] += (step[3 * i + 2] * scale) / steps.length;
    }
  }
  return mean;
}

interface StepFit {
  readonly soft: number;
  readonly stiff: number;
  readonly plane: number;
  readonly brow: number;
  /** The residual of each stiff point, x and y. */
  readonly leftOver: Float32Array;
}

/** What the movement of a rigid head, and of a plane, leaves unexplained of one step, over the eye distance. */
function describeStep(reference: Float32Array, step: Float32Array, unit: number): StepFit | null {
  const camera = fitAffineCamera(reference, step, STIFF);
  const plane = fitPlane(reference, step, ALL);
  if (camera === null || plane === null) return null;
  const leftOver = new Float32Array(2 * STIFF.length);
  for (const i of STIFF) {
    const expected = camera(reference, i);
    leftOver[2 * i] = (step[3 * i] - expected.x) / unit;
    leftOver[2 * i + 1] = (step[3 * i + 1] - expected.y) / unit;
  }
  const [downX, downY] = apart(step, ...AXES.down);
  const height = Math.hypot(downX, downY) || 1;
  const brow =
    BROWS.reduce((sum, i) => {
      const expected = camera(reference, i);
      return sum + ((expected.x - step[3 * i]) * downX + (expected.y - step[3 * i + 1]) * downY) / height;
    }, 0) /
    BROWS.length /
    unit;
  return {
    soft: rms(camera, reference, step, SOFT) / unit,
    stiff: rms(camera, reference, step, STIFF) / unit,
    plane: rms(plane, reference, step, ALL) / unit,
    brow,
    leftOver,
  };
}

function stepResidual(before: Float32Array, after: Float32Array, unit: number): number {
  const camera = fitAffineCamera(before, after, STIFF);
  return camera === null ? 0 : rms(camera, before, after, SOFT) / unit;
}

function rms(map: PointMap, from: Float32Array, to: Float32Array, points: readonly number[]): number {
  const squares = points.reduce((sum, i) => {
    const expected = map(from, i);
    return sum + (to[3 * i] - expected.x) ** 2 + (to[3 * i + 1] - expected.y) ** 2;
  }, 0);
  return Math.sqrt(squares / points.length);
}

/** The noise of the mesh: second differences of the residuals of the stiff points. */
function noiseOf(fits: readonly StepFit[]): number {
  let squares = 0;
  for (let i = 1; i + 1 < fits.length; i++) {
    const [a, b, c] = [fits[i - 1].leftOver, fits[i].leftOver, fits[i + 1].leftOver];
    for (let k = 0; k < b.length; k++) squares += (a[k] - 2 * b[k] + c[k]) ** 2;
  }
  return Math.sqrt(squares / (fits.length - 2) / STIFF.length / 6);
}
