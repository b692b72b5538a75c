import type { Status } from '../protocol/downstream.ts';
import type { PublicStatus } from '../protocol/status.ts';

/** What the server shows to the person, as the server holds it or as it came over the wire. */
export type ShownStatus = PublicStatus | Status;

/** Whoever or whatever is in front of the camera. */
export interface Presenter {
  /** The camera's picture at that instant: a JPEG. Instants may be asked for in any order. */
  frameAt(atMs: number): Promise<Buffer>;
  /** Hears what the server shows to the person. */
  onStatus?(status: ShownStatus, atMs: number): void;
}

/** Size of the camera's picture in pixels. */
export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

export const WEBCAM_SIZE: FrameSize = { width: 640, height: 480 };
