import { logOdds } from './log-odds.ts';
import type { PassivePadPolicy } from '../policy/shape.ts';
import type { Evidence } from './evidence.ts';
import type { Verdict } from './quality-gate.ts';
import { faceOf, median, type Sample } from './sample.ts';

export interface PassivePadState {
  /** The last samples, at most a window of them. */
  readonly recent: readonly number[];
  readonly frames: number;
  /** Lowest median of any full window, or null before the first. */
  readonly worstWindow: number | null;
}

export const initialPassivePad: PassivePadState = { recent: [], frames: 0, worstWindow: null };

/**
 * Folds one frame when it carries a PAD score and shows the face well enough. Medians over runs forgive single
 * frames (of live webcam frames 13 % score below one half) and still see an attack that fills part of a session.
 */
export function foldPassivePad(
  state: PassivePadState,
  sample: Sample,
  verdict: Verdict,
  policy: PassivePadPolicy,
): PassivePadState {
  const face = faceOf(sample);
  const probability = face?.bonaFideProbability;
  if (face === null || probability === undefined || !verdict.usable) return state;
  if (Math.abs(face.pose.yawDeg) > policy.maxYawDeg) return state;
  const recent = [...state.recent, probability].slice(-policy.windowFrames);
  const window = recent.length === policy.windowFrames ? median(recent) : null;
  const worstWindow =
    window === null || state.worstWindow === null
      ? (state.worstWindow ?? window)
      : Math.min(state.worstWindow, window);
  return { recent, frames: state.frames + 1, worstWindow };
}

/** A pooled PAD score never outweighs this: the networks were trained on other cameras than ours. */
const MAX_PAD_LLR = 3;

/** Score: pooled probability of a bona fide presentation, 0..1. */
export function passivePadEvidence(
  state: PassivePadState,
  modelsPresent: boolean,
  policy: PassivePadPolicy,
): Evidence {
  if (!modelsPresent) return { measured: false, why: 'model-absent' };
  if (state.frames < policy.minFrames) return { measured: false, why: 'too-few-frames' };
  const score = state.worstWindow ?? median(state.recent);
  return { measured: true, logLikelihoodRatio: logOdds(score, MAX_PAD_LLR), score, frames: state.frames };
}
