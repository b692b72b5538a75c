import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXCUSED_PER_FAILURE } from '../../server/identity/lock-out.ts';
import { createSqliteBackend } from './sqlite-backend.ts';
import { newDecision, newReference } from './support.ts';

const LOCK_OUT = { maxFailures: 3, windowMs: 1000 };
const ANNA = { tenant: 'door', subject: 'anna', observed: false };

const ENDINGS = [
  { outcome: 'accept' },
  { outcome: 'reject' },
  { outcome: 're-verify', reasons: ['disconnected'] },
  { outcome: 're-verify', reasons: ['connection-too-slow'] },
  { outcome: null, code: 'frame.no_credit' },
  { outcome: null, code: 'server.internal' },
] as const;
type Ending = (typeof ENDINGS)[number];
const isExcused = (ending: Ending) =>
  'code' in ending
    ? ending.code === 'server.internal'
    : 'reasons' in ending && ending.reasons[0] !== 'disconnected';

const step = fc.record({
  afterMs: fc.constantFrom(0, 1, 30, 150, 400),
  begins: fc.integer({ min: 0, max: 3 }),
  /** Which of the open attempts ends, and how. */
  ends: fc.option(fc.record({ which: fc.nat(), how: fc.constantFrom(...ENDINGS) })),
});

interface Attempt {
  readonly id: string;
  readonly startedAtMs: number;
  ending: Ending | null;
  endedAtMs: number;
}

describe('for any sequence of attempts and ends', () => {
  it('no more attempts begin within the window than the limit, and the next one begins exactly when announced', async () => {
    const backend = await createSqliteBackend();
    const store = await backend.open();
    let run = 0;
    let refusals = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          const tenant = `door-${run++}`;
          const attempts: Attempt[] = [];
          const referenceOf = async (of: string) => await store.references.add(newReference({ tenant: of }));
          const until = (nowMs: number) => store.decisions.lockedUntil({ ...ANNA, tenant }, nowMs, LOCK_OUT);
          let nowMs = 10_000;
          for (const { afterMs, begins, ends } of steps) {
            nowMs += afterMs;
            for (let count = 0; count < begins; count++) {
              const id = `s${attempts.length}`;
              const attempt = { ...newDecision(id), ...ANNA, tenant, startedAtMs: nowMs };
              const lockedUntilMs = await store.decisions.begin(attempt, LOCK_OUT);
              if (lockedUntilMs === null)
                attempts.push({ id, startedAtMs: nowMs, ending: null, endedAtMs: Infinity });
              else {
                refusals++;
                expect(await until(lockedUntilMs - 1)).toBe(lockedUntilMs);
                expect(await until(lockedUntilMs)).toBeNull();
              }
            }
            const open = attempts.filter(({ ending }) => ending === null);
            const ended = ends === null ? undefined : open[ends.which % Math.max(1, open.length)];
            if (ends !== null && ended !== undefined) {
              Object.assign(ended, { ending: ends.how, endedAtMs: nowMs });
              const { startedAtMs } = ended;
              const whole = { ...newDecision(ended.id), ...ANNA, tenant, startedAtMs, decidedAtMs: nowMs };
              const { how } = ends;
              await store.decisions.record(
                how.outcome === 'accept'
                  ? { ...whole, ...how, restsOn: await referenceOf(tenant) }
                  : { ...whole, ...how },
              );
            }
            const freedAtMs = Math.max(
              -Infinity,
              ...attempts
                .filter(({ ending }) => ending?.outcome === 'accept')
                .map(({ endedAtMs }) => endedAtMs),
            );
            const counted = attempts.filter(
              ({ startedAtMs, ending, endedAtMs }) =>
                startedAtMs > nowMs - LOCK_OUT.windowMs &&
                ending?.outcome !== 'accept' &&
                endedAtMs >= freedAtMs,
            );
            const excused = counted.filter(({ ending }) => ending !== null && isExcused(ending)).length;
            const isFull =
              counted.length - excused >= LOCK_OUT.maxFailures ||
              excused >= EXCUSED_PER_FAILURE * LOCK_OUT.maxFailures;
            expect((await until(nowMs)) !== null).toBe(isFull);
            expect(counted.length - excused).toBeLessThanOrEqual(LOCK_OUT.maxFailures);
          }
        }),
        { numRuns: 25, seed: 20_273 },
      );
    } finally {
      await store.close();
      await backend.dispose();
    }
    expect(refusals).toBeGreaterThan(20);
  });
});
