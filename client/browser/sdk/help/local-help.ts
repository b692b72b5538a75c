import { followPictures } from '../capture.ts';
import type { HelpReply, HelpRequest } from './help-worker.ts';
import type { PlacementAdvice } from './placement-advice.ts';

interface LocalHelpOptions {
  /** Address of the folder with MediaPipe's files: see `help` of `FaceSessionOptions`. */
  readonly folder: string | URL;
  readonly video: HTMLVideoElement;
  /** Called for each picture. False: no help is needed now. */
  readonly isWanted: () => boolean;
  readonly onAdvice: (advice: PlacementAdvice) => void;
}

/** Most pictures analysed a second. The limit leaves computing time for the page. */
const PICTURES_PER_SECOND = 15;
/** Faces are found equally well at this width, and a small picture is quicker to transfer. */
const PICTURE_WIDTH = 320;

/**
 * Analyses the pictures of the camera on the device, in its own worker, and reports at once what to change. It reports
 * nothing when a file that it needs is missing or the page's policy forbids it; then only the server gives hints.
 * Returns the function that stops it.
 */
export function startLocalHelp({ folder, video, isWanted, onAdvice }: LocalHelpOptions): () => void {
  const worker = startWorker();
  if (worker === null) return () => {};
  const post = (request: HelpRequest, transfer: Transferable[] = []) => worker.postMessage(request, transfer);
  let isFree = false;
  let lookedAtMs = -Infinity;

  const look = async (nowMs: number) => {
    if (!isFree || nowMs - lookedAtMs < 1000 / PICTURES_PER_SECOND || video.videoWidth === 0 || !isWanted())
      return;
    isFree = false;
    lookedAtMs = nowMs;
    const resizeHeight = Math.round((PICTURE_WIDTH * video.videoHeight) / video.videoWidth);
    const size = { resizeWidth: PICTURE_WIDTH, resizeHeight, resizeQuality: 'low' } as const;
    try {
      const picture = await createImageBitmap(video, size);
      post({ picture, atMs: nowMs }, [picture]);
    } catch {
      // The video has no picture at this moment. The next one is analysed.
      isFree = true;
    }
  };
  const stopFollowing = followPictures(video, () => void look(performance.now()));
  const stop = () => {
    stopFollowing();
    worker.terminate();
  };
  worker.addEventListener('error', stop);
  worker.addEventListener('message', ({ data }: MessageEvent<HelpReply>) => {
    if ('failure' in data) return stop();
    isFree = true;
    if ('advice' in data) onAdvice(data.advice);
  });
  post({ folder: new URL(folder, document.baseURI).href.replace(/\/?$/, '/') });
  return stop;
}

function startWorker(): Worker | null {
  try {
    return new Worker(new URL('./help-worker.js', import.meta.url), { type: 'module' });
  } catch {
    return null;
  }
}
