import type { FrameAnalysis } from '../../../server/vision/analysis.ts';

/** What the vision code made of a run of frames, each followed from the one before, with every look it can take. */
export interface Footage {
  readonly id: string;
  readonly framesPerSecond: number;
  readonly frames: readonly FrameAnalysis[];
}

/** Frames that can be had again at any time: rendered, or read from files. */
export interface FootageSource {
  /** Names the frames in the cache: the same id must always give the same ones. */
  readonly id: string;
  readonly framesPerSecond: number;
  /** Every look is taken of each frame with this number; the others borrow the nearest one's. Default 3. */
  readonly lookEvery?: number;
  /** Encoded pictures, in order. */
  readonly pictures: () => AsyncIterable<Buffer>;
}

/** Milliseconds that a footage lasts. */
export function durationMs({ frames, framesPerSecond }: Footage): number {
  return (1000 * frames.length) / framesPerSecond;
}
