/** Area under the ROC curve: P(a score of `high` > a score of `low`), with ties counted half. .5 is chance. */
export function areaUnderCurve(high: readonly number[], low: readonly number[]): number {
  if (high.length === 0 || low.length === 0) return Number.NaN;
  const all = [
    ...high.map((score) => ({ score, isHigh: true })),
    ...low.map((score) => ({ score, isHigh: false })),
  ].toSorted((a, b) => a.score - b.score);
  let ranks = 0;
  for (let i = 0; i < all.length; ) {
    let end = i;
    while (end < all.length && all[end].score === all[i].score) end++;
    // Equal scores have the mean of their ranks.
    for (let k = i; k < end; k++) if (all[k].isHigh) ranks += (i + end + 1) / 2;
    i = end;
  }
  return (ranks - (high.length * (high.length + 1)) / 2) / (high.length * low.length);
}
