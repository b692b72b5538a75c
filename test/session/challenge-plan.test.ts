import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChallengeKind } from '../../protocol/status.ts';
import type { Evidence } from '../../server/evidence/evidence.ts';
import { isHeadMove, isNod } from '../../server/evidence/gesture.ts';
import { policyFor, type Policy } from '../../server/policy/built-in.ts';
import { CUES, type Cue } from '../../server/policy/cues.ts';
import type { EvidenceByCue } from '../../server/evidence/evidence.ts';
import { convincingness } from '../../server/session/challenge-plan.ts';
import { alternativesTo, drawKind } from '../../server/session/draw-challenge.ts';
import type { Trust } from '../../server/session/trust.ts';
import type { ChallengeLog } from '../../server/evidence/challenge.ts';
import { ALICE, BOB, type Script } from '../support/analysis-builder.ts';
import { ALL_MODELS, BASE_MODELS, SessionDriver, type DriverOptions } from '../support/session-driver.ts';
import { subject } from '../support/subjects.ts';

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
const LONG_MS = 70_000;
const standard = policyFor('standard');

const passed = (driver: SessionDriver) => driver.decision?.assurance.challengesPassed ?? 0;
const play = (options: DriverOptions, script: Script = subject()) =>
  new SessionDriver(options).play(script, LONG_MS);

function challengesOf({ challenges }: Policy) {
  if (challenges?.sequence == null) throw new Error('the policy asks for a fixed number of challenges');
  return { ...challenges, sequence: challenges.sequence };
}

/** Skips what the person cannot do, as often as the server allows. */
function unableTo(kinds: readonly ChallengeKind[], options: DriverOptions): SessionDriver {
  const driver = new SessionDriver(options);
  const script = subject({ answer: (kind) => (kinds.includes(kind) ? null : kind), blinkEveryMs: null });
  for (let i = 0; i < 2_000 && !driver.ended; i++) {
    driver.play(script, 40);
    const { challenge } = driver.status ?? {};
    if (!driver.ended && challenge?.skippable === true && kinds.includes(challenge.kind))
      driver.dispatch({ type: 'skip', atMs: driver.nowMs, draws: driver.draws() });
  }
  return driver;
}

/** Somebody who hears of everything that much later. */
function hearingLate(delayMs: number, script: Script): Script {
  const heard: { readonly atMs: number; readonly status: Parameters<Script>[1] }[] = [];
  return (atMs, status) => {
    heard.push({ atMs, status });
    return script(atMs, heard.findLast((one) => one.atMs <= atMs - delayMs)?.status ?? null);
  };
}

/** A policy that begins with two challenges, whoever speaks for the person. */
const QUICK: Policy = {
  ...standard,
  challenges: {
    ...challengesOf(standard),
    sequence: { ...challengesOf(standard).sequence, minUnvouched: 2 },
  },
};
const quickly = (options: DriverOptions, script: Script = subject()) =>
  play({ policy: QUICK, ...options }, script);

describe('the number of challenges', () => {
  it('is four or five where nothing but the pictures speaks for the person, in either tier', () => {
    for (const context of [ALL_MODELS, BASE_MODELS]) {
      const counts = SEEDS.map((seed) => passed(play({ seed, context })));
      expect(Math.min(...counts)).toBe(4);
      expect(Math.max(...counts)).toBeLessThanOrEqual(5);
    }
  });

  it('may be two or three with the PAD networks, three and more without, and at least two are head moves', () => {
    const full = SEEDS.map((seed) => quickly({ seed, context: ALL_MODELS }));
    const base = SEEDS.map((seed) => quickly({ seed, context: BASE_MODELS }));
    for (const driver of [...full, ...base]) expect(driver.decision?.outcome).toBe('accept');
    expect(full.filter((driver) => passed(driver) === 2).length).toBeGreaterThan(SEEDS.length / 2);
    expect(Math.max(...full.map(passed))).toBeLessThanOrEqual(3);
    expect(Math.min(...base.map(passed))).toBe(3);
    for (const driver of full) {
      const kinds = driver.statuses.flatMap(({ status }) => status.challenge ?? []);
      const byNumber = new Map(kinds.map(({ number, kind }) => [number, kind]));
      expect([...byNumber.values()].filter(isHeadMove).length).toBeGreaterThanOrEqual(2);
    }
  });

  it('grows while a session runs and never falls, nor do more come than said', () => {
    for (const seed of SEEDS)
      for (const context of [ALL_MODELS, BASE_MODELS]) {
        const said = quickly({ seed, context }).statuses.flatMap(({ status }) => status.challenge ?? []);
        for (const [i, { number, of }] of said.entries()) {
          expect(number).toBeLessThanOrEqual(of);
          expect(of).toBeGreaterThanOrEqual(said[i - 1]?.of ?? 0);
        }
      }
  });

  it('is greater where the PAD networks are unsure, up to five', () => {
    const unsure = SEEDS.map((seed) => quickly({ seed }, subject({ look: { bonaFideProbability: 0.55 } })));
    const sure = SEEDS.map((seed) => quickly({ seed }));
    const mean = (drivers: readonly SessionDriver[]) =>
      drivers.reduce((sum, driver) => sum + passed(driver), 0) / drivers.length;
    expect(mean(unsure)).toBeGreaterThan(mean(sure) + 0.5);
    for (const driver of unsure) expect(passed(driver)).toBeLessThanOrEqual(5);
  });

  it('is greater for late answers, which a recording may give by chance', () => {
    const late = SEEDS.map((seed) => quickly({ seed }, hearingLate(1_350, subject())));
    for (const driver of late) expect(passed(driver)).toBeGreaterThanOrEqual(3);
  });

  it('R23 does not depend on whose face it is', () => {
    for (const seed of SEEDS.slice(0, 8)) {
      const said = [ALICE, BOB].map((identity) =>
        new SessionDriver({ seed, policy: QUICK })
          .play(subject({ identity }), LONG_MS)
          .statuses.flatMap(({ status }) => status.challenge?.of ?? []),
      );
      expect(new Set(said[1])).toEqual(new Set(said[0]));
    }
  });

  it('is smaller where the camera is attested', () => {
    const trust = { attested: true };
    const counts = SEEDS.map((seed) => passed(play({ seed, context: BASE_MODELS, trust })));
    expect(counts.filter((count) => count === 2).length).toBeGreaterThan(SEEDS.length / 2);
  });
});

const UNATTESTED: Trust = { capture: 'unattested', possession: null };
const KEY = { userVerified: true };

describe('how convincing a session is', () => {
  const policy = standard;
  const { sequence } = challengesOf(policy);
  const llr = fc.double({ min: -3, max: 3, noNaN: true });
  const evidenceWith = (values: Partial<Record<Cue, number>>): EvidenceByCue => {
    const unmeasured: Evidence = { measured: false, why: 'not-started' };
    const entries = CUES.map((cue) => {
      const value = values[cue];
      return [
        cue,
        value === undefined ? unmeasured : { measured: true, logLikelihoodRatio: value, score: 0, frames: 9 },
      ] as const;
    });
    return Object.fromEntries(entries) as Record<Cue, Evidence>;
  };

  it('rises with what was passed and trusted, falls with doubts, and the match plays no part', () => {
    const holds = fc.property(
      llr,
      llr,
      llr,
      fc.nat(4),
      fc.nat(4),
      (pad, motion, match, passedCount, doubts) => {
        const of = (
          gained: number,
          counted: number,
          trust = UNATTESTED,
          more: Partial<Record<Cue, number>> = {},
        ) =>
          convincingness(
            gained,
            evidenceWith({ 'passive-pad': pad, motion, ...more }),
            counted,
            trust,
            policy,
            sequence,
          );
        const base = of(passedCount, doubts);
        return (
          of(passedCount + 1, doubts) > base &&
          of(passedCount, doubts + 1) < base &&
          of(passedCount, doubts, { capture: 'attested', possession: null }) > base &&
          of(passedCount, doubts, { capture: 'unattested', possession: { ...KEY, proof: 'assertion' } }) >
            base &&
          of(passedCount, doubts, {
            capture: 'unattested',
            possession: { ...KEY, proof: 'registration' },
          }) === base &&
          of(passedCount, doubts, UNATTESTED, { match }) === base
        );
      },
    );
    expect(fc.check(holds, { seed: 2, numRuns: 200 }).counterexample).toBeNull();
  });

  it('is not made of passive cues alone, whatever they say', () => {
    const sure = evidenceWith({ 'passive-pad': 99, motion: 99, 'depth-parallax': 99 });
    expect(convincingness(0, sure, 0, UNATTESTED, policy, sequence)).toBeLessThan(sequence.convincing);
  });
});

describe('a skip', () => {
  const challenges = challengesOf(standard);
  const logOf = (change: Partial<ChallengeLog>): ChallengeLog => ({
    of: 3,
    passed: [],
    gained: 0,
    doubts: 0,
    skipped: [],
    replaced: [],
    failure: null,
    ...change,
  });
  const kind = fc.constantFrom(...challenges.pool);
  /** Of a policy that can do without turns. */
  const withoutTurns = { ...challenges, minTurns: 0 };

  it('never gives a weaker challenge, nor the other direction of the same movement', () => {
    const holds = fc.property(kind, (skippedKind) =>
      alternativesTo(skippedKind, logOf({}), withoutTurns).every(
        (other) =>
          challenges.strength[other] >= challenges.strength[skippedKind] &&
          other !== skippedKind &&
          !(other.startsWith('turn') && skippedKind.startsWith('turn')) &&
          !(other.startsWith('look') && skippedKind.startsWith('look')),
      ),
    );
    expect(fc.check(holds, { seed: 4 }).counterexample).toBeNull();
    for (const one of withoutTurns.pool)
      expect(alternativesTo(one, logOf({}), challenges).length).toBeGreaterThan(0);
  });

  it('of a head move leads to another head move, and the skipped movement is not drawn again', () => {
    const holds = fc.property(
      kind.filter(isHeadMove),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.array(kind, { maxLength: 3 }),
      (skipped, draw, before) => {
        const drawn = drawKind(draw, logOf({ passed: before, skipped: [skipped], of: 5 }), withoutTurns);
        return (
          alternativesTo(skipped, logOf({}), challenges).every(isHeadMove) &&
          drawn.slice(0, 4) !== skipped.slice(0, 4)
        );
      },
    );
    expect(fc.check(holds, { seed: 5 }).counterexample).toBeNull();
  });

  it('of a turn leads to a look up or down, which shows relief too, and to nothing weaker', () => {
    expect(challenges.minTurns).toBeGreaterThan(0);
    expect(alternativesTo('turn-left', logOf({}), challenges)).toEqual(['look-up', 'look-down']);
    const log = logOf({ passed: ['smile'], skipped: ['turn-left'] });
    for (const draw of [0, 0.5, 0.99]) {
      expect(isNod(drawKind(draw, log, challenges))).toBe(true);
      const oneDown = logOf({ passed: ['smile', 'look-down'], skipped: ['turn-left'] });
      expect(drawKind(draw, oneDown, challenges)).toBe('look-up');
    }
  });

  it('is refused where the policy allows none, and the status says so beforehand', () => {
    const policy = { ...standard, challenges: { ...challenges, maxSkips: 0 } };
    const driver = unableTo(['turn-left', 'turn-right', 'look-up', 'look-down'], { policy });
    const skippable = driver.statuses.flatMap(({ status }) => status.challenge?.skippable ?? []);
    expect(new Set(skippable)).toEqual(new Set([false]));
    expect(driver.decision?.outcome).toBe('re-verify');
  });

  it('costs a challenge more', () => {
    for (const seed of SEEDS) {
      const skipped = unableTo(['look-up', 'look-down'], { seed, policy: QUICK });
      const skips = skipped.events.filter(({ type }) => type === 'skip').length;
      if (skips > 0) expect(passed(skipped)).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('nobody is locked out', () => {
  it.each([
    ['cannot blink at will', ['blink']],
    ['cannot turn to one side', ['turn-left']],
    ['cannot turn to any side', ['turn-left', 'turn-right']],
    ['cannot look up and down', ['look-up', 'look-down']],
    ['cannot smile', ['smile']],
    ['cannot open the mouth', ['open-mouth']],
    ['cannot come closer', ['come-closer']],
  ] as const)('a person who %s is accepted with other challenges', (_, kinds) => {
    for (const seed of SEEDS)
      for (const context of [ALL_MODELS, BASE_MODELS])
        expect([seed, unableTo(kinds, { seed, context }).decision?.outcome]).toEqual([seed, 'accept']);
  });

  it('a person who can move the head in no way is accepted where a policy takes coming closer for as strong', () => {
    const strength = { ...challengesOf(standard).strength, 'come-closer': 4 };
    const pool = ['turn-left', 'turn-right', 'come-closer'] as const;
    const challenges = { ...challengesOf(standard), strength, pool, minTurns: 0 };
    const requiredCues = standard.requiredCues.filter((cue) => cue !== 'relief');
    const policy = { ...standard, challenges, requiredCues };
    const refused = SEEDS.map((seed) => unableTo(['turn-left', 'turn-right'], { seed, policy }))
      .filter(({ decision }) => decision?.outcome !== 'accept')
      .map(({ decision }) => decision?.reasons);
    expect(refused).toEqual([]);
  });

  it('a person who can move the head in no way must verify in another way: nothing shows that it has depth', () => {
    for (const seed of SEEDS.slice(0, 8)) {
      const { decision } = unableTo(['turn-left', 'turn-right', 'look-up', 'look-down'], { seed });
      expect([seed, decision?.outcome]).toEqual([seed, 're-verify']);
    }
  });

  it('so must a person who can move the head in no way, which the record says', () => {
    const cannot = ['turn-left', 'turn-right', 'look-up', 'look-down'] as const;
    for (const seed of SEEDS.slice(0, 8)) {
      const driver = unableTo(cannot, { seed });
      expect(driver.decision?.outcome).toBe('re-verify');
      expect(driver.decision?.reasons).toContain('skips-exhausted');
    }
  });
});
