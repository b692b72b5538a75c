import { randomIndex, seededRandom } from './seeded-random.ts';
import type { Comparisons } from './score-collector.ts';

/** Genuine comparisons, the upper tail of the impostor comparisons, and the identities that they compare. */
interface BootstrapInput {
  /** Number of identities. An identity without an acquired face is drawn like the others and contributes nothing. */
  readonly identities: number;
  /** Identity of each row. */
  readonly identityOf: Int32Array;
  readonly genuine: Comparisons;
  /** The impostor comparisons with the highest scores, in descending order. */
  readonly impostorTail: Comparisons;
  /** Whether the comparisons between these two identities were made. */
  readonly covers: (identity: number, other: number) => boolean;
  readonly fmrs: readonly number[];
  readonly replicates: number;
  readonly seed: number;
}

/**
 * FNMR at given false match rates, under bootstrap resampling of identities. Comparisons that share a person are not
 * independent, so identities are drawn with replacement (subject bootstrap, ISO/IEC 19795-1). An impostor comparison
 * weighs the product of the numbers of times that its two identities were drawn; a genuine comparison weighs the number
 * of times that its identity was drawn. Threshold and FNMR are computed anew for each replicate.
 * @returns for each false match rate the FNMR, 0..1, of every replicate. Two inputs with the same seed and the same
 * number of identities draw the same identities, so their differences are paired.
 */
export function bootstrapFnmr(input: BootstrapInput): Float64Array[] {
  const { identities, identityOf, genuine, impostorTail, fmrs, replicates } = input;
  const random = seededRandom(input.seed);
  const rows = new Float64Array(identities);
  for (const identity of identityOf) rows[identity]++;
  const results = fmrs.map(() => new Float64Array(replicates));
  const weights = new Float64Array(identities);
  for (let replicate = 0; replicate < replicates; replicate++) {
    weights.fill(0);
    for (let draw = 0; draw < identities; draw++) weights[randomIndex(random, identities)]++;
    const total = impostorWeight(rows, weights, input.covers);
    const thresholds = thresholdsOf(impostorTail, identityOf, weights, fmrs, total);
    const missed = fmrs.map(() => 0);
    let all = 0;
    for (let i = 0; i < genuine.scores.length; i++) {
      const weight = weights[identityOf[genuine.probes[i]]];
      if (weight === 0) continue;
      all += weight;
      for (let f = 0; f < fmrs.length; f++) if (genuine.scores[i] < thresholds[f]) missed[f] += weight;
    }
    for (let f = 0; f < fmrs.length; f++) results[f][replicate] = missed[f] / all;
  }
  return results;
}

/**
 * Sum of the weights of all impostor comparisons. `covers` must be symmetric, and must either allow all pairs or divide
 * the identities into groups.
 */
function impostorWeight(rows: Float64Array, weights: Float64Array, covers: BootstrapInput['covers']): number {
  let [total, groupSum, groupSquares] = [0, 0, 0];
  const open = new Set(rows.keys());
  for (const first of open) {
    [groupSum, groupSquares] = [0, 0];
    for (const other of open) {
      if (!covers(first, other)) continue;
      open.delete(other);
      const weight = rows[other] * weights[other];
      groupSum += weight;
      groupSquares += weight * weight;
    }
    total += (groupSum * groupSum - groupSquares) / 2;
  }
  return total;
}

function thresholdsOf(
  tail: Comparisons,
  identityOf: Int32Array,
  weights: Float64Array,
  fmrs: readonly number[],
  total: number,
): number[] {
  const thresholds = fmrs.map(() => tail.scores.at(-1) ?? Infinity);
  const order = fmrs.map((fmr, index) => ({ fmr, index })).toSorted((a, b) => a.fmr - b.fmr);
  let next = 0;
  let accepted = 0;
  for (let i = 0; i < tail.scores.length && next < order.length; i++) {
    accepted += weights[identityOf[tail.probes[i]]] * weights[identityOf[tail.references[i]]];
    while (next < order.length && accepted > order[next].fmr * total) {
      // This score alone exceeds the rate, so the threshold lies just above it.
      thresholds[order[next].index] = tail.scores[i] + 1e-7;
      next++;
    }
  }
  return thresholds;
}

/** The 2.5th and the 97.5th percentile of the replicates. */
export function middle95(replicates: Float64Array): { readonly low: number; readonly high: number } {
  const sorted = replicates.filter((value) => Number.isFinite(value)).toSorted();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return { low: at(0.025), high: at(0.975) };
}
