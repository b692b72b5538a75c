/** The natural log odds of a probability, clamped to ±`limit`. `probability` may be 0 or 1. */
export function logOdds(probability: number, limit: number): number {
  return clamp(Math.log(probability / (1 - probability)), limit);
}

/** The probability with these log odds. */
export function probabilityOf(logOddsValue: number): number {
  return 1 / (1 + Math.exp(-logOddsValue));
}

/** `value`, clamped to ±`limit`. */
export function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}
