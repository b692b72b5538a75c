import { EMBEDDING_MODELS } from '../../models/ids.ts';
import type { Embeddings } from '../vision/analysis.ts';

/** The sums of the L2-normalised embeddings of one face over a session, by model. */
export interface EmbeddingPool {
  readonly frames: number;
  readonly sums: Embeddings;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export const emptyPool: EmbeddingPool = { frames: 0, sums: {}, firstAtMs: 0, lastAtMs: 0 };

export function addToPool(pool: EmbeddingPool, embeddings: Embeddings, atMs: number): EmbeddingPool {
  const sums: Partial<Record<keyof Embeddings, Float32Array>> = {};
  for (const model of EMBEDDING_MODELS) {
    const before = pool.sums[model];
    const added = embeddings[model];
    const sum = before === undefined ? added : added === undefined ? before : plus(before, added);
    if (sum !== undefined) sums[model] = sum;
  }
  return {
    frames: pool.frames + 1,
    sums,
    firstAtMs: pool.frames === 0 ? atMs : pool.firstAtMs,
    lastAtMs: atMs,
  };
}

/**
 * The L2-normalised mean of each model's embeddings; empty for an empty pool. On webcam recordings, no other cheap step
 * improves accuracy as much as averaging about five good frames.
 */
export function poolMean(pool: EmbeddingPool): Embeddings {
  const means: Partial<Record<keyof Embeddings, Float32Array>> = {};
  for (const model of EMBEDDING_MODELS) {
    const sum = pool.sums[model];
    if (sum !== undefined) means[model] = normalised(sum);
  }
  return means;
}

function plus(a: Float32Array, b: Float32Array): Float32Array {
  return a.length === b.length ? a.map((value, i) => value + b[i]) : a;
}

function normalised(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  return vector.map((value) => value * scale);
}
