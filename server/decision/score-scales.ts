import type { EmbeddingModelId } from '../../models/ids.ts';

/** How two faces were compared: one network's cosine, or faceres and dlib fused. */
export const COMPARISON_METHODS = ['mobilefacenet', 'fused', 'dlib', 'faceres'] as const;
export type ComparisonMethod = (typeof COMPARISON_METHODS)[number];

/** False match rates for which every method has a measured threshold. */
export const FMRS = [1e-2, 1e-3, 1e-4, 1e-5] as const;
export type Fmr = (typeof FMRS)[number];

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

/** LFW development half, 3 861 271 comparisons of 826 people. */
export const IMPOSTOR_SPREAD: Readonly<Record<'faceres' | 'dlib', ImpostorSpread>> = {
  faceres: { mean: 0.37, deviation: 0.0707 },
  dlib: { mean: 0.84, deviation: 0.0343 },
};

/** Shares of the fused score, FACTS section 8: half a faceres to one dlib. */
export const FUSION_WEIGHT: Readonly<Record<'faceres' | 'dlib', number>> = { faceres: 0.5, dlib: 1 };

/**
 * Thresholds of single networks at 1e-3 to 1e-5: LFW, 24 009 122 impostor comparisons of people kept aside.
 * Those of the fused score, all at 1e-2, and the lines (logistic regression, both classes weighted alike): LFW
 * development half, 4 319 genuine and 3 861 271 impostor comparisons of 826 people, single photographs. FNMR
 * there at 1e-4, in the order below: 3.2, 10.9, 15.7 and 25.5 %, for every person has six photographs at most;
 * it falls with several probes.
 */
export const SCORE_SCALES: Readonly<Record<ComparisonMethod, ScoreScale>> = {
  mobilefacenet: { thresholds: [0.252, 0.346, 0.431, 0.513], slope: 25.2, offset: -7.34 },
  fused: { thresholds: [2.74, 3.52, 4.16, 4.74], slope: 3, offset: -8.4 },
  dlib: { thresholds: [0.911, 0.929, 0.943, 0.955], slope: 136.4, offset: -124.2 },
  faceres: { thresholds: [0.551, 0.623, 0.672, 0.715], slope: 39.4, offset: -20.83 },
};

/** Networks a gallery may search with, which are methods of their own. */
export function methodOfModel(model: EmbeddingModelId): ComparisonMethod {
  return model;
}

/** The score above which `fmr` of impostor comparisons lie. */
export function thresholdAt(method: ComparisonMethod, fmr: Fmr): number {
  return SCORE_SCALES[method].thresholds[FMRS.indexOf(fmr)];
}
