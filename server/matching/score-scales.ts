import { FMRS, type Fmr } from '../policy/false-match-rates.ts';

/** How two faces were compared: one network's cosine, or faceres and dlib fused. */
export const COMPARISON_METHODS = ['mobilefacenet', 'fused', 'dlib', 'faceres'] as const;
export type ComparisonMethod = (typeof COMPARISON_METHODS)[number];

/**
 * What the scores of one comparison method mean. `thresholds` are in the order of `FMRS`. The log-likelihood ratio of a
 * score s is `slope * s + offset`, before it is clamped.
 */
export interface ScoreScale {
  readonly thresholds: readonly [number, number, number, number];
  readonly slope: number;
  readonly offset: number;
}

/** Mean and standard deviation of one network's cosine over impostor comparisons, for z-normalisation. */
interface ImpostorSpread {
  readonly mean: number;
  readonly deviation: number;
}

/** LFW development half, 3 866 828 comparisons of 826 people. */
export const IMPOSTOR_SPREAD: Readonly<Record<'faceres' | 'dlib', ImpostorSpread>> = {
  faceres: { mean: 0.37, deviation: 0.0707 },
  dlib: { mean: 0.84, deviation: 0.0343 },
};

/**
 * The weights of the fused score. Weights that were learned on half of LFW's development people, by logistic regression
 * and by a perceptron, were no better on the other half. At FMR 1e-4 those of the regression were worse.
 */
export const FUSION_WEIGHT: Readonly<Record<'faceres' | 'dlib', number>> = { faceres: 0.5, dlib: 1 };

/**
 * Thresholds. Sessions and enrolments average several frames, and the averages of different people resemble each other
 * more than single pictures do. At the thresholds of single pictures for 1e-3 (fused 3.53, MobileFaceNet .336),
 * references and probes of three pictures each have a false match rate of 3.2 % and .20 %. So the thresholds are those
 * of such averages (LFW's development half, `npm run evaluate -- verification`). At 1e-2 and 1e-3 they rest on 28 392
 * impostor comparisons of 169 people, where none of 169 genuine comparisons failed. For lower rates these comparisons
 * are too few. At 1e-4, fused, dlib and faceres are where the highest two or three of them scored. MobileFaceNet at
 * 1e-4 and 1e-5 is where 24 009 122 comparisons of single pictures of people kept aside put it. The others at 1e-5 are
 * one equal step further. References of five pictures against probes of one (469 313 impostor and 1 014 genuine
 * comparisons) stay below the rate of 1e-4, and fail to match there in .3 % (MobileFaceNet) and about 7 % (fused).
 *
 * Eight people in front of one webcam confirm this (NUAA development half, 28 pairs of probes pooled from seven
 * frames). Fused: strangers scored 3.8 in the median and 5.06 at most, and nobody scored below 7.2 against themselves.
 * MobileFaceNet: .16, .47 (one pair in 28 above the threshold for 1e-4) and .88.
 *
 * Lines. Logistic regression, both classes with the same weight, on 4 319 genuine and 3 861 271 impostor comparisons of
 * LFW's development half. The lines of fused, dlib and faceres were lowered by 2.4, 2.6 and 2.0 because of the
 * strangers in front of the webcam. The fit included the genuine comparisons of six pictures in which a bystander was
 * found in place of the person they name. Without them the lines are steeper by a sixth to a third. The flatter lines
 * are kept: they are more cautious in both directions.
 */
export const SCORE_SCALES: Readonly<Record<ComparisonMethod, ScoreScale>> = {
  mobilefacenet: { thresholds: [0.27, 0.357, 0.431, 0.513], slope: 25.2, offset: -7.34 },
  fused: { thresholds: [4.02, 4.66, 5.33, 5.9], slope: 3, offset: -10.8 },
  dlib: { thresholds: [0.935, 0.947, 0.96, 0.966], slope: 136.4, offset: -126.8 },
  faceres: { thresholds: [0.655, 0.71, 0.75, 0.78], slope: 39.4, offset: -22.85 },
};

/** The score that a share of `fmr` of the impostor comparisons exceeds. */
export function thresholdAt(method: ComparisonMethod, fmr: Fmr): number {
  return SCORE_SCALES[method].thresholds[FMRS.indexOf(fmr)];
}
