import { logOdds } from './log-odds.ts';
import type { PassivePadPolicy } from '../policy/passive-pad.ts';
import type { CueDefinition } from './cue.ts';
import { isWeighed, NOT_REQUESTED, type Evidence } from './evidence.ts';
import type { FrameAssessment } from './quality-gate.ts';
import { faceOf, median, type Sample } from './sample.ts';

export interface PassivePadState {
  /** The newest scores, at most a window of them. */
  readonly recent: readonly number[];
  readonly frames: number;
  /** The lowest median of any full window; null before the first. */
  readonly worstWindow: number | null;
}

export const initialPassivePad: PassivePadState = { recent: [], frames: 0, worstWindow: null };

/**
 * Folds one frame, if it has a PAD score and shows the face well enough. The median of a run tolerates single frames
 * (of live webcam frames 13 % score below one half). It still detects an attack that fills only part of a session.
 */
export function foldPassivePad(
  state: PassivePadState,
  sample: Sample,
  assessment: FrameAssessment,
  policy: PassivePadPolicy,
): PassivePadState {
  const face = faceOf(sample);
  const probability = face?.bonaFideProbability;
  if (face === null || probability === undefined || !assessment.usable) return state;
  if (Math.abs(face.pose.yawDeg) > policy.maxYawDeg) return state;
  const recent = [...state.recent, probability].slice(-policy.windowFrames);
  const window = recent.length === policy.windowFrames ? median(recent) : null;
  const worstWindow =
    window === null || state.worstWindow === null
      ? (state.worstWindow ?? window)
      : Math.min(state.worstWindow, window);
  return { recent, frames: state.frames + 1, worstWindow };
}

/** A bound for the pooled PAD score: the networks were trained on other cameras. */
const MAX_PAD_LLR = 3;

/** Score: the pooled probability of a bona fide presentation, 0..1. */
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

/** An accept needs PAD wherever its networks are loaded: a client that keeps its frames from them gains nothing. */
export const passivePadCue: CueDefinition<
  PassivePadState,
  { readonly sample: Sample; readonly assessment: FrameAssessment },
  { readonly models: { readonly pad: readonly unknown[] } },
  'pad-below-bar'
> = {
  initial: initialPassivePad,
  fold: (state, { sample, assessment }, policy) =>
    foldPassivePad(state, sample, assessment, policy.passivePad),
  evidence: (state, { models }, policy) =>
    isWeighed('passive-pad', policy)
      ? passivePadEvidence(state, models.pad.length > 0, policy.passivePad)
      : NOT_REQUESTED,
  rejectReason: {
    reason: 'pad-below-bar',
    applies: ({ score }, policy) => score < policy.passivePad.rejectBar,
  },
  fallsShort: (evidence, policy) =>
    evidence.measured ? evidence.score < policy.passivePad.acceptBar : evidence.why === 'too-few-frames',
};
