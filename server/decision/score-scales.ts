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

export const IMPOSTOR_SPREAD: Readonly<Record<'faceres' | 'dlib', ImpostorSpread>> = {
  faceres: { mean: 0.38, deviation: 0.0786 },
  dlib: { mean: 0.86, deviation: 0.0222 },
};

/** Shares of the fused score, FACTS section 8: half a faceres to one dlib. */
export const FUSION_WEIGHT: Readonly<Record<'faceres' | 'dlib', number>> = { faceres: 0.5, dlib: 1 };

export const SCORE_SCALES: Readonly<Record<ComparisonMethod, ScoreScale>> = {
  mobilefacenet: { thresholds: [0.25, 0.346, 0.431, 0.513], slope: 33, offset: -9 },
  fused: { thresholds: [2.3, 3.09, 3.72, 4.26], slope: 3.3, offset: -8 },
  dlib: { thresholds: [0.912, 0.929, 0.943, 0.955], slope: 170, offset: -156 },
  faceres: { thresholds: [0.563, 0.623, 0.672, 0.715], slope: 40, offset: -23.5 },
};

/** Networks a gallery may search with, which are methods of their own. */
export function methodOfModel(model: EmbeddingModelId): ComparisonMethod {
  return model;
}

/** The score above which `fmr` of impostor comparisons lie. */
export function thresholdAt(method: ComparisonMethod, fmr: Fmr): number {
  return SCORE_SCALES[method].thresholds[FMRS.indexOf(fmr)];
}
