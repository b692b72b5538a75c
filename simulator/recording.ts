import type { Presenter } from './presenter.ts';

export interface RecordedFrame {
  readonly atMs: number;
  readonly jpeg: Buffer;
}

export interface RecordingSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly fps: number;
}

/** Takes the pictures of a span of time, as fast as they can be made. */
export async function record(
  presenter: Presenter,
  { fromMs, toMs, fps }: RecordingSpan,
): Promise<RecordedFrame[]> {
  const count = Math.max(0, Math.floor(((toMs - fromMs) * fps) / 1000));
  const frames: RecordedFrame[] = [];
  for (let i = 0; i < count; i++) {
    const atMs = fromMs + (i * 1000) / fps;
    frames.push({ atMs, jpeg: await presenter.frameAt(atMs) });
  }
  return frames;
}

/**
 * Plays a recording from `startMs` on, over and over, whatever the server asks for: the same bytes again, as from a
 * virtual camera. Throws RangeError when there are no frames.
 */
export function replay(frames: readonly RecordedFrame[], startMs: number): Presenter {
  if (frames.length === 0) throw new RangeError('The recording is empty.');
  const firstMs = frames[0].atMs;
  const stepMs = frames.length > 1 ? (frames[frames.length - 1].atMs - firstMs) / (frames.length - 1) : 1;
  return {
    async frameAt(atMs) {
      const index = Math.floor((atMs - startMs) / stepMs + 1e-6) % frames.length;
      return frames[index < 0 ? index + frames.length : index].jpeg;
    },
  };
}
