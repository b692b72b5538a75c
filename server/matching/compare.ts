import type { Embeddings } from '../vision/analysis.ts';
import { FUSION_WEIGHT, IMPOSTOR_SPREAD, type ComparisonMethod } from './score-scales.ts';

/** A comparison score, and the method that it belongs to. Scores of different methods cannot be compared. */
export interface Comparison {
  readonly method: ComparisonMethod;
  /** Cosine in -1..1; for `fused`, in standard deviations of impostor scores. */
  readonly score: number;
}

/**
 * Compares two sets of L2-normalised embeddings by the best method that both allow: MobileFaceNet; else faceres and
 * dlib fused; else the one of the two that both have. Null when they have no model in common.
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
 * The comparisons by every method that both allow: MobileFaceNet, and the best one without it. A reference is compared
 * by either, for the models that a server has may change.
 */
export function compareByAll(probe: Embeddings, reference: Embeddings): readonly Comparison[] {
  const { mobilefacenet: _, ...base } = probe;
  const strong = cosine(probe.mobilefacenet, reference.mobilefacenet);
  const weak = compare(base, reference);
  return [
    ...(strong === null ? [] : [{ method: 'mobilefacenet', score: strong } as const]),
    ...(weak === null ? [] : [weak]),
  ];
}

/**
 * The weighted sum of the two networks' z-normalised scores, divided by the root of the sum of the squared weights. For
 * impostors it would be standard normal if the errors of the two networks were independent.
 */
export function fuseScores(faceres: number, dlib: number): number {
  const sum =
    FUSION_WEIGHT.faceres * normalised('faceres', faceres) + FUSION_WEIGHT.dlib * normalised('dlib', dlib);
  return sum / Math.hypot(FUSION_WEIGHT.faceres, FUSION_WEIGHT.dlib);
}

function normalised(model: 'faceres' | 'dlib', score: number): number {
  return (score - IMPOSTOR_SPREAD[model].mean) / IMPOSTOR_SPREAD[model].deviation;
}

/** Null when one is missing, or when the lengths differ, as they do between versions of a network. */
function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number | null {
  if (a === undefined || b === undefined || a.length !== b.length) return null;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
