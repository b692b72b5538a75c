/** Statistics of repeated measurements. Milliseconds unless the field's name states another unit. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  /** Lower and upper quartile. */
  readonly low: number;
  readonly high: number;
  readonly mean: number;
}

/** @throws RangeError without values */
export function summarise(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError('Nothing was measured.');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(sorted.length - 1, below + 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
  };
  return {
    count: sorted.length,
    median: at(0.5),
    low: at(0.25),
    high: at(0.75),
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  };
}
