import type { FaceAnalysis, FrameAnalysis } from '../vision/analysis.ts';

/** One analysed frame with its times. */
export interface Sample {
  readonly seq: number;
  /** Server time at which the frame arrived. */
  readonly atMs: number;
  /** The client's clock. */
  readonly capturedAtMs: number;
  readonly analysis: FrameAnalysis;
  /** Number of the colour that the client says it showed; null or absent: none. */
  readonly shown?: number | null;
  /** Another session has shown this very picture; absent where no pictures are remembered. */
  readonly seenBefore?: boolean;
  /** The client's camera has the name of a program that poses as a camera; absent: it does not. */
  readonly virtualCamera?: boolean;
}

export function faceOf(sample: Sample): FaceAnalysis | null {
  return sample.analysis.face.found ? sample.analysis.face.value : null;
}

/** The median of a list that is not empty; of an even number of values, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1] + upper) / 2;
}
