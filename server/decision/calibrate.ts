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

/** The log odds of a probability, clamped to ±`limit`. `probability` may be 0 or 1. */
export function logOdds(probability: number, limit: number): number {
  return clamp(Math.log(probability / (1 - probability)), limit);
}

/** The probability with these log odds. */
export function probabilityOf(logOddsValue: number): number {
  return 1 / (1 + Math.exp(-logOddsValue));
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}
