import type { Welcome } from '@veriframe/protocol';
import { startCapture, type CapturedFrame } from './capture.ts';
import type { Connection } from './connection.ts';
import { FaceSessionError } from './errors.ts';
import { adaptPace, frameSize, isFrameDue, type Pace, shrinkPace, startPace } from './pace.ts';

/** Nothing heard for this long while frames are out means that the other end is gone. */
const STALL_MS = 10_000;
/** What help on the device keeps back the server still glimpses this often, so that it knows who is there. */
const GLIMPSE_MS = 1_000;

export interface FrameSenderOptions {
  readonly connection: Connection;
  readonly video: HTMLVideoElement;
  readonly limits: Welcome['limits'];
  /** Asked at each picture whether it is not worth sending. */
  readonly keepsBack: () => boolean;
  /** Asked at each picture which colour is shown around it, by number; null for none. */
  readonly shown: () => number | null;
  readonly onFailure: (error: FaceSessionError) => void;
}

/** Streams the camera's pictures within the server's credit and limits, at a pace the link and the server bear. */
export class FrameSender {
  readonly #connection: Connection;
  readonly #limits: Welcome['limits'];
  readonly #keepsBack: () => boolean;
  readonly #shown: () => number | null;
  readonly #stopCapture: () => void;
  readonly #stallTimer: ReturnType<typeof setInterval>;
  #pace: Pace;
  #credits = 0;
  #seq = 0;
  #frameBytes = 0;
  #wantedAtMs: number | null = null;
  #wantedShown: number | null = null;
  #heardAtMs = performance.now();
  /** When each frame left whose credit is not back yet, oldest first. */
  #sentAtMs: number[] = [];

  constructor({ connection, video, limits, keepsBack, shown, onFailure }: FrameSenderOptions) {
    this.#connection = connection;
    this.#limits = limits;
    this.#keepsBack = keepsBack;
    this.#shown = shown;
    this.#pace = startPace(limits.maxFramesPerSecond, performance.now());
    this.#stopCapture = startCapture({
      video,
      want: (camera) => this.#want(camera),
      onFrame: (frame) => this.#send(frame),
      onFailure: (cause) => onFailure(new FaceSessionError('capture.failed', { cause })),
    });
    this.#stallTimer = setInterval(() => {
      if (this.#sentAtMs.length > 0 && performance.now() - this.#heardAtMs > STALL_MS)
        onFailure(new FaceSessionError('connection.lost'));
    }, 1_000);
  }

  /** Any message of the server shows that it lives. */
  heard(): void {
    this.#heardAtMs = performance.now();
  }

  /** `frames` more may be sent. The first credit answers no frame, the others the oldest ones still out. */
  credit(frames: number): void {
    const nowMs = performance.now();
    this.#credits += frames;
    for (const sentAtMs of this.#sentAtMs.splice(0, frames)) {
      const sample = {
        roundTripMs: nowMs - sentAtMs,
        backlogBytes: this.#connection.backlogBytes,
        frameBytes: this.#frameBytes,
      };
      this.#pace = adaptPace(this.#pace, sample, this.#limits.maxFramesPerSecond, nowMs);
    }
  }

  stop(): void {
    clearInterval(this.#stallTimer);
    this.#stopCapture();
  }

  #want(camera: { width: number; height: number }) {
    const nowMs = performance.now();
    const isClear = this.#connection.backlogBytes <= this.#frameBytes;
    if (this.#credits === 0 || !isClear || !isFrameDue(this.#pace, this.#wantedAtMs, nowMs)) return null;
    if (this.#keepsBack() && this.#wantedAtMs !== null && nowMs - this.#wantedAtMs < GLIMPSE_MS) return null;
    this.#wantedAtMs = nowMs;
    this.#wantedShown = this.#shown();
    return {
      ...frameSize(camera, this.#pace.scale, this.#limits.maxImagePixels),
      quality: this.#pace.quality,
    };
  }

  #send({ image, capturedAtMs }: CapturedFrame): void {
    const nowMs = performance.now();
    if (image.byteLength > this.#limits.maxImageBytes) {
      this.#pace = shrinkPace(this.#pace, nowMs);
      return;
    }
    const shown = this.#wantedShown === null ? {} : { shown: this.#wantedShown };
    this.#connection.send({ type: 'frame', seq: this.#seq, capturedAtMs, image, ...shown });
    this.#seq += 1;
    this.#credits -= 1;
    this.#frameBytes = image.byteLength;
    this.#sentAtMs.push(nowMs);
  }
}
