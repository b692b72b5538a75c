import type { BlinkPolicy } from '../policy/blink.ts';
import type { CueDefinition } from './cue.ts';
import type { Evidence } from './evidence.ts';
import { faceOf, median, type Sample } from './sample.ts';

export interface Blink {
  /** The first frame with closed lids, and the first with open lids after it. */
  readonly startMs: number;
  readonly endMs: number;
  /** Frames showed the lids on their way, not only open and closed. */
  readonly courseSeen: boolean;
}

interface OpenFrame {
  readonly atMs: number;
  readonly imageLeft: number;
  readonly imageRight: number;
  readonly pitchDeg: number;
}

/** A stretch of frames with closed lids. */
interface Dip {
  /** The last frame before the lids closed. */
  readonly openBeforeMs: number;
  readonly startMs: number;
  readonly lastMs: number;
  readonly frames: number;
  /** The lowest ratio to the baseline, of the eye that closed less. */
  readonly deepest: number;
  /** False once something else than the lids could explain the dip. */
  readonly plausible: boolean;
}

/** How far the lids are open, of the eye that closed less: 1 is the baseline. */
interface LidFrame {
  readonly atMs: number;
  readonly ratio: number;
}

export interface BlinkState {
  /** The frames of about the last second with both eyes open: the baseline. */
  readonly recent: readonly OpenFrame[];
  /** The last frame in which both eyes could be measured and the track was not lost; null: none. */
  readonly lastAtMs: number | null;
  readonly dip: Dip | null;
  /** The lids in the newest frames, as far back as the course of a blink may reach. */
  readonly lids: readonly LidFrame[];
  readonly eyesClosed: boolean;
  /** Blinks, and those of them whose course was seen. */
  readonly count: number;
  readonly seenCount: number;
  readonly latest: Blink | null;
  /** Time in which both eyes could be measured, and the part of it at a frame rate that misses no blink. */
  readonly seenMs: number;
  readonly watchedMs: number;
  readonly frames: number;
}

export const initialBlink: BlinkState = {
  recent: [],
  lastAtMs: null,
  dip: null,
  lids: [],
  eyesClosed: false,
  count: 0,
  seenCount: 0,
  latest: null,
  seenMs: 0,
  watchedMs: 0,
  frames: 0,
};

/**
 * Folds one frame. A blink is a dip of both eyes' aspect ratio below `closedRatio` of its own rolling median, for 50 to
 * 500 ms, while the head faces the camera and its pitch is at rest. The bar is relative, because open eyes differ too
 * much between people. Turned and nodding heads are left out, because they cause dips too. `trackLost`: this frame
 * may show another face than the frames before it, so that only what was counted is kept.
 */
export function foldBlink(
  state: BlinkState,
  sample: Sample,
  trackLost: boolean,
  policy: BlinkPolicy,
): BlinkState {
  const face = faceOf(sample);
  const measurable = face !== null && Math.abs(face.pose.yawDeg) < policy.maxYawDeg;
  if (trackLost || !measurable)
    return { ...state, recent: [], lastAtMs: null, dip: null, lids: [], eyesClosed: false };

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
  const lids = [...state.lids, { atMs, ratio }].filter((lid) => lid.atMs >= atMs - courseMs(policy));

  if (ratio < policy.closedRatio) {
    const dip = state.dip ?? {
      openBeforeMs: state.lastAtMs,
      startMs: atMs,
      frames: 0,
      deepest: ratio,
      plausible: true,
    };
    // Closed frames stay out of the baseline. Otherwise lids that are held closed would soon count as open.
    return {
      ...next,
      recent,
      lids,
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
  if (state.dip === null || !isBlink(state.dip, atMs, atRest && noGap, policy))
    return { ...next, lids, dip: null };
  const courseSeen = framesBetween(state.dip, lids, policy) >= policy.minFramesBetween;
  return {
    ...next,
    lids,
    dip: null,
    count: state.count + 1,
    seenCount: state.seenCount + (courseSeen ? 1 : 0),
    latest: { startMs: state.dip.startMs, endMs: atMs, courseSeen },
  };
}

/** From before the lids close to the frame in which they are open again, in milliseconds. */
function courseMs({ betweenMs, maxDurationMs, maxFrameGapMs }: BlinkPolicy): number {
  return betweenMs + maxDurationMs + 2 * maxFrameGapMs;
}

/** Frames that show the lids neither open nor as far closed as they came. Two stills have none. */
function framesBetween({ startMs, deepest }: Dip, lids: readonly LidFrame[], policy: BlinkPolicy): number {
  return lids.filter(
    ({ atMs, ratio }) =>
      atMs >= startMs - policy.betweenMs &&
      ratio < policy.betweenRatio &&
      ratio > deepest + policy.betweenMargin,
  ).length;
}

/** The true length is between the span of the closed frames and the span from open frame to open frame. */
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
 * People blink about 15 times a minute. As a Poisson process, a bona fide subject blinks within the `absenceMs` of 4 s
 * with probability 1 − e^−1 = .63. Attacks taken together are assumed to blink in .2 of such spans: replays do,
 * photographs do not. That is a starting value, to be calibrated.
 */
const SEEN_LLR = Math.log(0.63 / 0.2);
const ABSENT_LLR = Math.log(0.37 / 0.8);

/** Spontaneous blinking. Score: the number of blinks whose course was seen. */
export function blinkEvidence(state: BlinkState, policy: BlinkPolicy): Evidence {
  const { count, seenCount, frames, seenMs, watchedMs } = state;
  if (seenCount > 0) return { measured: true, logLikelihoodRatio: SEEN_LLR, score: seenCount, frames };
  if (count > 0) return { measured: false, why: 'course-unseen' };
  if (watchedMs >= policy.absenceMs)
    return { measured: true, logLikelihoodRatio: ABSENT_LLR, score: 0, frames };
  return { measured: false, why: seenMs >= policy.absenceMs ? 'frame-rate-too-low' : 'too-few-frames' };
}

/** Lids are followed before the frame is assessed, because the assessment reads whether they are closed. */
export const blinkCue: CueDefinition<BlinkState, { readonly blink: BlinkState }, unknown> = {
  initial: initialBlink,
  fold: (_, { blink }) => blink,
  evidence: (state, _, policy) => blinkEvidence(state, policy.blink),
  rejectReason: null,
  fallsShort: (evidence, { requiredCues }) =>
    requiredCues.includes('blink') && evidence.measured && evidence.score < 1,
};
