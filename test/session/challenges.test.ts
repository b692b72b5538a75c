import { describe, expect, it } from 'vitest';
import type { ChallengeKind } from '../../protocol/status.ts';
import {
  ALL_MODELS,
  BASE_MODELS,
  SessionDriver,
  START_MS,
  type DriverOptions,
} from '../support/session-driver.ts';
import { isHeadMove, type HeadMove } from '../../server/evidence/gesture.ts';
import { CHALLENGE_STRENGTH } from '../../server/policy/challenges.ts';
import { BOB, type Look, type Script } from '../support/analysis-builder.ts';
import { subject } from '../support/subjects.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const run = (options: DriverOptions, script = subject(), durationMs = 70_000) =>
  new SessionDriver(options).play(script, durationMs);

const OTHER_WAY: Readonly<Record<ChallengeKind, ChallengeKind>> = {
  blink: 'blink',
  'turn-left': 'turn-right',
  'turn-right': 'turn-left',
  'look-up': 'look-down',
  'look-down': 'look-up',
  smile: 'open-mouth',
  'open-mouth': 'smile',
  'come-closer': 'turn-left',
};

const LENT: Readonly<Record<HeadMove, Look>> = {
  'turn-left': { yawDeg: 23 },
  'turn-right': { yawDeg: -23 },
  'look-up': { pitchDeg: -15 },
  'look-down': { pitchDeg: 15 },
};

/** Kinds in the order in which they were announced. */
const announced = (driver: SessionDriver): ChallengeKind[] => {
  const kinds = new Map<number, ChallengeKind>();
  for (const { status } of driver.statuses)
    if (status.challenge !== undefined) kinds.set(status.challenge.number, status.challenge.kind);
  return [...kinds.values()];
};

describe('challenges', () => {
  it('come in an unpredictable order, two of them head moves, and any of them may come again', () => {
    const orders = [...SEEDS, ...SEEDS.map((seed) => seed + 100)].map((seed) => announced(run({ seed })));
    for (const order of orders) expect(order.filter(isHeadMove).length).toBeGreaterThanOrEqual(2);
    expect(new Set(orders.map((order) => order.join())).size).toBeGreaterThan(9);
    expect(orders.some((order) => new Set(order).size < order.length)).toBe(true);
  });

  it('R24 nothing shows their kind before they start, after a pause that differs', () => {
    const pauses = SEEDS.map((seed) => {
      const { statuses } = run({ seed });
      const entered = statuses.find(({ status }) => status.phase === 'challenging');
      const revealed = statuses.find(({ status }) => status.challenge !== undefined);
      expect(entered?.status.challenge).toBeUndefined();
      return (revealed?.atMs ?? 0) - (entered?.atMs ?? 0);
    });
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(100);
    expect(new Set(pauses).size).toBeGreaterThan(8);
  });

  it('R26 turn-left is answered by a nose that goes to image right, and failed by one that goes to image left', () => {
    for (const seed of SEEDS) {
      const driver = run({ seed, context: BASE_MODELS }, subject({ answer: (kind) => OTHER_WAY[kind] }));
      expect(driver.decision?.outcome).not.toBe('accept');
      expect(driver.decision?.reasons).toContain('challenge-failed');
    }
  });

  it('are not answered by doing nothing', () => {
    const driver = run({ policy: 'blink-only' }, subject({ answer: () => null, blinkEveryMs: null }));
    expect(driver.decision?.outcome).toBe('re-verify');
    expect(driver.decision?.reasons).toEqual(['challenge-failed', 'time-up']);
  });

  it('are not answered by a blink before the prompt', () => {
    const driver = run({ policy: 'blink-only' }, (atMs, status) =>
      status?.challenge === undefined && (atMs - START_MS) % 600 < 120 ? { openness: 0.45 } : {},
    );
    expect(driver.decision?.reasons).toEqual(['challenge-failed', 'time-up']);
  });

  it('are not answered by a blink that began before a person could react', () => {
    let toldAtMs: number | null = null;
    const driver = run({ policy: 'blink-only' }, (atMs, status) => {
      if (status?.challenge !== undefined) toldAtMs ??= atMs;
      return toldAtMs !== null && atMs - toldAtMs >= 40 && atMs - toldAtMs < 200 ? { openness: 0.45 } : {};
    });
    expect(driver.decision?.reasons).toEqual(['challenge-failed', 'time-up']);
  });

  it('are not answered by a head that was turned before the prompt', () => {
    for (const seed of SEEDS) {
      let kind: ChallengeKind | null = null;
      const driver = run({ seed }, (_, status) => {
        kind = status?.challenge?.kind ?? kind;
        if (status?.phase !== 'challenging') return {};
        return { yawDeg: kind === 'turn-right' ? -26 : 26 };
      });
      expect(driver.decision?.outcome).not.toBe('accept');
    }
  });

  it('are not answered by a recording that turns both ways in an order of its own', () => {
    const period = 4_600;
    const accepted = Array.from({ length: 60 }, (_, seed) => seed + 1).filter((seed) => {
      const recording: Script = (atMs) => {
        const phaseMs = (atMs - START_MS + 77 * seed) % period;
        const bump = (fromMs: number) => Math.max(0, 1 - Math.abs(phaseMs - fromMs - 500) / 500);
        return {
          yawDeg: 30 * bump(600) - 30 * bump(2_900),
          openness: phaseMs > 2_000 && phaseMs < 2_160 ? 0.45 : 1,
        };
      };
      return run({ seed }, recording).decision?.outcome === 'accept';
    });
    expect(accepted).toEqual([]);
  });

  it('are not answered by a single frame of another head, slipped in between those of the face that is matched', () => {
    for (const context of [ALL_MODELS, BASE_MODELS]) {
      for (const seed of SEEDS) {
        const photograph = subject({ answer: (kind) => (kind === 'blink' ? kind : null) });
        let toldAtMs = 0;
        const lent: Script = (atMs, status) => {
          const asked = status?.hint === 'do-challenge' ? status.challenge?.kind : undefined;
          if (asked === undefined) toldAtMs = atMs;
          if (asked === undefined || !isHeadMove(asked) || (atMs - toldAtMs) % 400 < 360)
            return photograph(atMs, status);
          return { identity: BOB, ...LENT[asked] };
        };
        const driver = run({ seed, context }, lent);
        expect([seed, driver.decision?.outcome]).not.toEqual([seed, 'accept']);
      }
    }
  });

  it('fail when the head turns while it is asked to do nothing', () => {
    let turned = false;
    const driver = run({ seed: 3 }, (_, status) => {
      turned ||= status?.phase === 'challenging';
      return turned ? { yawDeg: 25 } : {};
    });
    expect(driver.decision?.reasons).toEqual(['challenge-failed']);
  });

  it('fail when the right answer comes after the deadline', () => {
    for (const seed of [1, 2, 3, 4]) {
      const driver = run({ seed }, subject({ reactionMs: 4_050, blinkEveryMs: null }));
      expect(driver.decision?.reasons).toContain('challenge-failed');
      expect(driver.decision?.outcome).toBe('re-verify');
    }
  });
});

/** Skips every challenge, as often as the server allows. */
function skipper(seed: number, policy = 'standard'): SessionDriver {
  const driver = new SessionDriver({ seed, policy });
  const script = subject({ answer: () => null });
  let skips = 0;
  for (let i = 0; i < 1_500 && !driver.ended; i++) {
    driver.play(script, 40);
    if (driver.ended || driver.status?.challenge === undefined || skips >= 5) continue;
    driver.dispatch({ type: 'skip', atMs: driver.nowMs, draws: driver.draws() });
    skips++;
    driver.play(script, 1_400);
  }
  return driver;
}

describe('skip', () => {
  it('R25 draws another that is at least as strong, a limited number of times', () => {
    for (const seed of SEEDS) {
      const driver = skipper(seed);
      const refused = driver.effects.filter((effect) => effect.type === 'send-error');
      expect(refused.length).toBeGreaterThan(0);
      for (const effect of refused) expect(effect.code).toBe('skip.not_allowed');
      const kinds = driver.statuses.flatMap(({ status }) => status.challenge?.kind ?? []);
      const order = kinds.filter((kind, i) => kind !== kinds[i - 1]);
      expect(order.length).toBeLessThanOrEqual(3);
      for (const [i, kind] of order.entries())
        if (i > 0) expect(CHALLENGE_STRENGTH[kind]).toBeGreaterThanOrEqual(CHALLENGE_STRENGTH[order[i - 1]]);
      expect(driver.decision?.outcome).toBe('re-verify');
    }
  });

  it('R25 is refused where there is no other challenge to take, and the status says so beforehand', () => {
    const driver = skipper(1, 'blink-only');
    expect(driver.effects).toContainEqual({ type: 'send-error', code: 'skip.not_allowed' });
    const skippable = driver.statuses.flatMap(({ status }) => status.challenge?.skippable ?? []);
    expect(new Set(skippable)).toEqual(new Set([false]));
  });

  it('never leaves only one kind to draw, which a single recording would answer every time', () => {
    for (const seed of SEEDS) {
      const onlyRight = subject({
        answer: (kind) => (kind === 'turn-right' ? kind : null),
        blinkEveryMs: null,
      });
      const driver = new SessionDriver({ seed });
      const asked = new Set<ChallengeKind>();
      while (!driver.ended) {
        driver.play(onlyRight, 40);
        const { challenge } = driver.status ?? {};
        if (challenge === undefined || challenge.kind === 'turn-right') continue;
        asked.add(challenge.kind);
        if (challenge.skippable) driver.dispatch({ type: 'skip', atMs: driver.nowMs, draws: driver.draws() });
      }
      if (asked.size > 1) expect([seed, driver.decision?.outcome]).not.toEqual([seed, 'accept']);
    }
  });

  it('lets a person who cannot do one challenge be accepted with another', () => {
    for (const seed of SEEDS) {
      const driver = new SessionDriver({ seed });
      const script = subject({ answer: (kind) => (kind === 'turn-left' ? null : kind) });
      while (!driver.ended) {
        driver.play(script, 40);
        if (driver.status?.challenge?.kind === 'turn-left' && driver.status.challenge.skippable)
          driver.dispatch({ type: 'skip', atMs: driver.nowMs, draws: driver.draws() });
      }
      expect([seed, driver.decision?.outcome]).toEqual([seed, 'accept']);
    }
  });
});
