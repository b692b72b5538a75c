import { KioskError } from '../errors.ts';
import { latest } from './latest.ts';
import { splitMjpeg } from './mjpeg-splitter.ts';
import { paced } from './pace.ts';
import type { FrameSource, PlayOptions, SourceFrame } from './source.ts';

interface MjpegOptions {
  /** Reads at this rate; for streams without their own pace. Null: reads as the bytes come. */
  readonly framesPerSecond: number | null;
}

/**
 * A source of consecutive JPEG pictures, as `cat *.jpg` or `ffmpeg -f mjpeg` write them. It ends with the stream. It
 * throws `source.empty` when the stream held no complete picture.
 */
export function mjpegSource(
  stream: AsyncIterable<Uint8Array> & { destroy(): unknown },
  options: MjpegOptions,
): FrameSource {
  return { play: (play) => latest(playMjpeg(stream, options, play)) };
}

async function* playMjpeg(
  stream: AsyncIterable<Uint8Array> & { destroy(): unknown },
  { framesPerSecond }: MjpegOptions,
  { fit, signal }: PlayOptions,
): AsyncGenerator<SourceFrame> {
  const stop = () => void stream.destroy();
  signal.addEventListener('abort', stop);
  let pictures = 0;
  try {
    const split = splitMjpeg(stream);
    for await (const picture of framesPerSecond === null ? split : paced(split, framesPerSecond, signal)) {
      pictures += 1;
      yield { capturedAtMs: Date.now(), picture: () => fit(picture) };
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  if (pictures === 0 && !signal.aborted) throw new KioskError('source.empty', 'The stream held no JPEG.');
}
