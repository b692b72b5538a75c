import type { ErrorCode } from '../../protocol/errors.ts';
import type { EmbeddingModelId, PadModelId } from '../../models/ids.ts';
import type { AnalysisOptions, FaceRegion, FrameAnalysis } from '../vision/analysis.ts';

/** One frame to look at. `image` is handed over: the sender may not touch it afterwards. */
export interface AnalyzeRequest {
  readonly image: ArrayBuffer;
  /** Where the face was, or null to search the whole frame. */
  readonly region: FaceRegion | null;
  readonly wants: AnalysisOptions;
}

/** Milliseconds spent in each stage on the worker. */
export interface AnalyzeTimings {
  readonly decodeMs: number;
  readonly detectMs: number;
  readonly meshMs: number;
  readonly eyesMs: number;
  readonly embedMs: number;
  readonly padMs: number;
  readonly totalMs: number;
}

export type AnalyzeReply =
  | { readonly ok: true; readonly analysis: FrameAnalysis; readonly timings: AnalyzeTimings }
  | {
      readonly ok: false;
      readonly code: Extract<ErrorCode, 'frame.undecodable' | 'frame.too_many_pixels' | 'server.internal'>;
    };

/** Which models a pool has loaded: decides the tier. */
export interface LoadedModels {
  readonly embeddings: readonly EmbeddingModelId[];
  readonly pad: readonly PadModelId[];
  /** Whether living motion can be judged. */
  readonly motion?: boolean;
}

/**
 * A pool of workers. Callers take turns in the order they asked: `take` is called when a worker is free, so that
 * the caller hands over its newest frame and not the one it had when it asked.
 */
export interface FrameAnalyzer {
  readonly models: LoadedModels;
  /** Those that can take frames now: one that was lost counts again when its successor is warm. */
  readonly workers: number;
  /** Turns waiting for a worker. */
  readonly queueDepth: number;
  /**
   * Asks for a turn. `take` returns the frame, or null to give the turn up; then `done` is not called.
   * `done` is called exactly once for each frame taken, with `server.internal` when its worker died or hung.
   * Returns a function that withdraws a turn not yet taken.
   */
  requestTurn(take: () => AnalyzeRequest | null, done: (reply: AnalyzeReply) => void): () => void;
  /** Finishes running frames, refuses new ones, ends the workers. */
  close(): Promise<void>;
}
