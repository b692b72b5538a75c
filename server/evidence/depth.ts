import type { DepthPolicy } from '../policy/depth.ts';
import type { CueDefinition } from './cue.ts';
import { boundedLlr, isWeighed, NOT_REQUESTED, type Evidence } from './evidence.ts';
import type { FrameAssessment } from './quality-gate.ts';
import { faceOf, median, type Sample } from './sample.ts';

interface DepthState {
  /** The relief of the face in the newest frames that came with depth, at most `maxFrames`. */
  readonly reliefs: readonly number[];
}

export const initialDepth: DepthState = { reliefs: [] };

/**
 * Folds one frame. The depth counts as no relief when the face's distance is impossible for its size, or when the depth
 * does not agree with the face in the picture: then the sensor sees something else.
 */
export function foldDepth(
  state: DepthState,
  sample: Sample,
  assessment: FrameAssessment,
  policy: DepthPolicy,
): DepthState {
  const depth = faceOf(sample)?.depth;
  if (depth === undefined || !assessment.good || depth.coverage < policy.minCoverage) return state;
  const fits =
    depth.fieldOfViewDeg >= policy.minFieldOfViewDeg &&
    depth.fieldOfViewDeg <= policy.maxFieldOfViewDeg &&
    depth.agreement >= policy.minAgreement;
  return { reliefs: [...state.reliefs, fits ? depth.relief : 0].slice(-policy.maxFrames) };
}

/**
 * Score: the median relief, as a share of a face's. The client alone vouches for its sensor, so that relief speaks
 * little in favour; flat depth speaks much against.
 */
export function depthEvidence({ reliefs }: DepthState, policy: DepthPolicy): Evidence {
  if (reliefs.length === 0) return { measured: false, why: 'no-depth' };
  if (reliefs.length < policy.minFrames) return { measured: false, why: 'too-few-frames' };
  const score = median(reliefs);
  return { measured: true, logLikelihoodRatio: boundedLlr(score, policy), score, frames: reliefs.length };
}

export const depthCue: CueDefinition<
  DepthState,
  { readonly sample: Sample; readonly assessment: FrameAssessment },
  unknown,
  'depth-below-bar'
> = {
  initial: initialDepth,
  fold: (state, { sample, assessment }, policy) => foldDepth(state, sample, assessment, policy.depth),
  evidence: (state, _, policy) =>
    isWeighed('depth', policy) ? depthEvidence(state, policy.depth) : NOT_REQUESTED,
  rejectReason: {
    reason: 'depth-below-bar',
    applies: ({ score }, policy) => score < policy.depth.rejectBar,
  },
};
