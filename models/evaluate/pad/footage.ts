import type { FrameAnalysis } from '../../../server/vision/analysis.ts';

/** The full analyses of a sequence of frames, each with its face followed from the frame before. */
export interface Footage {
  readonly id: string;
  readonly framesPerSecond: number;
  readonly frames: readonly FrameAnalysis[];
}

/** A source of frames that can be read any number of times: rendered, or read from files. */
export interface FootageSource {
  /** Names the frames in the cache: the same id must always give the same frames. */
  readonly id: string;
  readonly framesPerSecond: number;
  /**
   * The optional analyses run on every frame whose index is a multiple of this. The other frames take their results
   * from the nearest such frame. Default 3.
   */
  readonly lookEvery?: number;
  /** Encoded images, in order. */
  readonly pictures: () => AsyncIterable<Buffer>;
}

/** Duration of a footage in milliseconds. */
export function durationMs({ frames, framesPerSecond }: Footage): number {
  return (1000 * frames.length) / framesPerSecond;
}
