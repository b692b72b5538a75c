import type { Performance } from '../index.ts';

/** Somebody, or something, that can be drawn while it performs. */
export interface Performer {
  /** The camera's picture at that instant. */
  frameAt(performances: readonly Performance[], atMs: number): Promise<Buffer>;
}
