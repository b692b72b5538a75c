import { CHALLENGE_KINDS, type ChallengeKind } from '../../protocol/status.ts';
import { HEAD_AT_REST, type HeadState } from './head-state.ts';
import { drawAt, hash32, type Draw } from '../seeded.ts';

/** What a puppet can be told to do: all that a challenge can ask for. */
export const ACTIONS = CHALLENGE_KINDS;
export type Action = ChallengeKind;

/** One action with its timing: it rises from `startMs`, is held, and is over at `endMs`. */
export interface Performance {
  readonly action: Action;
  readonly startMs: number;
  readonly riseMs: number;
  readonly holdMs: number;
  readonly fallMs: number;
  readonly endMs: number;
  /** 0..1, about 1: no two performances are alike. */
  readonly strength: number;
}

type Range = readonly [number, number];

interface Course {
  readonly riseMs: Range;
  readonly holdMs: Range;
  readonly fallMs: Range;
  /** The head's state at full strength. */
  readonly peak: Partial<HeadState>;
}

const TURN: Omit<Course, 'peak'> = { riseMs: [420, 620], holdMs: [380, 620], fallMs: [380, 560] };
const FACE: Omit<Course, 'peak'> = { riseMs: [220, 360], holdMs: [600, 900], fallMs: [260, 420] };

/** Blinks on demand last 0.25–0.4 s from open to open; head turns take about half a second each way. */
const COURSES: Readonly<Record<Action, Course>> = {
  blink: { riseMs: [70, 100], holdMs: [70, 110], fallMs: [110, 160], peak: { blink: 1 } },
  'turn-left': { ...TURN, peak: { yawDeg: 35 } },
  'turn-right': { ...TURN, peak: { yawDeg: -36 } },
  'look-up': { ...TURN, peak: { pitchDeg: -18 } },
  'look-down': { ...TURN, peak: { pitchDeg: 17 } },
  smile: { ...FACE, peak: { smile: 1 } },
  'open-mouth': { ...FACE, peak: { openMouth: 1 } },
  'come-closer': { ...TURN, peak: { towardPx: 115, downPx: 6 } },
};

/** People take this long to read, understand and begin. */
const ONSET_MS: Range = [320, 650];
const BLINK_EVERY_MS = 4_200;

/** Plans an action asked for at `atMs`, to begin no earlier than `freeFromMs`. */
export function planPerformance(action: Action, atMs: number, freeFromMs: number, draw: Draw): Performance {
  const startMs = Math.max(atMs + within(ONSET_MS, draw()), freeFromMs);
  return performanceFrom(action, startMs, draw);
}

function performanceFrom(action: Action, startMs: number, draw: Draw): Performance {
  const course = COURSES[action];
  const riseMs = within(course.riseMs, draw());
  const holdMs = within(course.holdMs, draw());
  const fallMs = within(course.fallMs, draw());
  const endMs = startMs + riseMs + holdMs + fallMs;
  return { action, startMs, riseMs, holdMs, fallMs, endMs, strength: 0.94 + 0.06 * draw() };
}

/** The spontaneous blink nearest to `atMs`: one in each 4.2 s at an irregular time, none for some. */
export function spontaneousBlink(seed: number, atMs: number): Performance | null {
  const slot = Math.floor(atMs / BLINK_EVERY_MS);
  let count = 0;
  const draw = () => drawAt(seed, slot, Math.floor(slot / 2 ** 32), count++);
  if (draw() < 0.15) return null;
  return performanceFrom('blink', (slot + 0.1 + 0.75 * draw()) * BLINK_EVERY_MS, draw);
}

/** How far a performance has got: 0 at rest, 1 at its peak, along a minimum-jerk course (Flash and Hogan 1985). */
export function progressOf({ startMs, riseMs, holdMs, fallMs }: Performance, atMs: number): number {
  const sinceStart = atMs - startMs;
  const beforeEnd = riseMs + holdMs + fallMs - sinceStart;
  return minimumJerk(Math.min(1, sinceStart / riseMs, beforeEnd / fallMs));
}

const STATE_KEYS = [
  'yawDeg',
  'pitchDeg',
  'rollDeg',
  'rightPx',
  'downPx',
  'towardPx',
  'blink',
  'smile',
  'openMouth',
] as const satisfies readonly (keyof HeadState)[];

/**
 * The head's state from what it performs and the sway of a person who tries to hold still, times `swayShare`.
 * `pixelsPerUnit` is 1 in a picture 640 pixels wide.
 */
export function headStateAt(
  performances: Iterable<Performance>,
  swaySeed: number,
  atMs: number,
  pixelsPerUnit: number,
  swayShare = 1,
): HeadState {
  const state: { -readonly [Key in keyof HeadState]: HeadState[Key] } = { ...HEAD_AT_REST };
  for (const performance of performances) {
    const amount = progressOf(performance, atMs) * performance.strength;
    if (amount === 0) continue;
    const { peak } = COURSES[performance.action];
    for (const key of STATE_KEYS) {
      if (peak[key] === undefined) continue;
      const unit = key.endsWith('Px') ? pixelsPerUnit : 1;
      state[key] += amount * unit * peak[key];
    }
  }
  state.blink = Math.min(1, state.blink);
  state.yawDeg += sway(swaySeed, 0, atMs, 1.3 * swayShare);
  state.pitchDeg += sway(swaySeed, 1, atMs, 0.9 * swayShare);
  state.rollDeg += sway(swaySeed, 2, atMs, 0.8 * swayShare);
  state.rightPx += sway(swaySeed, 3, atMs, 3 * swayShare * pixelsPerUnit);
  state.downPx += sway(swaySeed, 4, atMs, 2 * swayShare * pixelsPerUnit);
  state.towardPx += sway(swaySeed, 5, atMs, 5 * swayShare * pixelsPerUnit);
  return state;
}

/** Smooth wandering within ±`amplitude`: three slow waves of 0.1 to 0.9 Hz. */
export function sway(seed: number, channel: number, atMs: number, amplitude: number): number {
  let sum = 0;
  for (const [wave, [slowHz, fastHz, share]] of WAVES.entries()) {
    const base = hash32(seed, channel, wave);
    const hz = slowHz + (fastHz - slowHz) * drawAt(base, 1);
    sum += share * Math.sin(2 * Math.PI * ((hz * atMs) / 1000 + drawAt(base, 2)));
  }
  return sum * amplitude;
}

const WAVES = [
  [0.1, 0.2, 0.55],
  [0.25, 0.45, 0.3],
  [0.55, 0.9, 0.15],
] as const;

function minimumJerk(share: number): number {
  const t = Math.min(1, Math.max(0, share));
  return t * t * t * (10 + t * (6 * t - 15));
}

function within([low, high]: Range, share: number): number {
  return low + (high - low) * share;
}
