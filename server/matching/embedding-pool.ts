import { EMBEDDING_MODELS } from '../../models/ids.ts';
import type { Embeddings } from '../vision/analysis.ts';

/** The embeddings of one good frame. */
export interface Probe {
  /** When the frame was received, in ms of server time. */
  readonly atMs: number;
  readonly embeddings: Embeddings;
}

/** The sums of the L2-normalised embeddings of one face over a session, by model, and single probes among them. */
export interface EmbeddingPool {
  readonly frames: number;
  readonly sums: Embeddings;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** At most `MAX_KEPT`, in order of time: all of them at first, later an even selection with the latest. */
  readonly kept: readonly Probe[];
}

/** A bound on the memory of a session. At a probe every 200 ms, all of the first five seconds are kept. */
export const MAX_KEPT = 24;

export const emptyPool: EmbeddingPool = { frames: 0, sums: {}, firstAtMs: 0, lastAtMs: 0, kept: [] };

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
    kept: thinned([...pool.kept, { atMs, embeddings }]),
  };
}

/** A pool of these probes alone. */
export function poolOf(probes: readonly Probe[]): EmbeddingPool {
  return probes.reduce((pool, { embeddings, atMs }) => addToPool(pool, embeddings, atMs), emptyPool);
}

/** Leaves out the probe whose neighbours are closest in time, when there are too many. The first and the last stay. */
function thinned(probes: readonly Probe[]): readonly Probe[] {
  if (probes.length <= MAX_KEPT) return probes;
  let least = 1;
  const gap = (at: number) => probes[at + 1].atMs - probes[at - 1].atMs;
  for (let at = 2; at < probes.length - 1; at++) if (gap(at) < gap(least)) least = at;
  return probes.filter((_, at) => at !== least);
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
