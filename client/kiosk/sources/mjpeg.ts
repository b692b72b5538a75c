import { KioskError } from '../errors.ts';
import { readDepth } from './depth.ts';
import { latest } from './latest.ts';
import { isPng, splitMjpeg } from './mjpeg-splitter.ts';
import { paced } from './pace.ts';
import type { FrameSource, PlayOptions, SourceFrame } from './source.ts';

interface MjpegOptions {
  /** Reads at this rate; for streams without their own pace. Null: reads as the bytes come. */
  readonly framesPerSecond: number | null;
}

/**
 * A source of consecutive JPEG pictures, as `cat *.jpg` or `ffmpeg -f mjpeg` write them. A PNG before a picture is its
 * depth image (see `readDepth`). The source ends with the stream. It throws `source.empty` when the stream held no
 * complete picture.
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
    const split = withDepth(splitMjpeg(stream));
    for await (const { picture, png } of framesPerSecond === null
      ? split
      : paced(split, framesPerSecond, signal)) {
      pictures += 1;
      yield {
        capturedAtMs: Date.now(),
        picture: () => fit(picture),
        ...(png === null ? {} : { depth: () => readDepth(png, { kind: 'png' }) }),
      };
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

/** Joins each picture with the depth image that came before it: so none has to wait for what may never come. */
async function* withDepth(
  images: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly picture: Buffer; readonly png: Buffer | null }> {
  let png: Buffer | null = null;
  for await (const image of images) {
    if (isPng(image)) {
      png = image;
      continue;
    }
    yield { picture: image, png };
    png = null;
  }
}
