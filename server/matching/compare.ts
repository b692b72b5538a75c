import type { Embeddings } from '../vision/analysis.ts';
import { FUSION_WEIGHT, IMPOSTOR_SPREAD, type ComparisonMethod } from './score-scales.ts';

/** A comparison score with the method that gives it a meaning. Scores of different methods never mix. */
export interface Comparison {
  readonly method: ComparisonMethod;
  /** Cosine in -1..1, or for `fused` in impostor standard deviations. */
  readonly score: number;
}

/**
 * Compares two L2-normalised embeddings by the best method both sides allow: MobileFaceNet, else faceres and dlib
 * fused, else whichever of the two is there. Null when they share no model.
 */
export function compare(probe: Embeddings, reference: Embeddings): Comparison | null {
  const mobilefacenet = cosine(probe.mobilefacenet, reference.mobilefacenet);
  if (mobilefacenet !== null) return { method: 'mobilefacenet', score: mobilefacenet };
  const faceres = cosine(probe.faceres, reference.faceres);
  const dlib = cosine(probe.dlib, reference.dlib);
  if (faceres !== null && dlib !== null) return { method: 'fused', score: fuseScores(faceres, dlib) };
  if (dlib !== null) return { method: 'dlib', score: dlib };
  return faceres === null ? null : { method: 'faceres', score: faceres };
}

/**
 * The weighted sum of the two networks' impostor-normalised scores, divided by the root of the summed squared
 * weights: it would be standard normal for impostors if the two networks erred independently.
 */
export function fuseScores(faceres: number, dlib: number): number {
  const sum =
    FUSION_WEIGHT.faceres * normalised('faceres', faceres) + FUSION_WEIGHT.dlib * normalised('dlib', dlib);
  return sum / Math.hypot(FUSION_WEIGHT.faceres, FUSION_WEIGHT.dlib);
}

function normalised(model: 'faceres' | 'dlib', score: number): number {
  return (score - IMPOSTOR_SPREAD[model].mean) / IMPOSTOR_SPREAD[model].deviation;
}

/** Null when a side is missing or the lengths differ, as they do between versions of a network. */
function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number | null {
  if (a === undefined || b === undefined || a.length !== b.length) return null;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
