import type { EyeOpenness, Gaze } from '../../server/vision/analysis.ts';
import { MOTION_POINTS, motionPosture, type MotionPosture } from '../../server/evidence/motion-features.ts';
import { LANDMARK_COUNT } from '../../server/vision/landmarks.ts';

/** The pose and the expression of an invented face at one moment. Lengths in eye distances, angles in radians. */
export interface Moment {
  readonly yaw?: number;
  readonly roll?: number;
  readonly right?: number;
  readonly closer?: number;
  /** How far the lower lip and the chin are lowered. */
  readonly jaw?: number;
  readonly openness?: number;
  readonly gazeRight?: number;
  /** A picture of a face has no depth. */
  readonly flat?: boolean;
}

/** A camera that takes pictures of the face. */
export interface View {
  readonly eyeDistancePx?: number;
  readonly rollRad?: number;
  readonly shiftPx?: number;
  readonly mirrored?: boolean;
}

const LOWER = new Set([17, 84, 314, 14, 87, 317, 152, 199]);

/** A round face: all landmarks on a curved disc, and the few that matter at about their places. */
function place(landmark: number): readonly [number, number, number] {
  const known = PLACES[landmark];
  if (known !== undefined) return known;
  const angle = landmark * 2.4;
  const reach = 0.3 + ((landmark * 37) % 60) / 100;
  const x = reach * Math.cos(angle);
  const y = 0.4 + reach * Math.sin(angle);
  return [x, y, -0.6 + 0.7 * reach * reach];
}

const PLACES: Readonly<Record<number, readonly [number, number, number]>> = {
  33: [-0.72, 0, 0],
  133: [-0.28, 0, -0.08],
  362: [0.28, 0, -0.08],
  263: [0.72, 0, 0],
  4: [0, 0.5, -0.72],
  10: [0, -0.88, -0.25],
  152: [0, 1.76, -0.13],
  234: [-1.08, 0.3, 0.84],
  454: [1.08, 0.3, 0.84],
  61: [-0.4, 1.07, -0.16],
  291: [0.4, 1.07, -0.16],
};

/** The posture of the face at one moment, seen by a distant camera without noise. */
export function postureAt(atMs: number, moment: Moment, view: View = {}): MotionPosture {
  const {
    yaw = 0,
    roll = 0,
    right = 0,
    closer = 0,
    jaw = 0,
    openness = 0.2,
    gazeRight = 0,
    flat = false,
  } = moment;
  const { eyeDistancePx = 80, rollRad = 0, shiftPx = 300, mirrored = false } = view;
  const landmarks = new Float32Array(3 * LANDMARK_COUNT);
  const turned = roll + rollRad;
  for (const landmark of MOTION_POINTS) {
    const [x0, y0, z0] = place(landmark);
    const y1 = y0 + (LOWER.has(landmark) ? jaw : 0);
    const depth = flat ? 0 : z0;
    const x1 = x0 * Math.cos(yaw) - depth * Math.sin(yaw);
    const z1 = x0 * Math.sin(yaw) + depth * Math.cos(yaw);
    const scale = eyeDistancePx * (1 + closer);
    const x = (x1 * Math.cos(turned) - y1 * Math.sin(turned) + right) * scale;
    landmarks[3 * landmark] = shiftPx + (mirrored ? -x : x);
    landmarks[3 * landmark + 1] = shiftPx + (x1 * Math.sin(turned) + y1 * Math.cos(turned)) * scale;
    landmarks[3 * landmark + 2] = z1 * scale;
  }
  const eyes: EyeOpenness = { imageLeft: openness, imageRight: openness };
  const gaze: Gaze = { right: mirrored ? -gazeRight : gazeRight, down: 0 };
  return motionPosture(atMs, { landmarks, eyes, gaze });
}

/** The postures of a movement over `durationMs`, from `fromMs` on. */
export function postures(
  course: (seconds: number) => Moment,
  {
    view = {},
    framesPerSecond = 30,
    durationMs = 2_400,
    fromMs = 0,
  }: {
    readonly view?: View;
    readonly framesPerSecond?: number;
    readonly durationMs?: number;
    readonly fromMs?: number;
  } = {},
): MotionPosture[] {
  const count = Math.round((durationMs * framesPerSecond) / 1000) + 1;
  return Array.from({ length: count }, (_, i) => {
    const atMs = (i * durationMs) / (count - 1);
    return postureAt(fromMs + atMs, course(atMs / 1000), view);
  });
}
