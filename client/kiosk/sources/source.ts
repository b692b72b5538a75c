import type { DepthImage } from '@veriframe/protocol';

/** One picture and the time at which it was taken. */
export interface SourceFrame {
  /** This machine's clock, in ms since the epoch. */
  readonly capturedAtMs: number;
  /**
   * The picture in a form that the server accepts. It is read and encoded only on this call, so a dropped frame needs
   * no work. Rejects with `source.unreadable` or `source.too_large`.
   */
  picture(): Promise<Uint8Array>;
  /**
   * What a depth sensor saw at that time; absent: there is none. Read only on this call. Rejects with
   * `source.unreadable`.
   */
  readonly depth?: () => Promise<DepthImage>;
}

/** Makes a picture fit the server's limits. See `pictureFitter`. */
export type FitPicture = (bytes: Uint8Array) => Promise<Uint8Array>;

export interface PlayOptions {
  readonly fit: FitPicture;
  /** Ends the frames without an error and releases the resources of the source. */
  readonly signal: AbortSignal;
}

/**
 * A source of pictures in real time. It is opened before a session is requested, so that a missing source needs no
 * session.
 */
export interface FrameSource {
  /**
   * Frames at the rate of the source. A frame that is not taken before the next one arrives is dropped. Ends when the
   * source ends; throws a `KioskError` when it fails. May be called once.
   */
  play(options: PlayOptions): AsyncIterable<SourceFrame>;
}
