import type { Cue } from '../policy/cues.ts';
import type { Policy } from '../policy/shape.ts';

/** Why a cue is not measured. An unknown is never zero. */
export type Unmeasured =
  | 'not-started'
  | 'too-few-frames'
  | 'model-absent'
  | 'not-requested'
  | 'frame-rate-too-low'
  /** It happened, but the frames do not show how it came about. */
  | 'course-unseen'
  | 'no-reference'
  | 'skipped'
  /** No device sent depth with its frames. */
  | 'no-depth'
  /** In no turn did enough of the skin come back in the picture to tell whether it has relief. */
  | 'relief-unclear'
  /** The client does not show colours: the person declined, or the device cannot. */
  | 'not-offered'
  /** The surroundings outshine the screen. */
  | 'response-too-weak'
  /** The skin is too bright or too dark in the picture to tell its colour. */
  | 'badly-exposed'
  /** The skin's colour followed neither the screen nor, clearly, another sequence. */
  | 'response-unclear'
  /** The background reflects the screen as much as the face does. */
  | 'background-follows'
  /** The client said that it showed a colour that it could not have shown. */
  | 'implausible-stamps';

/** `logLikelihoodRatio` is the natural logarithm of P(seen | bona fide, same person) / P(seen | otherwise). */
export interface MeasuredEvidence {
  readonly measured: true;
  readonly logLikelihoodRatio: number;
  /** What it means is said where the cue is defined. */
  readonly score: number;
  readonly frames: number;
}

/** What a run of frames has shown about one cue. */
export type Evidence = MeasuredEvidence | { readonly measured: false; readonly why: Unmeasured };

export type EvidenceByCue = Readonly<Record<Cue, Evidence>>;

export const NOT_REQUESTED: Evidence = { measured: false, why: 'not-requested' };

/** Whether the policy's fusion weighs the cue. */
export function isWeighed(cue: Cue, { fusion }: Policy): boolean {
  return fusion.cues.includes(cue);
}

/** A straight line through `neutral`, kept within `minLlr` and `maxLlr`: how a score becomes a log-likelihood ratio. */
export function boundedLlr(
  score: number,
  policy: {
    readonly neutral: number;
    readonly slope: number;
    readonly minLlr: number;
    readonly maxLlr: number;
  },
): number {
  const llr = (score - policy.neutral) * policy.slope;
  return Math.min(policy.maxLlr, Math.max(policy.minLlr, llr));
}
