import {
  MOTION_SPAN_MS,
  motionWindow,
  type MotionPosture,
} from '../../../server/evidence/motion-features.ts';
import { acts, blinks, nothing, saccades, speech, scaled, sumOf } from './courses.ts';
import { drawFace, EXPRESSIONS, expressed, NECK, type Expression, type Face } from './face.ts';
import { drawHold, type HoldStyle } from './hold.ts';
import type { MeanFace } from './measure.ts';
import { MeshView } from './mesh-view.ts';
import type { Hold } from './paper.ts';
import { type Course, type Draws, wander } from './random.ts';

/** Kinds of simulated window, with their probabilities. Living kinds come first. */
const SIMULATED = {
  quiet: 0.21,
  talking: 0.12,
  acting: 0.16,
  lively: 0.05,
  fixed: 0.04,
  'in-hand': 0.12,
  waved: 0.12,
  bent: 0.07,
  zoomed: 0.08,
  frozen: 0.03,
  looped: 0.04,
} as const;
export type SimulatedKind = keyof typeof SIMULATED;
const KINDS = Object.keys(SIMULATED) as SimulatedKind[];
type LivingKind = 'quiet' | 'talking' | 'acting' | 'lively';

/** Whether a kind of window shows a living face. */
export function isSimulatedLiving(kind: SimulatedKind): kind is LivingKind {
  return kind === 'quiet' || kind === 'talking' || kind === 'acting' || kind === 'lively';
}

export interface SimulatedWindow {
  readonly kind: SimulatedKind;
  readonly window: Float32Array;
}

const BEFORE_S = -0.3;
const AFTER_S = MOTION_SPAN_MS / 1000;

/** Draws one window of a random kind. */
export function simulateWindow(mean: MeanFace, draws: Draws): SimulatedWindow {
  const kind = drawKind(draws);
  const face = drawFace(mean, draws);
  const times = frameTimes(draws);
  let window: Float32Array | null;
  if (kind === 'frozen' || kind === 'looped') window = motionWindow(repeated(kind, face, times, draws));
  else window = motionWindow(postures(kind, face, times, draws));
  if (window === null) throw new Error(`The simulated ${kind} window is not covered.`);
  return { kind, window };
}

function drawKind(draws: Draws): SimulatedKind {
  let rest = draws.unit() * KINDS.reduce((sum, kind) => sum + SIMULATED[kind], 0);
  for (const kind of KINDS) {
    rest -= SIMULATED[kind];
    if (rest < 0) return kind;
  }
  return 'quiet';
}

/** Times in seconds at which a camera of 6 to 30 frames/s takes its images. The last one is the end of the window. */
function frameTimes(draws: Draws): number[] {
  const everyS = 1 / draws.logBetween(6, 30);
  const jitter = draws.pick([0, 0.1, 0.3]);
  const count = Math.ceil((AFTER_S - BEFORE_S) / everyS) + 1;
  return Array.from({ length: count }, (_, i) => {
    const late = i === 0 ? 0 : jitter * draws.between(-0.5, 0.5);
    return AFTER_S - (i + late) * everyS;
  }).toReversed();
}

function postures(
  kind: LivingKind | HoldStyle,
  face: Face,
  times: readonly number[],
  draws: Draws,
): MotionPosture[] {
  const view = new MeshView(draws);
  const at = isSimulatedLiving(kind) ? living(kind, face, view, draws) : flat(kind, face, view, draws);
  return times.map(at);
}

/** A frozen stream, or a loop of a few images. */
function repeated(
  kind: 'frozen' | 'looped',
  face: Face,
  times: readonly number[],
  draws: Draws,
): MotionPosture[] {
  const original = postures(draws.pick(['quiet', 'talking', 'acting', 'in-hand']), face, times, draws);
  const period = kind === 'frozen' ? 1 : Math.max(2, Math.round(draws.between(0.1, 0.5) * times.length));
  const from = kind === 'frozen' ? Math.floor(draws.between(0, 0.4) * times.length) : 0;
  return original.map(({ atMs }, i) => ({
    atMs,
    values: original[i < from ? i : from + ((i - from) % period)].values,
  }));
}

interface Manner {
  readonly blinksPerSecond: number;
  readonly gaze: number;
  readonly sway: number;
  readonly speech: number;
  readonly expression: number;
  readonly acts: number;
}

function drawManner(kind: LivingKind, draws: Draws): Manner {
  const often = draws.logBetween(0.08, 0.9);
  switch (kind) {
    case 'quiet':
      return {
        blinksPerSecond: draws.chance(0.4) ? 0 : often,
        gaze: draws.logBetween(0.001, 0.03),
        sway: draws.logBetween(0.04, 1),
        speech: 0,
        expression: draws.logBetween(0.005, 0.15),
        acts: 0,
      };
    case 'talking':
      return {
        blinksPerSecond: often,
        gaze: draws.logBetween(0.005, 0.06),
        sway: draws.logBetween(0.3, 2.5),
        speech: draws.between(0.2, 1),
        expression: draws.logBetween(0.1, 0.6),
        acts: 0,
      };
    case 'acting':
      return {
        blinksPerSecond: often,
        gaze: draws.logBetween(0.004, 0.06),
        sway: draws.logBetween(0.2, 1.5),
        speech: 0,
        expression: draws.logBetween(0.03, 0.3),
        acts: 1,
      };
    case 'lively':
      return {
        blinksPerSecond: often,
        gaze: draws.logBetween(0.01, 0.08),
        sway: draws.logBetween(0.5, 4),
        speech: draws.chance(0.5) ? draws.between(0.2, 1) : 0,
        expression: draws.logBetween(0.3, 1),
        acts: draws.chance(0.5) ? 1 : 0,
      };
  }
}

/**
 * A person: sway, tremor, saccades, blinks, speech, expression, and requested movements. The camera may be hand-held.
 */
function living(
  kind: LivingKind,
  face: Face,
  view: MeshView,
  draws: Draws,
): (seconds: number) => MotionPosture {
  const manner = drawManner(kind, draws);
  const swaying = (amplitude: number) =>
    sumOf(wander(draws, amplitude * manner.sway, 0.1, 1), wander(draws, 0.03 * amplitude, 4, 9));
  const doing = new Set<string>();
  if (manner.acts > 0)
    doing.add(draws.pick(['yaw', 'yaw', 'pitch', 'toward', 'smile', 'jaw', 'brows', 'roll']));
  const asked = (what: string, amplitude: number) =>
    doing.has(what) ? acts(draws, amplitude * (draws.chance(0.5) ? 1 : -1), BEFORE_S, AFTER_S) : nothing;
  const askedUp = (what: string, amplitude: number) =>
    doing.has(what) ? acts(draws, amplitude, BEFORE_S, AFTER_S) : nothing;
  const yaw = sumOf(swaying(0.04), asked('yaw', 0.6));
  const pitch = sumOf(swaying(0.035), asked('pitch', 0.35));
  const roll = sumOf(swaying(0.025), asked('roll', 0.3));
  const right = swaying(0.12);
  const down = swaying(0.08);
  const away = sumOf(swaying(0.25), askedUp('toward', -3));
  const resting: Partial<Record<Expression, number>> = {};
  for (const expression of EXPRESSIONS) resting[expression] = draws.chance(0.3) ? draws.between(0, 0.4) : 0;
  const expressions = Object.fromEntries(
    EXPRESSIONS.map((expression) => {
      const own = wander(draws, manner.expression * draws.between(0.1, 0.6), 0.2, 2);
      const spoken =
        manner.speech === 0
          ? nothing
          : expression === 'jaw'
            ? speech(draws, 0.8 * manner.speech)
            : expression === 'pucker' || expression === 'smile'
              ? wander(draws, 0.5 * manner.speech, 1, 5)
              : nothing;
      return [expression, sumOf(() => resting[expression] ?? 0, own, spoken, askedUp(expression, 1))];
    }),
  ) as Record<Expression, Course>;
  const blink = blinks(draws, manner.blinksPerSecond, BEFORE_S, AFTER_S);
  const lidDepth = draws.between(0.35, 0.65);
  const lids = wander(draws, draws.logBetween(0.01, 0.08), 0.2, 3);
  const gazeRight = saccades(draws, manner.gaze, BEFORE_S, AFTER_S);
  const gazeDown = saccades(draws, 0.6 * manner.gaze, BEFORE_S, AFTER_S);
  // The eyes stay on the screen while the head turns.
  const compensation = draws.between(0.05, 0.25);
  const camera = draws.chance(0.4) ? handHeldCamera(draws) : null;
  const poseYaw = draws.between(-0.15, 0.15);
  const posePitch = draws.between(-0.25, 0.25);
  return (seconds) => {
    const state = Object.fromEntries(
      EXPRESSIONS.map((expression) => [expression, expressions[expression](seconds)]),
    ) as Record<Expression, number>;
    const shape = expressed(face, state);
    const turn = { yaw: yaw(seconds) + poseYaw, pitch: pitch(seconds) + posePitch, roll: roll(seconds) };
    const shift = { x: right(seconds), y: down(seconds), z: away(seconds) };
    const down2 = gazeDown(seconds) - compensation * 0.5 * pitch(seconds);
    return view.look(seconds, {
      shape,
      turn,
      shift,
      pivot: NECK,
      camera: camera?.(seconds) ?? null,
      lids:
        (1 - lidDepth * Math.min(1, blink(seconds))) * (1 + lids(seconds)) * (1 - 1.5 * Math.max(0, down2)),
      gazeRight: gazeRight(seconds) - compensation * yaw(seconds),
      gazeDown: down2,
      flatness: 0,
      bend: 0,
    });
  };
}

/** A sheet. The face on it does not move by itself. */
function flat(
  style: HoldStyle,
  face: Face,
  view: MeshView,
  draws: Draws,
): (seconds: number) => MotionPosture {
  const state = Object.fromEntries(
    EXPRESSIONS.map((expression) => [expression, draws.chance(0.4) ? draws.between(0, 0.6) : 0]),
  ) as Record<Expression, number>;
  const shape = expressed(face, state);
  const hold = drawHold(style, draws);
  // A hand may move a photo as fast and as far as the real prints move.
  const vigour = style === 'fixed' ? 0 : draws.logBetween(0.3, 4);
  const answer = style === 'waved' && draws.chance(0.4) ? acts(draws, 0.6, BEFORE_S, AFTER_S) : nothing;
  const sheetWidth = draws.between(4, 9);
  const start = hold(0);
  const over = (now: Hold, key: keyof Hold) => start[key] + vigour * (now[key] - start[key]);
  const camera = draws.chance(0.2) ? handHeldCamera(draws) : null;
  return (seconds) => {
    const now = hold(seconds);
    return view.look(seconds, {
      shape,
      turn: {
        yaw: over(now, 'yaw') + answer(seconds),
        pitch: over(now, 'pitch'),
        roll: over(now, 'roll'),
      },
      shift: {
        x: sheetWidth * over(now, 'right'),
        y: sheetWidth * over(now, 'down'),
        z: sheetWidth * over(now, 'away'),
      },
      pivot: { x: 0, y: 0.6, z: 0 },
      camera: camera?.(seconds) ?? null,
      lids: 1,
      gazeRight: 0,
      gazeDown: 0,
      flatness: 1,
      bend: over(now, 'bend') / sheetWidth,
    });
  };
}

/** A hand-held phone: the whole image shifts and rolls. */
function handHeldCamera(draws: Draws): (seconds: number) => { x: number; y: number; roll: number } {
  const strength = draws.logBetween(0.3, 3);
  const x = scaled(strength, wander(draws, 0.12, 0.3, 4));
  const y = scaled(strength, wander(draws, 0.12, 0.3, 4));
  const roll = scaled(strength, wander(draws, 0.03, 0.3, 4));
  return (seconds) => ({ x: x(seconds), y: y(seconds), roll: roll(seconds) });
}
