import { setTimeout as delay } from 'node:timers/promises';
import { KioskError } from './errors.ts';
import type { KioskSession } from './session-client.ts';
import { pictureFitter } from './sources/fit.ts';
import type { FrameSource } from './sources/source.ts';

export interface PumpOptions {
  readonly maxEdgePx: number;
  /** Most frames a second beside the server's own limit; null for that alone. */
  readonly framesPerSecond: number | null;
  /** Ends the pump quietly. */
  readonly signal: AbortSignal;
  /** Told of each picture that was skipped as unreadable. */
  readonly skipped: (error: KioskError) => void;
}

/** This many unreadable pictures in a row end the session: the source is broken, not a picture. */
const MOST_UNREADABLE_IN_A_ROW = 10;
/** Longest wait, after the last frame, for the server to have looked at it: bye ends the session (SPEC R29). */
const LAST_LOOK_MS = 2_000;

/**
 * Plays the source into the session. A frame for which there is no credit, or that comes faster than allowed, is
 * dropped and never queued: the server always sees the present. Says bye and resolves when the source ends or
 * the session is over; throws a `KioskError` when the source fails.
 */
export async function pump(source: FrameSource, session: KioskSession, options: PumpOptions): Promise<void> {
  const { maxEdgePx, framesPerSecond, signal, skipped } = options;
  const limits = session.welcome.limits;
  const fit = pictureFitter({ maxEdgePx, ...limits });
  const allowed = rateLimiter(Math.min(framesPerSecond ?? Infinity, limits.maxFramesPerSecond));
  let unreadable = 0;
  await session.whenCredit();
  const allCredits = session.credits;
  for await (const frame of source.play({ fit, signal })) {
    if (signal.aborted) return;
    if (session.credits === 0 || !allowed(performance.now())) continue;
    const picture = await frame.picture().catch((error: unknown) => {
      unreadable += 1;
      if (!(error instanceof KioskError) || unreadable >= MOST_UNREADABLE_IN_A_ROW) throw error;
      skipped(error);
      return null;
    });
    if (picture === null) continue;
    unreadable = 0;
    session.sendFrame(picture, frame.capturedAtMs);
  }
  await Promise.race([
    session.whenCredit(allCredits),
    delay(LAST_LOOK_MS, undefined, { signal, ref: false }).catch(() => {}),
  ]);
  if (!signal.aborted) session.bye('source-ended');
}

/**
 * Keeps a long-term rate, and lets a frame through that comes up to one interval early, so that a source exactly
 * at the limit loses nothing to jitter (generic cell rate algorithm, ITU-T I.371).
 */
export function rateLimiter(framesPerSecond: number): (nowMs: number) => boolean {
  const intervalMs = 1000 / framesPerSecond;
  let dueAtMs = -Infinity;
  return (nowMs) => {
    if (nowMs < dueAtMs - intervalMs) return false;
    dueAtMs = Math.max(nowMs, dueAtMs) + intervalMs;
    return true;
  };
}
