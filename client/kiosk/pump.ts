import { setTimeout as delay } from 'node:timers/promises';
import { type DepthImage, fitDepth, type Welcome } from '@veriframe/protocol';
import { KioskError } from './errors.ts';
import type { KioskSession } from './session-client.ts';
import { pictureFitter } from './sources/fit.ts';
import type { FrameSource, SourceFrame } from './sources/source.ts';

interface PumpOptions {
  readonly maxEdgePx: number;
  /** Most frames a second, in addition to the server's limit. Null: only the server's limit. */
  readonly framesPerSecond: number | null;
  /** Ends the pump without an error. */
  readonly signal: AbortSignal;
  /** Called for a picture that was skipped as unreadable, once for each sentence that there is to say. */
  readonly skipped: (error: KioskError) => void;
}

/**
 * This many unreadable pictures in a row end the session, if none was readable before, or none for `DISTURBANCE_MS`:
 * then the source is broken, not some pictures.
 */
const MOST_UNREADABLE_IN_A_ROW = 10;
const DISTURBANCE_MS = 10_000;
/** Longest wait after the last frame until the server has analysed it, because `bye` ends the session (SPEC R29). */
const LAST_LOOK_MS = 2_000;

/**
 * Sends the frames of the source to the session. A frame is dropped when there is no credit or it comes faster than
 * allowed. No frame is queued, so that the server always gets a recent one. Sends `bye` and resolves when the source
 * ends or the session is over. Throws a `KioskError` when the source fails.
 */
export async function pump(source: FrameSource, session: KioskSession, options: PumpOptions): Promise<void> {
  const { maxEdgePx, framesPerSecond, signal, skipped } = options;
  const limits = session.welcome.limits;
  const fit = pictureFitter({ maxEdgePx, ...limits });
  const allowed = rateLimiter(Math.min(framesPerSecond ?? Infinity, limits.maxFramesPerSecond));
  const said = new Set<string>();
  let unreadable = 0;
  let readableAtMs = -Infinity;
  await session.whenCredit();
  const allCredits = session.credits;
  for await (const frame of source.play({ fit, signal })) {
    if (signal.aborted) return;
    if (session.credits === 0 || !allowed(performance.now())) continue;
    const read = await readFrame(frame, limits).catch((error: unknown) => {
      unreadable += 1;
      const isBroken = performance.now() - readableAtMs > DISTURBANCE_MS;
      if (!(error instanceof KioskError) || (isBroken && unreadable >= MOST_UNREADABLE_IN_A_ROW)) throw error;
      if (!said.has(error.message)) skipped(error);
      said.add(error.message);
      return null;
    });
    if (read === null) continue;
    unreadable = 0;
    readableAtMs = performance.now();
    session.sendFrame(read.picture, frame.capturedAtMs, read.depth);
  }
  await Promise.race([
    session.whenCredit(allCredits),
    delay(LAST_LOOK_MS, undefined, { signal, ref: false }).catch(() => {}),
  ]);
  if (!signal.aborted) session.bye('source-ended');
}

/** The picture, and its depth image as far as the server takes one and the message has room for it (SPEC R8, R43). */
async function readFrame(
  frame: SourceFrame,
  limits: Welcome['limits'],
): Promise<{ readonly picture: Uint8Array; readonly depth?: DepthImage }> {
  const picture = await frame.picture();
  if (frame.depth === undefined || limits.maxDepthPixels === undefined) return { picture };
  const depth = fitDepth(await frame.depth(), picture.byteLength, limits);
  if (depth === null)
    throw new KioskError('source.too_large', 'The picture leaves no room for its depth image.');
  return { picture, depth };
}

/**
 * Limits the long-term rate. A frame may come up to one interval early, so that jitter costs a source at the limit no
 * frames (generic cell rate algorithm, ITU-T I.371).
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
