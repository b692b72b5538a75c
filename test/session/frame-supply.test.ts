import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adaptPace, startPace } from '../../client/browser/sdk/pace.ts';
import type { Mode } from '../../protocol/status.ts';
import { ALICE, BOB, embeddingsOf, seeded, type Script } from '../support/analysis-builder.ts';
import { BASE_MODELS, SessionDriver, START_MS, type DriverOptions } from '../support/session-driver.ts';
import { photograph, subject } from '../support/subjects.ts';

const LONG_MS = 70_000;
const SEEDS = [1, 2, 3, 4, 5];
const STRICT = ['standard', 'blink-only', 'passive'] as const;
const CANDIDATE = {
  subject: 'alice',
  referenceId: 'of alice',
  embeddings: embeddingsOf(ALICE, 0.35, seeded(5)),
};

const hints = (driver: SessionDriver) => [...new Set(driver.statuses.map(({ status }) => status.hint))];
const slowHints = (driver: SessionDriver) =>
  hints(driver).filter((hint) => hint === 'connection-slow' || hint === 'service-slow');
const showedChallenge = (driver: SessionDriver) =>
  driver.statuses.some(({ status }) => status.challenge !== undefined || status.phase === 'challenging');
const firstAtMs = (driver: SessionDriver, hint: string) =>
  (driver.statuses.find(({ status }) => status.hint === hint)?.atMs ?? Infinity) - START_MS;

/** Intervals of `framesPerSecond` in the mean, each off by up to the share `jitter`. */
function camera(framesPerSecond: number, jitter = 0, seed = 1): () => number {
  const random = seeded(seed);
  return () => (1000 / framesPerSecond) * (1 + jitter * (2 * random() - 1));
}

/** 25 frames a second until the first challenge, `framesPerSecond` from then on. */
function slowsDown(options: DriverOptions, framesPerSecond: number, script: Script = subject()) {
  const driver = new SessionDriver(options);
  return driver.play(script, LONG_MS, () =>
    driver.state.phase === 'positioning' || driver.status?.challenge === undefined
      ? 40
      : 1000 / framesPerSecond,
  );
}

describe('a person whose connection is slow', () => {
  it.each(STRICT)('is told so under %s, gets no challenge, and is excused', (policy) => {
    for (const mode of ['verify', 'enrol', 'identify'] satisfies Mode[])
      for (const framesPerSecond of [1, 2.5, 5, 8]) {
        const driver = new SessionDriver({ policy, mode, candidates: [CANDIDATE] });
        driver.play(subject(), LONG_MS, camera(framesPerSecond));
        expect(driver.decision).toMatchObject({ outcome: 're-verify', retry: 'now' });
        expect(driver.decision?.reasons[0]).toBe('connection-too-slow');
        expect(slowHints(driver)).toEqual(['connection-slow']);
        expect(firstAtMs(driver, 'connection-slow')).toBeLessThan(5_000);
        expect(showedChallenge(driver)).toBe(false);
        expect(driver.statuses.every(({ status }) => status.phase === 'positioning')).toBe(true);
        expect((driver.decision?.reasons.length ?? 0) > 1).toBe(true);
      }
  });

  it('is told so when nothing arrives at all', () => {
    const driver = new SessionDriver();
    driver.letTimePass(START_MS + LONG_MS);
    expect(slowHints(driver)).toEqual(['connection-slow']);
    expect(firstAtMs(driver, 'connection-slow')).toBeLessThanOrEqual(3_600);
    expect(driver.decision?.reasons).toContain('connection-too-slow');
  });

  it('goes on as soon as the connection has recovered', () => {
    for (const seed of SEEDS) {
      const driver = new SessionDriver({ seed }).play(subject(), 5_000, camera(5));
      expect(driver.status?.hint).toBe('connection-slow');
      driver.play(subject(), 2_000);
      expect(driver.state.phase).not.toBe('positioning');
      driver.play(subject(), LONG_MS);
      expect(driver.decision?.outcome).toBe('accept');
    }
  });

  it('is first told what was asked for, then why no answer was seen', () => {
    for (const framesPerSecond of [3, 0.05]) {
      const driver = slowsDown({ seed: 2 }, framesPerSecond, () => ({}));
      const asked = driver.statuses.filter(({ status }) => status.challenge !== undefined);
      const halfMs = (asked[0]?.atMs ?? 0) + (driver.policy.challenges?.responseMs ?? 0) / 2;
      const told = (from: number, to: number) =>
        new Set(asked.filter(({ atMs }) => atMs >= from && atMs < to).map(({ status }) => status.hint));
      expect(told(0, halfMs)).toEqual(new Set(['do-challenge']));
      expect(told(halfMs, Infinity)).toEqual(new Set(['connection-slow']));
      expect(driver.decision?.reasons).toEqual(['connection-too-slow', 'challenge-failed', 'time-up']);
    }
  });

  it('is excused for a missing answer at 10 frames a second, but not at 12', () => {
    for (const seed of SEEDS) {
      const failed = ['challenge-failed', 'time-up'];
      const still = () => ({});
      expect(slowsDown({ seed }, 10, still).decision?.reasons).toEqual(['connection-too-slow', ...failed]);
      expect(slowsDown({ seed }, 12, still).decision?.reasons).toEqual(failed);
    }
  });

  it('is first told what would improve the picture', () => {
    for (const look of [{ found: false }, { faceCount: 2 }, { quality: { brightness: 20 } }]) {
      const driver = new SessionDriver().play(() => look, 20_000, camera(5));
      expect(slowHints(driver)).toEqual([]);
      expect(driver.decision?.reasons).not.toContain('connection-too-slow');
    }
  });
});

describe('a camera that is fast enough', () => {
  it.each([
    [12, 0.3],
    [15, 0.5],
    [25, 0.7],
    [30, 0.7],
  ])('at %d frames a second is never called slow nor waited for, even if it is irregular', (framesPerSecond, jitter) => {
    for (const policy of STRICT)
      for (const context of policy === 'passive' ? [undefined] : [undefined, BASE_MODELS])
        for (const seed of SEEDS.slice(0, 3)) {
          const driver = new SessionDriver({ policy, seed, ...(context === undefined ? {} : { context }) });
          driver.play(subject(), LONG_MS, camera(framesPerSecond, jitter, seed + 20));
          expect([seed, slowHints(driver)]).toEqual([seed, []]);
          expect([seed, driver.decision?.outcome]).toEqual([seed, 'accept']);
          const placedMs = driver.statuses.find(({ status }) => status.phase !== 'positioning')?.atMs;
          expect((placedMs ?? Infinity) - START_MS).toBeLessThan(1_000);
        }
  });

  it('is not called slow for a stall of less than a second, whenever it comes', () => {
    for (const framesPerSecond of [12, 15, 25])
      for (const stallAtMs of [100, 300, 700, 1_500, 2_500, 4_000]) {
        let atMs = 0;
        const driver = new SessionDriver();
        driver.play(subject(), LONG_MS, () => {
          const isStall = atMs < stallAtMs && atMs + 1000 / framesPerSecond >= stallAtMs;
          atMs += isStall ? 990 : 1000 / framesPerSecond;
          return isStall ? 990 : 1000 / framesPerSecond;
        });
        expect([framesPerSecond, stallAtMs, slowHints(driver)]).toEqual([framesPerSecond, stallAtMs, []]);
        expect(driver.decision?.outcome).toBe('accept');
      }
  });

  it('is called slow when it stalls again and again', () => {
    let frame = 0;
    const driver = new SessionDriver();
    driver.play(
      () => ({}),
      LONG_MS,
      () => (++frame % 12 === 0 ? 900 : 40),
    );
    expect(slowHints(driver)).toEqual(['connection-slow']);
    expect(driver.decision?.reasons[0]).toBe('connection-too-slow');
  });

  it('may hold back pictures that do not fit while a face is being positioned', () => {
    const driver = new SessionDriver();
    driver.play(() => ({ found: false }), 3_000, camera(1));
    driver.play(() => ({ yawDeg: 30 }), 3_000, camera(1));
    const fitsAtMs = driver.nowMs;
    driver.play(subject(), LONG_MS);
    expect(slowHints(driver)).toEqual([]);
    expect(driver.decision?.outcome).toBe('accept');
    const placedMs = driver.statuses.find(({ status }) => status.phase === 'challenging')?.atMs;
    expect((placedMs ?? Infinity) - fitsAtMs).toBeLessThan(1_000);
  });
});

describe('a service that is too slow', () => {
  it.each([
    100, 150, 300, 700, 5_000,
  ])('with %d ms per frame is named, and excuses what is missing', (analysisMs) => {
    for (const framesPerSecond of [15, 25, 30]) {
      const still = new SessionDriver({ analysisMs, framesPerSecond }).play(() => ({}), LONG_MS);
      expect(still.decision).toMatchObject({ outcome: 're-verify', retry: 'backoff' });
      expect(still.decision?.reasons[0]).toBe('service-too-slow');
      if (analysisMs > 100) expect(slowHints(still)).toEqual(['service-slow']);
    }
  });

  it('is not waited for: sessions that can be judged end, and free it for others', () => {
    const ends = SEEDS.flatMap((seed) =>
      [80, 150, 250].map((analysisMs) => {
        const { decision } = new SessionDriver({ seed, analysisMs }).play(subject(), LONG_MS);
        return decision?.outcome === 'accept' ? 'accept' : decision?.reasons[0];
      }),
    );
    expect(new Set(ends)).toEqual(new Set(['accept', 'service-too-slow']));
    expect(ends.filter((end) => end === 'accept').length).toBe(SEEDS.length);
  });

  it('is named also when it has slowed its client down', () => {
    const driver = new SessionDriver({ analysisMs: 800 });
    let pace = startPace(30, driver.nowMs);
    const sample = { roundTripMs: 1_600, backlogBytes: 0, frameBytes: 20_000 };
    driver.play(subject(), LONG_MS, () => {
      pace = adaptPace(pace, sample, 30, driver.nowMs);
      return 1000 / pace.framesPerSecond;
    });
    expect(pace.framesPerSecond).toBeLessThan(6);
    expect(slowHints(driver)).toEqual(['service-slow']);
    expect(driver.decision?.reasons[0]).toBe('service-too-slow');
  });

  it('is not called slow at its own capacity limit: 17 to 18 of 25 frames', () => {
    for (const seed of SEEDS) {
      const driver = new SessionDriver({ seed, analysisMs: 57 }).play(
        subject(),
        LONG_MS,
        camera(25, 0.3, seed),
      );
      const analysed = driver.events.filter(({ type }) => type === 'analyzed').length;
      const tookMs = (driver.events.at(-1)?.atMs ?? 0) - START_MS;
      expect((1000 * analysed) / tookMs).toBeLessThan(18.5);
      expect([seed, driver.decision?.outcome, slowHints(driver)]).toEqual([seed, 'accept', []]);
    }
  });
});

it('wakes a session at most a few times a second, whatever arrives', () => {
  const pattern = fc.record({
    gapsMs: fc.array(fc.integer({ min: 15, max: 220 }), { minLength: 1, maxLength: 40 }),
    analysisMs: fc.integer({ min: 1, max: 150 }),
    seed: fc.integer({ min: 1, max: 1_000 }),
  });
  fc.assert(
    fc.property(pattern, ({ gapsMs, analysisMs, seed }) => {
      let frame = 0;
      const driver = new SessionDriver({ seed, analysisMs });
      driver.play(
        () => ({}),
        10_000,
        () => gapsMs[frame++ % gapsMs.length] ?? 40,
      );
      const wakes = driver.events.filter(({ type }) => type === 'deadline').map(({ atMs }) => atMs);
      for (const atMs of wakes)
        expect(wakes.filter((other) => other >= atMs && other < atMs + 1_000).length).toBeLessThanOrEqual(5);
    }),
    { seed: 4, numRuns: 60 },
  );
});

describe('evidence against a person', () => {
  it('is found in a photograph at 5 frames a second too', () => {
    for (const policy of STRICT) {
      const driver = new SessionDriver({ policy }).play(photograph(), LONG_MS, camera(5));
      expect(driver.decision).toMatchObject({ outcome: 'reject', reasons: ['pad-below-bar'] });
      expect(showedChallenge(driver)).toBe(false);
    }
  });

  it('is recorded for another face at 5 frames a second, and its client is told no more than others', () => {
    for (const policy of STRICT) {
      const [own, other] = [subject(), subject({ identity: BOB })].map((script) =>
        new SessionDriver({ policy }).play(script, LONG_MS, camera(5)),
      );
      expect(other.decision).toMatchObject({ outcome: 're-verify', retry: own.decision?.retry });
      expect(other.decision?.reasons).toEqual([...(own.decision?.reasons ?? []), 'match-below-threshold']);
      expect(other.statuses).toEqual(own.statuses);
    }
  });

  it('is not excused when it was seen: a slow connection causes no wrong movement', () => {
    for (const seed of SEEDS) {
      const wrong = subject({ answer: (kind) => (kind === 'turn-left' ? 'turn-right' : 'turn-left') });
      const { decision } = slowsDown({ seed }, 5, wrong);
      expect(decision?.reasons).toContain('challenge-failed');
      if (decision?.reasons.includes('time-up') !== true)
        expect(decision?.reasons).not.toContain('connection-too-slow');
    }
  });

  it('is excused by no pattern of frames', () => {
    const pattern = fc.record({
      gapsMs: fc.array(fc.integer({ min: 15, max: 900 }), { minLength: 1, maxLength: 12 }),
      analysisMs: fc.integer({ min: 5, max: 500 }),
      seed: fc.integer({ min: 1, max: 1_000 }),
      policy: fc.constantFrom(...STRICT),
      who: fc.constantFrom('stranger', 'photograph'),
    });
    fc.assert(
      fc.property(pattern, ({ gapsMs, analysisMs, seed, policy, who }) => {
        const outcomeOf = (script: Script) => {
          let frame = 0;
          const driver = new SessionDriver({ seed, policy, analysisMs }).play(script, LONG_MS, () => {
            frame += 1;
            return gapsMs[frame % gapsMs.length] ?? 40;
          });
          return driver.decision?.outcome;
        };
        if (who === 'photograph') expect(outcomeOf(photograph())).toBe('reject');
        else {
          const own = outcomeOf(subject());
          const other = outcomeOf(subject({ identity: BOB }));
          expect(own === 'accept' ? ['reject'] : ['reject', 're-verify']).toContain(other);
        }
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});

describe('a policy without a minimum frame rate', () => {
  it('accepts a few single pictures, and calls nothing slow', () => {
    const driver = new SessionDriver({ policy: 'attended', mode: 'enrol' });
    for (let picture = 0; picture < 3; picture++) {
      driver.sendFrame({ followed: false });
      driver.letTimePass(driver.nowMs + 1_800);
    }
    driver.dispatch({ type: 'bye', atMs: driver.nowMs, reason: 'source-ended' });
    driver.letTimePass(driver.nowMs + 1_000);
    expect(slowHints(driver)).toEqual([]);
    expect(driver.decision).toMatchObject({ outcome: 'accept', reasons: ['evidence-sufficient'] });
  });
});
