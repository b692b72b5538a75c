import { clamp } from '../evidence/log-odds.ts';
import type { Comparison } from './compare.ts';
import { SCORE_SCALES } from './score-scales.ts';

/**
 * One comparison is never taken for stronger evidence than this, in either direction: e^±7 is about 1 : 1100,
 * what an estimate from some hundred people can vouch for.
 */
export const MAX_COMPARISON_LLR = 7;

/** Natural logarithm of P(score | same person) / P(score | different people), by the method's fitted line. */
export function unclampedLlr({ method, score }: Comparison): number {
  const { slope, offset } = SCORE_SCALES[method];
  return slope * score + offset;
}

/** The same, clamped to ±`MAX_COMPARISON_LLR`. */
export function comparisonLlr(comparison: Comparison): number {
  return clamp(unclampedLlr(comparison), MAX_COMPARISON_LLR);
}
