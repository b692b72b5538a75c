import { clamp } from '../evidence/log-odds.ts';
import type { Embeddings } from '../vision/analysis.ts';
import { compare, type Comparison } from './compare.ts';
import { SCORE_SCALES } from './score-scales.ts';

/**
 * Bounds the evidence of one comparison, in either direction. e^±7 is about 1 : 1100, the most that an estimate from a
 * few hundred people supports.
 */
export const MAX_COMPARISON_LLR = 7;

/** The natural logarithm of P(score | same person) / P(score | different people), by the line fitted to the method. */
export function unclampedLlr({ method, score }: Comparison): number {
  const { slope, offset } = SCORE_SCALES[method];
  return slope * score + offset;
}

/** The same, clamped to ±`MAX_COMPARISON_LLR`. */
export function comparisonLlr(comparison: Comparison): number {
  return clamp(unclampedLlr(comparison), MAX_COMPARISON_LLR);
}

/** The unclamped ratio of the best comparison that both sets of embeddings allow; -Infinity where there is none. */
export function llrBetween(a: Embeddings, b: Embeddings): number {
  const comparison = compare(a, b);
  return comparison === null ? -Infinity : unclampedLlr(comparison);
}
