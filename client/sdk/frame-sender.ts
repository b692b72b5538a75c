import type { Welcome } from '../../protocol/downstream.ts';
import { startCapture, type CapturedFrame } from './capture.ts';
import type { Connection } from './connection.ts';
import { FaceSessionError } from './errors.ts';
import { adaptPace, frameSize, isFrameDue, type Pace, shrinkPace, startPace } from './pace.ts';

/** Nothing heard for this long while frames are out means that the other end is gone. */
const STALL_MS = 10_000;

/** Streams the camera's pictures within the server's credit and limits, at a pace the link and the server bear. */
export class FrameSender {
  readonly #connection: Connection;
  readonly #limits: Welcome['limits'];
  readonly #stopCapture: () => void;
  readonly #stallTimer: ReturnType<typeof setInterval>;
  #pace: Pace;
  #credits = 0;
  #seq = 0;
  #frameBytes = 0;
  #wantedAtMs: number | null = null;
  #heardAtMs = performance.now();
  /** When each frame left whose credit is not back yet, oldest first. */
  #sentAtMs: number[] = [];

  constructor(
    connection: Connection,
    video: HTMLVideoElement,
    limits: Welcome['limits'],
    onFailure: (error: FaceSessionError) => void,
  ) {
    this.#connection = connection;
    this.#limits = limits;
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
    this.#wantedAtMs = nowMs;
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
    this.#connection.send({ type: 'frame', seq: this.#seq, capturedAtMs, image });
    this.#seq += 1;
    this.#credits -= 1;
    this.#frameBytes = image.byteLength;
    this.#sentAtMs.push(nowMs);
  }
}
