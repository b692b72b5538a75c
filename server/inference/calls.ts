import type { ErrorCode } from '../../protocol/errors.ts';
import type { EmbeddingModelId, PadModelId } from '../../models/ids.ts';
import type { AnalysisOptions, FaceRegion, FrameAnalysis } from '../vision/analysis.ts';
import type { RestTexture } from '../vision/relief/meter.ts';

/** One frame to analyse. The receiver owns `image`: the sender must not touch it afterwards. */
export interface AnalyzeRequest {
  readonly image: ArrayBuffer;
  /** Where the face was in the last frame; null: search the whole frame. */
  readonly region: FaceRegion | null;
  readonly wants: AnalysisOptions;
  /** Textures of the face at rest, for the relief of a turn; absent: none. */
  readonly rests?: readonly RestTexture[];
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

/** The models that a pool has loaded. They decide the tier. */
export interface LoadedModels {
  readonly embeddings: readonly EmbeddingModelId[];
  readonly pad: readonly PadModelId[];
  /** Whether the model of living motion is loaded; absent: no. */
  readonly motion?: boolean;
}

/** Whose turn comes first: frames of sessions are `live`, which is the default. */
export type TurnPriority = 'live' | 'background';

/**
 * A pool of workers. Callers of one priority get their turns in the order in which they asked. `take` is called when a
 * worker is free, so that the caller hands over its newest frame, and not the one that it had when it asked.
 */
export interface FrameAnalyzer {
  readonly models: LoadedModels;
  /** Workers that can take frames now. A lost worker counts again when its successor is warm. */
  readonly workers: number;
  /** Live turns that wait for a worker. */
  readonly queueDepth: number;
  /**
   * Asks for a turn. `take` returns the frame, or null to give up the turn; then `done` is not called. `done` is called
   * exactly once for each frame taken, with `server.internal` when its worker died or hung.
   * @param priority `background`: every other turn goes before it
   * @returns a function that withdraws the turn while it has not been taken
   */
  requestTurn(
    take: () => AnalyzeRequest | null,
    done: (reply: AnalyzeReply) => void,
    priority?: TurnPriority,
  ): () => void;
  /** Finishes the frames that are running, takes no new ones, and ends the workers. */
  close(): Promise<void>;
}
