import { EMBEDDING_MODELS } from '../../models/ids.ts';
import type { Embeddings } from './analysis.ts';

/** How far from 1 the length of an L2-normalised embedding may be: far above rounding, far below an unnormalised one. */
const UNIT_LENGTH_TOLERANCE = 1e-3;

const MODELS: ReadonlySet<string> = new Set(EMBEDDING_MODELS);

/**
 * What makes embeddings unfit to be kept or compared, as a sentence that carries no value of theirs; null when
 * they are fit: at least one, of known models, finite and of length 1.
 */
export function faultInEmbeddings(embeddings: Embeddings): string | null {
  const entries = Object.entries(embeddings);
  if (entries.length === 0) return 'There is no embedding.';
  for (const [model, vector] of entries) {
    if (!MODELS.has(model)) return 'An embedding is of an unknown model.';
    if (!(vector instanceof Float32Array)) return `The ${model} embedding is not a Float32Array.`;
    if (!(Math.abs(lengthOf(vector) - 1) <= UNIT_LENGTH_TOLERANCE))
      return `The ${model} embedding is not L2-normalised.`;
  }
  return null;
}

/** Euclidean length; NaN when a component is NaN. */
export function lengthOf(vector: Float32Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}
