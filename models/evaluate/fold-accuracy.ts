/**
 * Scores of one fold. A comparison that could not be made has the score -Infinity, so it counts as "different people".
 */
interface ScoredFold {
  readonly genuine: readonly number[];
  readonly impostor: readonly number[];
}

export interface FoldAccuracy {
  /** Mean share of correct classifications over the folds, 0..1. */
  readonly mean: number;
  /** Standard error of the mean: the standard deviation over the folds, divided by the square root of their number. */
  readonly standardError: number;
  readonly folds: readonly number[];
}

/**
 * Accuracy under the protocol of LFW (Huang et al., UMass TR 07-49): each fold is classified by the threshold that is
 * best on all other folds.
 * @throws RangeError with fewer than two folds, or with an empty one
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

/** The midpoint of the two scores that the best threshold separates. */
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
