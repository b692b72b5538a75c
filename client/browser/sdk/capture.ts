import { createFrameEncoder, type FrameSettings } from './encoder.ts';

export interface CapturedFrame {
  readonly image: Uint8Array<ArrayBuffer>;
  /** Milliseconds since the epoch, monotonic within the page. */
  readonly capturedAtMs: number;
}

interface CaptureOptions {
  readonly video: HTMLVideoElement;
  /** Called for each picture of the camera. Returns how to encode it, or null to skip it. */
  readonly want: (camera: { width: number; height: number }) => FrameSettings | null;
  readonly onFrame: (frame: CapturedFrame) => void;
  readonly onFailure: (cause: unknown) => void;
}

/**
 * Follows the pictures of the camera and encodes those that are wanted, one at a time. Pictures that arrive during an
 * encoding are skipped. Returns the function that stops it.
 */
export function startCapture({ video, want, onFrame, onFailure }: CaptureOptions): () => void {
  const encoder = createFrameEncoder();
  let isEncoding = false;
  let isStopped = false;

  const stop = () => {
    isStopped = true;
    stopFollowing();
    encoder.close();
  };
  const take = async (capturedAtMs: number) => {
    const camera = { width: video.videoWidth, height: video.videoHeight };
    if (camera.width === 0 || isEncoding) return;
    isEncoding = true;
    try {
      const settings = want(camera);
      if (settings === null) return;
      const image = await encoder.encode(video, settings);
      if (!isStopped) onFrame({ image: new Uint8Array(image), capturedAtMs });
    } catch (cause) {
      if (isStopped) return;
      stop();
      onFailure(cause);
    } finally {
      isEncoding = false;
    }
  };
  const stopFollowing = followPictures(video, (pageTimeMs) => {
    void take(performance.timeOrigin + pageTimeMs);
  });
  return stop;
}

/** Calls `onPicture` with the page time at which each new picture was captured. Returns the function that stops it. */
export function followPictures(video: HTMLVideoElement, onPicture: (pageTimeMs: number) => void): () => void {
  let handle = 0;
  if ('requestVideoFrameCallback' in video) {
    const next = (now: number, { captureTime }: VideoFrameCallbackMetadata) => {
      handle = video.requestVideoFrameCallback(next);
      onPicture(captureTime ?? now);
    };
    handle = video.requestVideoFrameCallback(next);
    return () => video.cancelVideoFrameCallback(handle);
  }
  const fallback: HTMLVideoElement = video;
  let lastTime = -1;
  const poll = (now: number) => {
    handle = requestAnimationFrame(poll);
    if (fallback.currentTime === lastTime) return;
    lastTime = fallback.currentTime;
    onPicture(now);
  };
  handle = requestAnimationFrame(poll);
  return () => cancelAnimationFrame(handle);
}
