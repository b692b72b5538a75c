import { fuseScores } from '../../server/matching/compare.ts';
import type { EmbeddingModelId } from '../ids.ts';
import type { Cosines } from './compare-all.ts';

/** One way to turn the cosines of a comparison into a score. */
export interface Scorer {
  readonly id: string;
  readonly label: string;
  /** Range of the score; what lies outside counts as its end. */
  readonly low: number;
  readonly high: number;
  /** Whether the comparison of these two identities counts. */
  readonly covers: (identity: number, other: number) => boolean;
  readonly score: (cosines: Readonly<Cosines>, identity: number) => number;
}

const everyone = () => true;

const LABELS: Readonly<Record<EmbeddingModelId, string>> = {
  faceres: 'faceres',
  dlib: 'dlib',
  mobilefacenet: 'MobileFaceNet',
};

/** One network's cosine. */
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

/** The base tier's method: faceres and dlib, fused as the server does. */
export const FUSED: Scorer = {
  id: 'fused',
  label: 'faceres + dlib fused',
  low: -14,
  high: 12,
  covers: everyone,
  score: (cosines) => fuseScores(cosines.faceres, cosines.dlib),
};

/** The methods that the server compares with when these networks are loaded; last the one it prefers. */
export function productScorers(models: readonly EmbeddingModelId[]): Scorer[] {
  const has = (model: EmbeddingModelId) => models.includes(model);
  return [
    ...(has('faceres') ? [cosineScorer('faceres')] : []),
    ...(has('dlib') ? [cosineScorer('dlib')] : []),
    ...(has('faceres') && has('dlib') ? [FUSED] : []),
    ...(has('mobilefacenet') ? [cosineScorer('mobilefacenet')] : []),
  ];
}
