import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALICE, BOB, type Identity, type Script } from '../support/analysis-builder.ts';
import { BASE_MODELS, SessionDriver, START_MS, type DriverOptions } from '../support/session-driver.ts';
import { flawlessPhotograph, photograph, subject } from '../support/subjects.ts';

/** What a client sees of a session: every status with its time, and when and how it ended. */
function heard(driver: SessionDriver) {
  const { statuses, effects, nowMs, decision, failure } = driver;
  return {
    statuses,
    credits: effects.flatMap((effect) => (effect.type === 'send-credit' ? [effect.frames] : [])),
    endedAtMs: nowMs,
    outcome: decision?.outcome ?? failure,
    retry: decision?.retry,
  };
}

/** The same face in front of the camera, once against its own reference and once against another person's. */
function both(
  options: DriverOptions,
  script: () => Script,
  play: (driver: SessionDriver, face: Script) => void,
) {
  return ([ALICE, BOB] as const).map((enrolled: Identity) => {
    const driver = new SessionDriver({ ...options, enrolled });
    play(driver, script());
    return driver;
  });
}

const FRAME_MS = 40;
const toItsEnd = (driver: SessionDriver, face: Script) => {
  while (!driver.ended) driver.play(face, FRAME_MS);
};

describe('a face that is not the subject’s', () => {
  it.each([
    ['standard', {}],
    ['standard', { context: BASE_MODELS }],
    ['blink-only', {}],
    ['passive', {}],
  ] as const)('under %s (%j) sees, until the very end, what the subject would see', (policy, options) => {
    let accepted = 0;
    for (const seed of [1, 2, 3, 4]) {
      const [own, other] = both({ ...options, policy, seed }, subject, toItsEnd);
      const { outcome, retry: _retry, ...seen } = heard(other);
      if (heard(own).outcome !== 'accept') continue;
      accepted++;
      expect(outcome).toBe('reject');
      expect(other.decision?.reasons[0]).toBe('match-below-threshold');
      const { outcome: _, retry: __, ...ownSeen } = heard(own);
      expect(seen).toEqual(ownSeen);
    }
    expect(accepted).toBeGreaterThan(1);
  });

  it('that fails a challenge, or is an attack, ends like the subject’s, at the same time', () => {
    const scripts: readonly (() => Script)[] = [
      () => () => ({}),
      () => () => ({ yawDeg: 35 }),
      () => photograph(),
      () => flawlessPhotograph(),
    ];
    for (const script of scripts) {
      const [own, other] = both({ seed: 3 }, script, toItsEnd);
      expect(heard(other)).toEqual(heard(own));
      expect(own.decision?.outcome).not.toBe('accept');
    }
  });

  it('cannot find it out by leaving early, by whatever word and whenever before the challenges are done', () => {
    let wasClear = 0;
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 1, max: 40 }),
          afterMs: fc.integer({ min: 0, max: 6_000 }),
          how: fc.constantFrom('cancelled', 'source-ended', 'error', 'disconnected'),
          context: fc.constantFrom({}, { context: BASE_MODELS }),
        }),
        ({ seed, afterMs, how, context }) => {
          const [own, other] = both({ ...context, seed }, subject, (driver, face) => {
            driver.play(face, afterMs);
            if (driver.state.phase === 'matching' || driver.ended) return;
            if (how === 'disconnected') driver.dispatch({ type: 'disconnected', atMs: driver.nowMs });
            else driver.dispatch({ type: 'bye', atMs: driver.nowMs, reason: how });
            driver.letTimePass(driver.nowMs + 1_000);
          });
          if (own.state.phase === 'matching' || own.decision?.outcome === 'accept') return;
          expect(heard(other)).toEqual(heard(own));
          if (other.decision?.reasons.includes('match-below-threshold') === true) wasClear++;
        },
      ),
      { numRuns: 40, seed: 20_272 },
    );
    expect(wasClear, 'in many of them the mismatch was clear').toBeGreaterThan(10);
  });

  it('is rejected no sooner than the challenges are done', () => {
    const [, other] = both({ seed: 5 }, subject, toItsEnd);
    const asked = other.statuses.flatMap(({ status: { challenge } }) => challenge?.of ?? []);
    expect(other.decision?.outcome).toBe('reject');
    expect(other.decision?.assurance.challengesPassed).toBe(asked.at(-1));
    expect(other.nowMs).toBeGreaterThan(START_MS + 4_000);
  });
});
