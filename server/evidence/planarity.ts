import type { PlanarityPolicy } from '../policy/shape.ts';
import { headlikeness } from '../vision/planarity.ts';
import type { Evidence } from './evidence.ts';
import type { Deviation } from './gesture.ts';
import type { Verdict } from './quality-gate.ts';
import { faceOf, median, type Sample } from './sample.ts';

export interface PlanarityState {
  /** The newest mesh of the face at rest; null before the first. */
  readonly atRest: Float32Array | null;
  /** `headlikeness` of each turned frame, at most `maxFrames` of the newest. */
  readonly turned: readonly number[];
}

export const initialPlanarity: PlanarityState = { atRest: null, turned: [] };

/**
 * Folds one frame. `deviation` is the face's from its rest, null while that is unknown. Only turns count: nods and
 * changes of distance move the mesh's depth of live faces as much as that of pictures.
 */
export function foldPlanarity(
  state: PlanarityState,
  sample: Sample,
  verdict: Verdict,
  deviation: Deviation | null,
  policy: PlanarityPolicy,
): PlanarityState {
  const face = faceOf(sample);
  if (face === null || deviation === null || !verdict.usable) return state;
  const turnDeg = Math.abs(deviation.yawDeg);
  const nodDeg = Math.abs(deviation.pitchDeg);
  if (verdict.good && turnDeg <= policy.restDeg && nodDeg <= policy.restDeg)
    return { ...state, atRest: face.landmarks };
  const isTurned = turnDeg >= policy.minTurnDeg && turnDeg <= policy.maxTurnDeg && nodDeg <= policy.maxNodDeg;
  if (!isTurned || state.atRest === null) return state;
  const likeness = headlikeness(state.atRest, face.landmarks);
  if (likeness === null) return state;
  return { ...state, turned: [...state.turned, likeness].slice(-policy.maxFrames) };
}

/** Score: median likeness to a stiff head, 0..1. The log-likelihood ratio is a line through `neutral`, clamped. */
export function planarityEvidence({ turned }: PlanarityState, policy: PlanarityPolicy): Evidence {
  if (turned.length < policy.minFrames) return { measured: false, why: 'too-few-frames' };
  const score = median(turned);
  const llr = (score - policy.neutral) * policy.slope;
  const logLikelihoodRatio = Math.min(policy.maxLlr, Math.max(policy.minLlr, llr));
  return { measured: true, logLikelihoodRatio, score, frames: turned.length };
}
