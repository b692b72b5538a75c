/** One picture at the moment it was taken. */
export interface SourceFrame {
  /** This machine's clock, in ms since the epoch. */
  readonly capturedAtMs: number;
  /**
   * The picture as the server takes it. Work is done only when this is called, so a dropped frame costs nothing.
   * Rejects with `source.unreadable` or `source.too_large`.
   */
  picture(): Promise<Uint8Array>;
}

/** Makes any picture fit the server's limits. See `pictureFitter`. */
export type FitPicture = (bytes: Uint8Array) => Promise<Uint8Array>;

export interface PlayOptions {
  readonly fit: FitPicture;
  /** Ends the frames quietly and frees what the source holds. */
  readonly signal: AbortSignal;
}

/** Something that yields pictures in real time. Opened, hence known to exist, before a session is asked for. */
export interface FrameSource {
  /**
   * Frames at the pace of the source. A frame that nobody takes before the next one is there is lost: the newest
   * wins. Ends when the source ends; throws a `KioskError` when it fails. May be called once.
   */
  play(options: PlayOptions): AsyncIterable<SourceFrame>;
}
