import { describe, expect, it } from 'vitest';
import { COMPARED } from '../../models/evaluate/anchors/policies.ts';
import { compare } from '../../server/matching/compare.ts';
import { thresholdAt } from '../../server/matching/score-scales.ts';
import { ALICE, BOB, embeddingsOf, seeded, type Identity, type Script } from '../support/analysis-builder.ts';
import { ALL_MODELS, BASE_MODELS, SessionDriver, type DriverOptions } from '../support/session-driver.ts';
import { subject } from '../support/subjects.ts';

const [without] = COMPARED.map((one) => one.policy);

/** Answers the challenges, and becomes another person within `durationMs` of the first one, by at most `most`. */
function walker(durationMs: number, most = 1): Script {
  const answering = subject();
  let askedAtMs: number | null = null;
  return (atMs, status) => {
    if (status?.phase === 'challenging') askedAtMs ??= atMs;
    const share = askedAtMs === null ? 0 : Math.min(most, (atMs - askedAtMs) / durationMs);
    const identity: Identity = { ...ALICE, mixed: { axis: BOB.axis, share } };
    return { ...answering(atMs, status), identity };
  };
}

const run = (options: DriverOptions, script: Script) => new SessionDriver(options).play(script, 70_000);

/** What an enrolment stored, where it stored something. */
const storedBy = ({ effects }: SessionDriver) => effects.find(({ type }) => type === 'store-reference');

function isLike(identity: Identity, driver: SessionDriver): boolean {
  const stored = storedBy(driver);
  if (stored?.type !== 'store-reference') return false;
  const comparison = compare(embeddingsOf(identity, 0.2, seeded(8)), stored.embeddings);
  return comparison !== null && comparison.score >= thresholdAt(comparison.method, 1e-4);
}

describe.each([
  ['full', ALL_MODELS],
  ['base', BASE_MODELS],
])('a face that becomes another one by and by (%s tier)', (_, context) => {
  it.each([1_200, 2_400, 8_000, 20_000])('within %i ms is not enrolled as both', (durationMs) => {
    for (const seed of [1, 2, 3]) {
      const driver = run({ mode: 'enrol', context, seed }, walker(durationMs));
      expect([seed, isLike(BOB, driver)]).toEqual([seed, false]);
    }
  });

  it.each([
    1_200, 2_400, 8_000,
  ])('within %i ms is verified neither as the first nor as the second', (durationMs) => {
    for (const enrolled of [ALICE, BOB]) {
      const driver = run({ mode: 'verify', context, enrolled }, walker(durationMs));
      expect(driver.decision?.outcome ?? driver.failure).not.toBe('accept');
    }
  });

  it('is identified as nobody', () => {
    const candidates = [ALICE, BOB].map((identity, at) => ({
      referenceId: `of ${at}`,
      subject: `${at}`,
      embeddings: embeddingsOf(identity, 0.35, seeded(at)),
    }));
    for (const durationMs of [1_200, 2_400, 8_000]) {
      const driver = run({ mode: 'identify', context, candidates }, walker(durationMs));
      expect(driver.decision?.outcome).not.toBe('accept');
    }
  });

  it('would be enrolled without the anchor', () => {
    const drivers = [2_400, 8_000, 20_000].map((durationMs) =>
      run({ mode: 'enrol', context, policy: without }, walker(durationMs)),
    );
    expect(drivers.some((driver) => storedBy(driver) !== undefined)).toBe(true);
  });
});

describe('an enrolment', () => {
  it('stores the probes that agree, and says how many they are', () => {
    const driver = run({ mode: 'enrol' }, subject());
    const stored = storedBy(driver);
    if (stored?.type !== 'store-reference') throw new Error('nothing was stored');
    expect(stored.frames).toBeGreaterThanOrEqual(driver.policy.enrol.targetFrames);
    expect(isLike(ALICE, driver)).toBe(true);
  });
});
