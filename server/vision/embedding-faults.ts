import { EMBEDDING_MODELS } from '../../models/ids.ts';
import type { Embeddings } from './analysis.ts';

/**
 * How far the length of an L2-normalised embedding may be from 1: far more than rounding, far less than unnormalised.
 */
const UNIT_LENGTH_TOLERANCE = 1e-3;

const MODELS: ReadonlySet<string> = new Set(EMBEDDING_MODELS);

/**
 * Why embeddings cannot be stored or compared, as a sentence without any of their values. Null when they can: there is
 * at least one, all are of known models, finite and of length 1.
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
