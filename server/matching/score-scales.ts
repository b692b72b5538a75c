import { FMRS, type Fmr } from '../policy/false-match-rates.ts';

/** How two faces were compared: one network's cosine, or faceres and dlib fused. */
export const COMPARISON_METHODS = ['mobilefacenet', 'fused', 'dlib', 'faceres'] as const;
export type ComparisonMethod = (typeof COMPARISON_METHODS)[number];

/**
 * What a comparison score means. `thresholds` are in the order of `FMRS`. The log-likelihood ratio of a score s
 * is `slope * s + offset`, clamped.
 */
export interface ScoreScale {
  readonly thresholds: readonly [number, number, number, number];
  readonly slope: number;
  readonly offset: number;
}

/** Impostor mean and standard deviation of one network's cosine: the z of z-normalised fusion. */
export interface ImpostorSpread {
  readonly mean: number;
  readonly deviation: number;
}

/** LFW development half, 3 866 828 comparisons of 826 people. */
export const IMPOSTOR_SPREAD: Readonly<Record<'faceres' | 'dlib', ImpostorSpread>> = {
  faceres: { mean: 0.37, deviation: 0.0707 },
  dlib: { mean: 0.84, deviation: 0.0343 },
};

/**
 * Shares of the fused score. Weights learned on half of LFW's development people (logistic regression, a perceptron)
 * were no better on the other half, and at FMR 1e-4 regression was worse.
 */
export const FUSION_WEIGHT: Readonly<Record<'faceres' | 'dlib', number>> = { faceres: 0.5, dlib: 1 };

/**
 * Sessions and enrolment average several frames, and averages of different people resemble each other more than single
 * pictures do: at the thresholds of single pictures for 1e-3 (fused 3.53, MobileFaceNet .336), references and probes of
 * three pictures each have a false match rate of 3.2 and .20 %. So thresholds are those of such averages: LFW's
 * development half, `npm run evaluate -- verification`, 28 392 impostor comparisons of 169 people at 1e-2 and 1e-3,
 * where no genuine comparison of 169 failed. Beyond, so few comparisons show nothing: fused, dlib and faceres at 1e-4
 * lie where the highest two or three of them scored, MobileFaceNet at 1e-4 and 1e-5 where 24 009 122 comparisons of
 * single pictures of people kept aside put it, and the others at 1e-5 one like step further. References of five
 * pictures against probes of one (469 313 impostor, 1 014 genuine comparisons) stay below the rates at 1e-4 and fail
 * to match in .3 % (MobileFaceNet) and about 7 % (fused) there.
 *
 * Eight people before one webcam (NUAA development half, 28 pairs of probes pooled from seven frames) bear this out:
 * fused, strangers scored 3.8 in the median and 5.06 at most, nobody below 7.2 against themselves; MobileFaceNet .16,
 * .47 (one pair in 28 above its 1e-4) and .88.
 *
 * Lines: logistic regression with both classes weighted alike on 4 319 genuine and 3 861 271 impostor comparisons of
 * LFW's development half; those of fused, dlib and faceres lowered by 2.4, 2.6 and 2.0 for the webcam's strangers. That
 * fit had the genuine comparisons of six pictures with a bystander in place of the person they name; without them the
 * lines are steeper by a sixth to a third. The flatter ones, which are less sure of either answer, stand.
 */
export const SCORE_SCALES: Readonly<Record<ComparisonMethod, ScoreScale>> = {
  mobilefacenet: { thresholds: [0.27, 0.357, 0.431, 0.513], slope: 25.2, offset: -7.34 },
  fused: { thresholds: [4.02, 4.66, 5.33, 5.9], slope: 3, offset: -10.8 },
  dlib: { thresholds: [0.935, 0.947, 0.96, 0.966], slope: 136.4, offset: -126.8 },
  faceres: { thresholds: [0.655, 0.71, 0.75, 0.78], slope: 39.4, offset: -22.85 },
};

/** The score above which `fmr` of impostor comparisons lie. */
export function thresholdAt(method: ComparisonMethod, fmr: Fmr): number {
  return SCORE_SCALES[method].thresholds[FMRS.indexOf(fmr)];
}
