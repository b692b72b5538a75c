import { logOdds } from './log-odds.ts';
import type { MotionPolicy } from '../policy/motion.ts';
import type { CueDefinition } from './cue.ts';
import { isWeighed, NOT_REQUESTED, type Evidence } from './evidence.ts';
import { MOTION_SPAN_MS, motionPosture, motionWindow, type MotionPosture } from './motion-features.ts';
import { faceOf, median, type Sample } from './sample.ts';

export interface MotionState {
  /** Postures of the face that is followed, without a break, for a little longer than a window. */
  readonly postures: readonly MotionPosture[];
  /** The network's probability of each window, 0..1, in order. */
  readonly probabilities: readonly number[];
}

export const initialMotion: MotionState = { postures: [], probabilities: [] };

/** A window needs a posture before its first step. */
const MARGIN_MS = 500;
/** Bounds the memory of a session, whatever the camera's frame rate. */
const MAX_POSTURES = 100;

/**
 * Folds one frame: keeps the face's posture, and the network's probability of the window that was sent with the frame.
 * `trackBroken`: the face cannot be joined to the one in the frame before, so that a new window begins. Times are the
 * server's.
 */
export function foldMotion(state: MotionState, sample: Sample, trackBroken: boolean): MotionState {
  const face = faceOf(sample);
  const probability = sample.analysis.livingMotionProbability;
  const probabilities =
    probability === undefined ? state.probabilities : [...state.probabilities, probability];
  if (face === null) return { postures: [], probabilities };
  const before = trackBroken ? [] : state.postures;
  const fromMs = sample.atMs - MOTION_SPAN_MS - MARGIN_MS;
  const recent = before.filter(({ atMs }) => atMs >= fromMs).slice(1 - MAX_POSTURES);
  return { postures: [...recent, motionPosture(sample.atMs, face)], probabilities };
}

/** The next input of the network; null while the postures do not cover a window. */
export function nextMotionWindow({ postures }: MotionState): Float32Array | null {
  return motionWindow(postures);
}

/** The median of the windows. Throws RangeError when there are none. */
export function pooledMotion(probabilities: readonly number[]): number {
  if (probabilities.length === 0) throw new RangeError('There is no window.');
  return median(probabilities);
}

/** A bound for the network's log odds. */
export const MOST_LOG_ODDS = 7;

/** Score: the pooled probability of living motion, 0..1. `frames` counts windows. */
export function motionEvidence(state: MotionState, modelPresent: boolean, policy: MotionPolicy): Evidence {
  const { probabilities } = state;
  if (!modelPresent) return { measured: false, why: 'model-absent' };
  if (probabilities.length === 0 && state.postures.length === 0)
    return { measured: false, why: 'not-started' };
  if (probabilities.length < policy.minWindows) return { measured: false, why: 'too-few-frames' };
  const score = pooledMotion(probabilities);
  const llr = policy.slope * logOdds(score, MOST_LOG_ODDS) + policy.offset;
  const logLikelihoodRatio = Math.min(policy.maxLlr, Math.max(policy.minLlr, llr));
  return { measured: true, logLikelihoodRatio, score, frames: probabilities.length };
}

export const motionCue: CueDefinition<
  MotionState,
  { readonly sample: Sample; readonly trackBroken: boolean },
  { readonly models: { readonly motion?: boolean } }
> = {
  initial: initialMotion,
  fold: (state, { sample, trackBroken }) => foldMotion(state, sample, trackBroken),
  evidence: (state, { models }, policy) =>
    isWeighed('motion', policy)
      ? motionEvidence(state, models.motion === true, policy.motion)
      : NOT_REQUESTED,
  rejectReason: null,
};
