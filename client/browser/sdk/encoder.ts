import { createCanvasEncoder, type Encode, type EncodeSettings } from './canvas-encoder.ts';
import { EncoderTrials, type EncoderPlace } from './encoder-trials.ts';

export interface WorkerRequest extends EncodeSettings {
  readonly picture: ImageBitmap;
}
export type WorkerReply = { readonly image: ArrayBuffer } | { readonly failure: string };

export type FrameSettings = Omit<EncodeSettings, 'format'>;

/** Encodes the frames of a session with the best variant of this browser. One frame at a time. */
interface FrameEncoder {
  encode(video: HTMLVideoElement, settings: FrameSettings): Promise<ArrayBuffer>;
  close(): void;
}

/** A worker that cannot start because of its origin or the page's policy does not answer in this time. */
const WORKER_DEADLINE_MS = 2_000;

export function createFrameEncoder(): FrameEncoder {
  const worker = startWorker();
  const trials = new EncoderTrials({ hasWorker: worker !== null });
  const encodeOnPage = createCanvasEncoder();
  const encodeIn: Record<EncoderPlace, Encode<HTMLVideoElement>> = {
    page: encodeOnPage,
    worker: (video, settings) =>
      worker === null ? encodeOnPage(video, settings) : encodeInWorker(worker, video, settings),
  };

  return {
    async encode(video, settings) {
      for (;;) {
        const variant = trials.next();
        const startedAtMs = performance.now();
        try {
          const image = await encodeIn[variant.place](video, { ...settings, format: variant.format });
          trials.record(variant, performance.now() - startedAtMs, image.byteLength);
          return image;
        } catch (cause) {
          if (variant.place === 'page' && variant.format === 'image/jpeg') throw cause;
          trials.exclude(variant);
        }
      }
    },
    close() {
      worker?.terminate();
    },
  };
}

function startWorker(): Worker | null {
  if (typeof Worker === 'undefined' || typeof OffscreenCanvas === 'undefined') return null;
  try {
    return new Worker(new URL('./encode-worker.js', import.meta.url), { type: 'module' });
  } catch {
    return null;
  }
}

async function encodeInWorker(
  worker: Worker,
  video: HTMLVideoElement,
  settings: EncodeSettings,
): Promise<ArrayBuffer> {
  const picture = await createImageBitmap(video);
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const settle = (settlement: () => void) => {
      listening.abort();
      clearTimeout(deadline);
      settlement();
    };
    const deadline = setTimeout(
      () => settle(() => reject(new Error('the worker does not answer'))),
      WORKER_DEADLINE_MS,
    );
    worker.addEventListener(
      'message',
      ({ data }: MessageEvent<WorkerReply>) =>
        settle(() => ('image' in data ? resolve(data.image) : reject(new Error(data.failure)))),
      { signal: listening.signal },
    );
    worker.addEventListener('error', () => settle(() => reject(new Error('the worker failed to load'))), {
      signal: listening.signal,
    });
    const request: WorkerRequest = { ...settings, picture };
    worker.postMessage(request, [picture]);
  });
}
