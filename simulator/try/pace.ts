import { setTimeout as delay } from 'node:timers/promises';
import type { KioskSession } from '../../client/kiosk/session-client.ts';

/** When pictures are taken, and the clock that they are stamped with. */
export interface Pace {
  /** Milliseconds since the Unix epoch. Never runs backwards. */
  nowMs(): number;
  /** Resolves with true when the next picture is to be taken, with false when the session is over. */
  nextPicture(session: KioskSession): Promise<boolean>;
}

/**
 * A session needs 11 analysed pictures a second (`server/policy/supply.ts`). A picture of 640 × 480 is drawn in 13 ms of
 * one core and analysed in about as much of another, so that a busy machine may take three times as long.
 */
const PICTURES_PER_SECOND = 20;

/**
 * Real time. A picture is drawn only when the server has room for it, so that a slow machine sees fewer pictures and
 * none that are old. It is drawn on this thread: beside it the process only sends what was drawn, and a bank that is
 * drawn ahead would take longer than the sessions.
 */
export function realTime(): Pace {
  let dueAtMs = 0;
  const nowMs = () => performance.timeOrigin + performance.now();
  return {
    nowMs,
    async nextPicture(session) {
      if (!(await session.whenCredit())) return false;
      await delay(Math.max(0, dueAtMs - nowMs()));
      dueAtMs = Math.max(dueAtMs + 1000 / PICTURES_PER_SECOND, nowMs());
      return true;
    },
  };
}
