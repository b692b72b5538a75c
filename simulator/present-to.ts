import { setTimeout as delay } from 'node:timers/promises';
import type { Decision, ErrorMessage, Status } from '../protocol/downstream.ts';
import type { Presenter } from './presenter.ts';

/** A session as a client holds it: takes pictures, tells what the server says. */
export interface FrameSink {
  /** False when the picture was not taken. */
  sendFrame(picture: Uint8Array, capturedAtMs: number): boolean;
  /** Ends with the session; throws when the session ends without a decision. */
  readonly events: AsyncIterable<Status | Decision | ErrorMessage>;
}

export interface PresentationCounts {
  readonly offered: number;
  readonly taken: number;
}

/**
 * Puts a presenter in front of a session's camera, in real time, until the session ends. Resolves with what was
 * sent; rejects with the error that `events` throws. Frames that come late are left out, not caught up with.
 */
export async function presentTo(
  session: FrameSink,
  presenter: Presenter,
  { fps = 25 }: { readonly fps?: number } = {},
): Promise<PresentationCounts> {
  const over = new AbortController();
  const listening = (async () => {
    for await (const event of session.events) {
      if (event.type === 'status') presenter.onStatus?.(event, nowMs());
    }
  })().finally(() => over.abort());
  // It is awaited below; until then a rejection must not count as unhandled.
  listening.catch(() => {});

  let offered = 0;
  let taken = 0;
  let dueMs = nowMs();
  while (!over.signal.aborted) {
    const capturedAtMs = nowMs();
    offered += 1;
    if (session.sendFrame(await presenter.frameAt(capturedAtMs), capturedAtMs)) taken += 1;
    dueMs = Math.max(dueMs + 1000 / fps, nowMs());
    await delay(dueMs - nowMs(), undefined, { signal: over.signal }).catch(() => {});
  }
  await listening;
  return { offered, taken };
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
