import type { DepthParallaxPolicy } from '../policy/depth-parallax.ts';
import { depthParallaxRatio } from '../vision/depth-parallax.ts';
import type { CueDefinition } from './cue.ts';
import { boundedLlr, isWeighed, NOT_REQUESTED, type Evidence } from './evidence.ts';
import type { Deviation } from './gesture.ts';
import type { FrameAssessment } from './quality-gate.ts';
import { faceOf, median, type Sample } from './sample.ts';

interface DepthParallaxState {
  /** The newest mesh of the face at rest; null before the first. */
  readonly atRest: Float32Array | null;
  /** `depthParallaxRatio` of the newest turned frames, at most `maxFrames`. */
  readonly turned: readonly number[];
}

export const initialDepthParallax: DepthParallaxState = { atRest: null, turned: [] };

/**
 * Folds one frame. `deviation` is that of the face from its rest, null while the rest is unknown. Only turns count: a
 * nod or a change of distance moves the mesh of a live face as it moves that of a picture.
 */
export function foldDepthParallax(
  state: DepthParallaxState,
  sample: Sample,
  assessment: FrameAssessment,
  deviation: Deviation | null,
  policy: DepthParallaxPolicy,
): DepthParallaxState {
  const face = faceOf(sample);
  if (face === null || deviation === null || !assessment.usable) return state;
  const turnDeg = Math.abs(deviation.yawDeg);
  const nodDeg = Math.abs(deviation.pitchDeg);
  if (assessment.good && turnDeg <= policy.restDeg && nodDeg <= policy.restDeg)
    return { ...state, atRest: face.landmarks };
  const isTurned = turnDeg >= policy.minTurnDeg && turnDeg <= policy.maxTurnDeg && nodDeg <= policy.maxNodDeg;
  if (!isTurned || state.atRest === null) return state;
  const ratio = depthParallaxRatio(state.atRest, face.landmarks);
  if (ratio === null) return state;
  return { ...state, turned: [...state.turned, ratio].slice(-policy.maxFrames) };
}

/** Score: the median depth parallax, 0..1; 1 is a rigid head. */
export function depthParallaxEvidence({ turned }: DepthParallaxState, policy: DepthParallaxPolicy): Evidence {
  if (turned.length < policy.minFrames) return { measured: false, why: 'too-few-frames' };
  const score = median(turned);
  return { measured: true, logLikelihoodRatio: boundedLlr(score, policy), score, frames: turned.length };
}

export const depthParallaxCue: CueDefinition<
  DepthParallaxState,
  {
    readonly sample: Sample;
    readonly assessment: FrameAssessment;
    readonly deviation: Deviation | null;
  },
  unknown,
  'depth-parallax-below-bar'
> = {
  initial: initialDepthParallax,
  fold: (state, { sample, assessment, deviation }, policy) =>
    foldDepthParallax(state, sample, assessment, deviation, policy.depthParallax),
  evidence: (state, _, policy) =>
    isWeighed('depth-parallax', policy) ? depthParallaxEvidence(state, policy.depthParallax) : NOT_REQUESTED,
  rejectReason: {
    reason: 'depth-parallax-below-bar',
    applies: ({ score }, policy) => score < policy.depthParallax.rejectBar,
  },
};
