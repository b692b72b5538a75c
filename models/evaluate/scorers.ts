import { fuseScores } from '../../server/matching/compare.ts';
import type { EmbeddingModelId } from '../ids.ts';
import type { Cosines } from './compare-all.ts';

/** A function from the cosine similarities of a comparison to a score. */
export interface Scorer {
  readonly id: string;
  readonly label: string;
  /** Lower end of the score's range. A score outside the range counts as its nearer end. */
  readonly low: number;
  readonly high: number;
  /** Whether comparisons of these two identities count. */
  readonly covers: (identity: number, other: number) => boolean;
  readonly score: (cosines: Readonly<Cosines>, identity: number) => number;
}

const everyone = () => true;

const LABELS: Readonly<Record<EmbeddingModelId, string>> = {
  faceres: 'faceres',
  dlib: 'dlib',
  mobilefacenet: 'MobileFaceNet',
};

/** Scores by one network's cosine similarity. */
export function cosineScorer(model: EmbeddingModelId): Scorer {
  return {
    id: model,
    label: LABELS[model],
    low: -1,
    high: 1,
    covers: everyone,
    score: (cosines) => cosines[model],
  };
}

/** The base tier's method: the server's fusion of faceres and dlib. */
export const FUSED: Scorer = {
  id: 'fused',
  label: 'faceres + dlib fused',
  low: -14,
  high: 12,
  covers: everyone,
  score: (cosines) => fuseScores(cosines.faceres, cosines.dlib),
};

/** The methods of the server when these networks are loaded. The last one is the method that it prefers. */
export function productScorers(models: readonly EmbeddingModelId[]): Scorer[] {
  const has = (model: EmbeddingModelId) => models.includes(model);
  return [
    ...(has('faceres') ? [cosineScorer('faceres')] : []),
    ...(has('dlib') ? [cosineScorer('dlib')] : []),
    ...(has('faceres') && has('dlib') ? [FUSED] : []),
    ...(has('mobilefacenet') ? [cosineScorer('mobilefacenet')] : []),
  ];
}
