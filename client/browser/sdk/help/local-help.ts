import { followPictures } from '../capture.ts';
import type { HelpReply, HelpRequest } from './help-worker.ts';
import type { Guidance } from './seen-face.ts';

export interface LocalHelpOptions {
  /** Folder of MediaPipe's files, as an address: see `help` of `FaceSessionOptions`. */
  readonly folder: string | URL;
  readonly video: HTMLVideoElement;
  /** Asked at each picture whether help is of use now. */
  readonly isWanted: () => boolean;
  readonly onSeen: (seen: Guidance) => void;
}

/** Pictures looked at a second, at most; the rest of the device's time belongs to the page. */
const PICTURES_PER_SECOND = 15;
/** Faces are found as well in a picture this wide, which is quicker to hand over. */
const PICTURE_WIDTH = 320;

/**
 * Looks at the camera's pictures on the device, in a worker of its own, and says at once what to change. Where
 * anything it needs is missing or forbidden it says nothing: the server's hints suffice. Returns what ends it.
 */
export function startLocalHelp({ folder, video, isWanted, onSeen }: LocalHelpOptions): () => void {
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
      // The camera is between two pictures, or gone; the next one will do.
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
    if ('seen' in data) onSeen(data.seen);
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
