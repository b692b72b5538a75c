import { type DepthImage, fitDepth, type Welcome } from '@veriframe/protocol';
import { startCapture, type CapturedFrame } from './capture.ts';
import type { Connection } from './connection.ts';
import { FaceSessionError } from './errors.ts';
import { adaptPace, frameSize, isFrameDue, type Pace, shrinkPace, startPace } from './pace.ts';

/** The connection counts as lost when frames are unanswered and no message came for this long. */
const STALL_MS = 10_000;
/**
 * While help on the device holds pictures back, one is still sent this often, so that the server can update its status.
 */
const GLIMPSE_MS = 1_000;

interface FrameSenderOptions {
  readonly connection: Connection;
  readonly video: HTMLVideoElement;
  readonly limits: Welcome['limits'];
  /** Called for each picture. True: the picture is not worth sending. */
  readonly holdsBack: () => boolean;
  /** Called for each picture. Returns the number of the colour that is shown around it, or null for none. */
  readonly shown: () => number | null;
  /** Called for each picture. Returns what the depth sensor sees; null: nothing yet. Absent: there is no sensor. */
  readonly depth?: (() => DepthImage | null) | undefined;
  readonly onFailure: (error: FaceSessionError) => void;
}

/**
 * Streams the pictures of the camera within the server's credit and limits, at a rate that the network and the server
 * can handle.
 */
export class FrameSender {
  readonly #connection: Connection;
  readonly #limits: Welcome['limits'];
  readonly #holdsBack: () => boolean;
  readonly #shown: () => number | null;
  /** Null: no depth is sent. */
  readonly #depth: (() => DepthImage | null) | null;
  readonly #stopCapture: () => void;
  readonly #stallTimer: ReturnType<typeof setInterval>;
  #pace: Pace;
  #credits = 0;
  #seq = 0;
  #frameBytes = 0;
  #wantedAtMs: number | null = null;
  #wantedShown: number | null = null;
  #wantedDepth: DepthImage | null = null;
  #lastMessageAtMs = performance.now();
  /** Send times of the frames whose credit is still missing, oldest first. */
  #sentAtMs: number[] = [];

  constructor({ connection, video, limits, holdsBack, shown, depth, onFailure }: FrameSenderOptions) {
    this.#connection = connection;
    this.#limits = limits;
    this.#holdsBack = holdsBack;
    this.#shown = shown;
    this.#depth = limits.maxDepthPixels === undefined ? null : (depth ?? null);
    this.#pace = startPace(limits.maxFramesPerSecond, performance.now());
    this.#stopCapture = startCapture({
      video,
      want: (camera) => this.#want(camera),
      onFrame: (frame) => this.#send(frame),
      onFailure: (cause) => onFailure(new FaceSessionError('capture.failed', { cause })),
    });
    this.#stallTimer = setInterval(() => {
      if (this.#sentAtMs.length > 0 && performance.now() - this.#lastMessageAtMs > STALL_MS)
        onFailure(new FaceSessionError('connection.lost'));
    }, 1_000);
  }

  /** Called for every message of the server, which shows that the connection works. */
  onMessage(): void {
    this.#lastMessageAtMs = performance.now();
  }

  /**
   * Allows `frames` more frames. The first credit answers no frame; each later one answers the oldest unanswered
   * frames.
   */
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
    if (this.#holdsBack() && this.#wantedAtMs !== null && nowMs - this.#wantedAtMs < GLIMPSE_MS) return null;
    if (this.#depth !== null) {
      this.#wantedDepth = this.#depth();
      // Depth comes with all frames or with none (SPEC R44).
      if (this.#wantedDepth === null) return null;
    }
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
    const seen = this.#wantedDepth;
    const depth = seen === null ? null : fitDepth(seen, image.byteLength, this.#limits);
    if (seen !== null && depth === null) {
      this.#pace = shrinkPace(this.#pace, nowMs);
      return;
    }
    const shown = this.#wantedShown === null ? {} : { shown: this.#wantedShown };
    const ofSensor = depth === null ? {} : { depth };
    this.#connection.send({ type: 'frame', seq: this.#seq, capturedAtMs, image, ...shown, ...ofSensor });
    this.#seq += 1;
    this.#credits -= 1;
    this.#frameBytes = image.byteLength;
    this.#sentAtMs.push(nowMs);
  }
}
