import type { DepthPolicy } from '../policy/shape.ts';
import type { Evidence } from './evidence.ts';
import type { Verdict } from './quality-gate.ts';
import { faceOf, median, type Sample } from './sample.ts';

export interface DepthState {
  /** Relief of the face in each frame that came with depth, at most `maxFrames` of the newest. */
  readonly reliefs: readonly number[];
}

export const initialDepth: DepthState = { reliefs: [] };

/**
 * Folds one frame. Depth of a face at an impossible distance for its size, or that goes nowhere with the face in the
 * picture, counts as no relief: a sensor that looks elsewhere vouches for nothing.
 */
export function foldDepth(
  state: DepthState,
  sample: Sample,
  verdict: Verdict,
  policy: DepthPolicy,
): DepthState {
  const depth = faceOf(sample)?.depth;
  if (depth === undefined || !verdict.good || depth.coverage < policy.minCoverage) return state;
  const fits =
    depth.fieldOfViewDeg >= policy.minFieldOfViewDeg &&
    depth.fieldOfViewDeg <= policy.maxFieldOfViewDeg &&
    depth.agreement >= policy.minAgreement;
  return { reliefs: [...state.reliefs, fits ? depth.relief : 0].slice(-policy.maxFrames) };
}

/**
 * Score: median relief as a share of a face's. The log-likelihood ratio is a line through `neutral`, clamped: little
 * speaks for a client's word about its own sensor, and much against depth that is flat.
 */
export function depthEvidence({ reliefs }: DepthState, policy: DepthPolicy): Evidence {
  if (reliefs.length === 0) return { measured: false, why: 'no-depth' };
  if (reliefs.length < policy.minFrames) return { measured: false, why: 'too-few-frames' };
  const score = median(reliefs);
  const llr = (score - policy.neutral) * policy.slope;
  const logLikelihoodRatio = Math.min(policy.maxLlr, Math.max(policy.minLlr, llr));
  return { measured: true, logLikelihoodRatio, score, frames: reliefs.length };
}
