import type { Fmr } from '../policy/false-match-rates.ts';
import type { FmrByStrength } from '../policy/photos.ts';
import type { Embeddings } from '../vision/analysis.ts';
import { compare } from './compare.ts';
import { llrBetween } from './comparison-llr.ts';
import { poolMean, poolOf } from './embedding-pool.ts';
import { thresholdAt } from './score-scales.ts';

/** The face that photographs show together. */
export interface PhotoFace {
  /** The L2-normalised mean over the photographs that agree. */
  readonly embeddings: Embeddings;
  /** Of each photograph, in their order, whether it shows that face. */
  readonly agrees: readonly boolean[];
}

/**
 * Finds the photograph that is most like the others, and takes those that show its face. Of two that do not agree it
 * takes the first. `photographs` is not empty.
 */
export function agreeingPhotos(photographs: readonly Embeddings[], agreeFmr: Fmr): PhotoFace {
  const likeness = photographs.map((one) =>
    photographs.reduce((sum, other) => sum + (one === other ? 0 : Math.max(llrBetween(one, other), -20)), 0),
  );
  const middle = photographs[likeness.indexOf(Math.max(...likeness))] ?? {};
  const agrees = photographs.map((one) => one === middle || isSameFace(one, middle, agreeFmr));
  const taken = photographs.filter((_, at) => agrees[at]);
  return { embeddings: poolMean(poolOf(taken.map((embeddings) => ({ embeddings, atMs: 0 })))), agrees };
}

/** Whether two sets of embeddings reach the score of this false match rate, by the best method that both allow. */
export function isSameFace(a: Embeddings, b: Embeddings, bar: Fmr | FmrByStrength): boolean {
  const comparison = compare(a, b);
  if (comparison === null) return false;
  const { method, score } = comparison;
  const fmr = typeof bar === 'number' ? bar : method === 'mobilefacenet' ? bar.strong : bar.weak;
  return score >= thresholdAt(method, fmr);
}
