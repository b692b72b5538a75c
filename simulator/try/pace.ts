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
 * A drawn picture costs about 15 ms of one core, its analysis about as much of another. A session needs 11 analysed
 * pictures a second (`server/policy/supply.ts`), so that a machine may be half as quick.
 */
const PICTURES_PER_SECOND = 20;

/**
 * Real time. A picture is drawn only when the server has room for it, so that a slow machine sees fewer pictures and
 * none that are old.
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
