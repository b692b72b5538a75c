import { once } from 'node:events';
import type { KioskSession } from '../../client/kiosk/session-client.ts';
import type { Pace } from '../../simulator/try/pace.ts';
import { runHere } from '../../simulator/try/run-here.ts';

/*
 * The program `veriframe try` on its parent's time: one picture, its analysis, the next picture. The parent moves the
 * server's clock by the milliseconds that it is told, and answers.
 */

const PICTURES_PER_SECOND = 15;

function inStep(): Pace {
  let nowMs = Date.now();
  let inTurn: { readonly session: KioskSession; readonly window: number; readonly startMs: number } | null =
    null;
  let pictures = 0;
  return {
    nowMs: () => nowMs,
    async nextPicture(session) {
      if (inTurn?.session !== session) {
        await session.whenCredit();
        inTurn = { session, window: session.credits, startMs: nowMs };
        pictures = 0;
      }
      if (!(await session.whenCredit(inTurn.window))) return false;
      pictures += 1;
      const atMs = inTurn.startMs + Math.round((pictures * 1000) / PICTURES_PER_SECOND);
      process.send?.(atMs - nowMs);
      nowMs = atMs;
      await once(process, 'message');
      return true;
    },
  };
}

await runHere(inStep());
process.disconnect();
