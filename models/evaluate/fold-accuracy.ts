/** Scores of one fold; a comparison that could not be made is -Infinity, so it counts as "different people". */
export interface ScoredFold {
  readonly genuine: readonly number[];
  readonly impostor: readonly number[];
}

export interface FoldAccuracy {
  /** Mean share of right answers over the folds. */
  readonly mean: number;
  /** Standard error of that mean: the folds' standard deviation over the root of their number. */
  readonly standardError: number;
  readonly folds: readonly number[];
}

/**
 * The protocol of LFW (Huang et al., UMass TR 07-49): for each fold, the threshold that is best on all the others
 * judges it. Throws RangeError with fewer than two folds or an empty one.
 */
export function foldAccuracy(folds: readonly ScoredFold[]): FoldAccuracy {
  if (folds.length < 2 || folds.some(({ genuine, impostor }) => genuine.length + impostor.length === 0)) {
    throw new RangeError('Cross-validation needs two folds or more, none of them empty.');
  }
  const shares = folds.map((fold, index) => {
    const threshold = bestThreshold(folds.filter((_, other) => other !== index));
    const right =
      fold.genuine.filter((score) => score >= threshold).length +
      fold.impostor.filter((score) => score < threshold).length;
    return right / (fold.genuine.length + fold.impostor.length);
  });
  const mean = shares.reduce((total, share) => total + share, 0) / shares.length;
  const variance = shares.reduce((total, share) => total + (share - mean) ** 2, 0) / (shares.length - 1);
  return { mean, standardError: Math.sqrt(variance / shares.length), folds: shares };
}

/** Midway between the two scores that the best cut separates. */
function bestThreshold(folds: readonly ScoredFold[]): number {
  const scores = [
    ...folds.flatMap(({ genuine }) => genuine.map((score) => ({ score, step: 1 }))),
    ...folds.flatMap(({ impostor }) => impostor.map((score) => ({ score, step: -1 }))),
  ].toSorted((a, b) => b.score - a.score);
  let [right, best, threshold] = [0, 0, Infinity];
  for (const [index, { score, step }] of scores.entries()) {
    right += step;
    const next = scores[index + 1]?.score ?? -Infinity;
    if (next === score || right <= best) continue;
    best = right;
    threshold = Number.isFinite(next) ? (score + next) / 2 : score;
  }
  return threshold;
}
