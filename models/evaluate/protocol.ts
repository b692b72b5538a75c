import { compareRows } from './compare-all.ts';
import type { Faces } from './faces.ts';
import { foldAccuracy, type FoldAccuracy } from './fold-accuracy.ts';
import type { Fold, ImagePair } from './pairs.ts';
import type { Scorer } from './scorers.ts';

export interface ProtocolAccuracy extends FoldAccuracy {
  readonly method: string;
  readonly genuine: number;
  readonly impostor: number;
}

/**
 * Accuracy of each method under cross-validation. A pair with a face that was not acquired scores -Infinity: it is
 * classified as two people. Empty when a fold is empty.
 */
export function protocolAccuracies(
  faces: Faces,
  scorers: readonly Scorer[],
  folds: readonly Fold<ImagePair>[],
): ProtocolAccuracy[] {
  if (folds.length < 2 || folds.some(({ genuine, impostor }) => genuine.length + impostor.length === 0))
    return [];
  const rowOf = new Map([...faces.images].map((image, row) => [image, row]));
  const cosinesOf = ([a, b]: ImagePair) => {
    const [i, j] = [rowOf.get(a), rowOf.get(b)];
    return i === undefined || j === undefined
      ? null
      : { cosines: compareRows(faces, i, faces, j), identity: faces.identities[i] };
  };
  const compared = folds.map(({ genuine, impostor }) => ({
    genuine: genuine.map(cosinesOf),
    impostor: impostor.map(cosinesOf),
  }));
  const count = (kind: 'genuine' | 'impostor') => folds.reduce((sum, fold) => sum + fold[kind].length, 0);
  return scorers.map((scorer): ProtocolAccuracy => {
    const scoreOf = (pair: ReturnType<typeof cosinesOf>) =>
      pair === null ? -Infinity : scorer.score(pair.cosines, pair.identity);
    const scored = compared.map(({ genuine, impostor }) => ({
      genuine: genuine.map(scoreOf),
      impostor: impostor.map(scoreOf),
    }));
    return {
      method: scorer.id,
      genuine: count('genuine'),
      impostor: count('impostor'),
      ...foldAccuracy(scored),
    };
  });
}
