import type { BlinkPolicy } from '../policy/shape.ts';
import type { Evidence } from './evidence.ts';
import { faceOf, median, type Sample } from './sample.ts';

export interface Blink {
  /** First frame with lids down, and the first with lids up again. */
  readonly startMs: number;
  readonly endMs: number;
}

interface OpenFrame {
  readonly atMs: number;
  readonly imageLeft: number;
  readonly imageRight: number;
  readonly pitchDeg: number;
}

interface Dip {
  /** The last frame before the lids went down. */
  readonly openBeforeMs: number;
  readonly startMs: number;
  readonly lastMs: number;
  readonly frames: number;
  /** Deepest ratio to the baseline, of the eye that closed less. */
  readonly deepest: number;
  /** False once anything but lids could explain the dip. */
  readonly plausible: boolean;
}

export interface BlinkState {
  /** Frames of about the last second with both eyes open: what closing is measured against. */
  readonly recent: readonly OpenFrame[];
  /** The last frame in which both eyes could be judged, joined to the ones before it; null when there is none. */
  readonly lastAtMs: number | null;
  readonly dip: Dip | null;
  readonly eyesClosed: boolean;
  readonly count: number;
  readonly latest: Blink | null;
  /** Time in which both eyes could be judged, and the part of it at a frame rate that misses no blink. */
  readonly seenMs: number;
  readonly watchedMs: number;
  readonly frames: number;
}

export const initialBlink: BlinkState = {
  recent: [],
  lastAtMs: null,
  dip: null,
  eyesClosed: false,
  count: 0,
  latest: null,
  seenMs: 0,
  watchedMs: 0,
  frames: 0,
};

/**
 * Folds one frame. A blink is a dip of both eyes' aspect ratio below `closedRatio` of its own rolling median,
 * for 50 to 500 ms, with the head facing the camera and its pitch at rest: open eyes differ too much between
 * people for any absolute bar, and turned or nodding heads fake dips. `trackBroken` says that this frame cannot
 * be joined to the ones before it: nothing then carries over but what was already counted.
 */
export function foldBlink(
  state: BlinkState,
  sample: Sample,
  trackBroken: boolean,
  policy: BlinkPolicy,
): BlinkState {
  const face = faceOf(sample);
  const measurable = face !== null && Math.abs(face.pose.yawDeg) < policy.maxYawDeg;
  if (trackBroken || !measurable)
    return { ...state, recent: [], lastAtMs: null, dip: null, eyesClosed: false };

  const { atMs } = sample;
  const current: OpenFrame = { atMs, ...face.eyes, pitchDeg: face.pose.pitchDeg };
  const recent = state.recent.filter((frame) => frame.atMs > atMs - policy.baselineMs);
  const gapMs = state.lastAtMs === null ? 0 : atMs - state.lastAtMs;
  const next: BlinkState = {
    ...state,
    recent: [...recent, current],
    lastAtMs: atMs,
    frames: state.frames + 1,
    seenMs: state.seenMs + gapMs,
    watchedMs: state.watchedMs + (gapMs <= 1000 / policy.minFramesPerSecond ? gapMs : 0),
    eyesClosed: false,
  };
  if (recent.length < policy.minBaselineFrames || state.lastAtMs === null) return { ...next, dip: null };

  const ratio = Math.max(
    current.imageLeft / median(recent.map((frame) => frame.imageLeft)),
    current.imageRight / median(recent.map((frame) => frame.imageRight)),
  );
  const atRest =
    Math.abs(current.pitchDeg - median(recent.map((frame) => frame.pitchDeg))) <= policy.maxPitchChangeDeg;
  const noGap = gapMs <= policy.maxFrameGapMs;

  if (ratio < policy.closedRatio) {
    const dip = state.dip ?? {
      openBeforeMs: state.lastAtMs,
      startMs: atMs,
      frames: 0,
      deepest: ratio,
      plausible: true,
    };
    // Closed frames stay out of the baseline, or lids held down would soon count as open.
    return {
      ...next,
      recent,
      eyesClosed: true,
      dip: {
        ...dip,
        lastMs: atMs,
        frames: dip.frames + 1,
        deepest: Math.min(dip.deepest, ratio),
        plausible: dip.plausible && atRest && noGap,
      },
    };
  }
  if (state.dip === null || !isBlink(state.dip, atMs, atRest && noGap, policy)) return { ...next, dip: null };
  return {
    ...next,
    dip: null,
    count: state.count + 1,
    latest: { startMs: state.dip.startMs, endMs: atMs },
  };
}

/** The true length lies between the closed frames' span and the span from open frame to open frame. */
function isBlink(dip: Dip, openAgainMs: number, endPlausible: boolean, policy: BlinkPolicy): boolean {
  return (
    dip.plausible &&
    endPlausible &&
    openAgainMs - dip.openBeforeMs >= policy.minDurationMs &&
    dip.lastMs - dip.startMs <= policy.maxDurationMs &&
    (dip.frames > 1 || dip.deepest < policy.singleFrameRatio)
  );
}

/**
 * Blinking is a Poisson process of some 15 a minute, so within the `absenceMs` of 4 s a bona fide subject blinks
 * with probability 1 − e^−1 = .63. Attacks taken together are assumed to blink in .2 of such spans (replays do,
 * photos do not): a starting value, to be calibrated.
 */
const SEEN_LLR = Math.log(0.63 / 0.2);
const ABSENT_LLR = Math.log(0.37 / 0.8);

/** Spontaneous blinking. Score: blinks seen. */
export function blinkEvidence(state: BlinkState, policy: BlinkPolicy): Evidence {
  const { count, frames, seenMs, watchedMs } = state;
  if (count > 0) return { measured: true, logLikelihoodRatio: SEEN_LLR, score: count, frames };
  if (watchedMs >= policy.absenceMs)
    return { measured: true, logLikelihoodRatio: ABSENT_LLR, score: 0, frames };
  return { measured: false, why: seenMs >= policy.absenceMs ? 'frame-rate-too-low' : 'too-few-frames' };
}
