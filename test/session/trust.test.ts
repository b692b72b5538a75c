import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import { bothDemands, conflictsWith, type TrustDemand } from '../../server/policy/trust.ts';
import { openToAttacks } from '../../server/session/trust.ts';
import { BOB } from '../support/analysis-builder.ts';
import { subject } from '../support/subjects.ts';
import { type DriverOptions, SessionDriver, START_MS } from '../support/session-driver.ts';

const NOTHING: TrustDemand = { capture: null, possession: null };
const KEY: TrustDemand = { capture: null, possession: 'required' };
const SIGNED: TrustDemand = { capture: 'kiosk-signed', possession: null };
const ATTESTED: TrustDemand = { capture: 'attested', possession: null };
const SESSION_MS = 40_000;

const started = (trust: DriverOptions['trust'], options: DriverOptions = {}) =>
  new SessionDriver({ policy: 'blink-only', ...options, ...(trust === undefined ? {} : { trust }) });
/** Time after which a session that nothing is demanded of would have been accepted, or stored its reference. */
const enoughMs = (options: DriverOptions = {}) => {
  const free = started(undefined, options);
  const script = subject();
  while (!free.ended) free.play(script, 100);
  return free.nowMs - START_MS + 300;
};
const possession = { proof: 'assertion', userVerified: true } as const;
const shown = ({ decision }: SessionDriver) => decision?.assurance.trust;
const ended = ({ decision }: SessionDriver) => [decision?.outcome, decision?.reasons[0]];

describe('what is demanded beside the pictures', () => {
  it('nothing, by default: an accept says what it does not stop', () => {
    const driver = started(undefined).play(subject(), SESSION_MS);
    expect(driver.decision?.outcome).toBe('accept');
    expect(shown(driver)).toEqual({
      capture: 'unattested',
      possession: null,
      openTo: ['rendered-injection'],
    });
  });

  it('a key that has signed accepts, and without it nobody is accepted, whoever demands it', () => {
    const driver = started({ demand: KEY, asksForKey: true });
    driver.dispatch({ type: 'possession', atMs: driver.nowMs, possession });
    driver.play(subject(), SESSION_MS);
    expect(ended(driver)).toEqual(['accept', 'evidence-sufficient']);
    expect(shown(driver)).toMatchObject({ possession, openTo: [] });

    const byPolicy = { ...policyFor('blink-only'), trustDemand: KEY };
    const without = [
      started({ demand: KEY }),
      started(undefined, { policy: byPolicy }),
      started({ demand: KEY, asksForKey: true }),
    ];
    without[2]?.dispatch({ type: 'possession', atMs: START_MS, possession: null });
    for (const one of without)
      expect(ended(one.play(subject(), SESSION_MS))).toEqual(['re-verify', 'possession-missing']);
  });

  it('a key that did not verify its user is not enough where that is demanded', () => {
    const demand = { ...KEY, possession: 'user-verified' } as const;
    for (const userVerified of [false, true]) {
      const driver = started({ demand, asksForKey: true });
      driver.dispatch({
        type: 'possession',
        atMs: driver.nowMs,
        possession: { proof: 'assertion', userVerified },
      });
      driver.play(subject(), SESSION_MS);
      expect(driver.decision?.outcome).toBe(userVerified ? 'accept' : 're-verify');
    }
  });

  it('the clocks wait for the device, for so long and no longer; the first frame or the answer starts them', () => {
    const { possessionMs, positioningMs, sessionMs } = policyFor('blink-only').timing;
    const waiting = started({ demand: KEY, asksForKey: true });
    waiting.letTimePass(START_MS + possessionMs - 1);
    expect(waiting.ended).toBe(false);
    expect(waiting.statuses.map(({ status }) => status.hint)).toEqual([undefined]);
    waiting.dispatch({ type: 'possession', atMs: waiting.nowMs, possession });
    waiting.play(subject(), SESSION_MS);
    expect(waiting.decision?.outcome).toBe('accept');

    const silent = started({ asksForKey: true });
    silent.letTimePass(START_MS + possessionMs + positioningMs + 1);
    expect(silent.decision?.outcome).toBe('re-verify');

    const streaming = started({ demand: KEY, asksForKey: true }).play(() => ({}), 1_000);
    streaming.letTimePass(START_MS + positioningMs + 2_000);
    expect(streaming.ended).toBe(true);
    expect(streaming.nowMs).toBeLessThan(START_MS + sessionMs);
  });

  it('an answer that comes while the person already streams still counts, and only the first one does', () => {
    const driver = started({ demand: KEY, asksForKey: true });
    driver.play(subject(), 3_000);
    driver.dispatch({ type: 'possession', atMs: driver.nowMs, possession: null });
    driver.dispatch({ type: 'possession', atMs: driver.nowMs, possession });
    driver.play(subject(), SESSION_MS);
    expect(ended(driver)).toEqual(['re-verify', 'possession-missing']);
    const unasked = started({ demand: KEY });
    unasked.dispatch({ type: 'possession', atMs: unasked.nowMs, possession });
    expect(ended(unasked.play(subject(), SESSION_MS))).toEqual(['re-verify', 'possession-missing']);
  });

  it("another person's face is rejected as ever, so that nobody learns of a key by it", () => {
    for (const demand of [NOTHING, KEY]) {
      const driver = started({ demand }, { enrolled: BOB });
      driver.play(subject(), SESSION_MS);
      expect(driver.decision?.outcome).not.toBe('accept');
      expect(driver.decision?.reasons).not.toContain('possession-missing');
    }
  });

  it('signatures must reach the last analysed frame before an accept', () => {
    const driver = started({ demand: SIGNED, chained: true });
    driver.play(subject(), enoughMs());
    expect(driver.ended).toBe(false);
    const behind = driver.effects.filter(({ type }) => type === 'analyze').length;
    driver.dispatch({ type: 'signed', atMs: driver.nowMs, seq: 3 });
    expect(driver.ended).toBe(false);
    driver.dispatch({ type: 'signed', atMs: driver.nowMs, seq: behind + 1000 });
    driver.letTimePass(driver.nowMs + 100);
    expect(ended(driver)).toEqual(['accept', 'evidence-sufficient']);
    expect(shown(driver)).toEqual({ capture: 'kiosk-signed', possession: null, openTo: [] });
  });

  it('a chain that ends early claims nothing: at its time the session ends as one without', () => {
    for (const demand of [SIGNED, NOTHING]) {
      const driver = started({ demand, chained: true });
      driver.play(subject(), 2_000);
      driver.dispatch({ type: 'signed', atMs: driver.nowMs, seq: 5 });
      driver.play(subject(), SESSION_MS);
      expect(ended(driver)[0]).toBe(demand === SIGNED ? 're-verify' : 'accept');
      expect(shown(driver)?.capture).toBe('unattested');
    }
  });

  it('a broken chain ends the session, and a kiosk without a key at once where one is demanded', () => {
    const driver = started({ chained: true });
    driver.dispatch({ type: 'chain-broken', atMs: driver.nowMs });
    expect(driver.failure).toBe('frame.signature');
    const unsigned = started({ demand: SIGNED });
    expect([
      unsigned.decision?.outcome,
      unsigned.decision?.retry,
      ...(unsigned.decision?.reasons ?? []),
    ]).toEqual(['re-verify', 'never', 'capture-missing']);
  });

  it('an attestation counts before the session and during it', () => {
    const before = started({ demand: ATTESTED, attested: true }).play(subject(), SESSION_MS);
    const during = started({ demand: ATTESTED });
    during.play(subject(), enoughMs());
    expect(during.ended).toBe(false);
    during.dispatch({ type: 'attested', atMs: during.nowMs });
    during.letTimePass(during.nowMs + 100);
    for (const driver of [before, during])
      expect([driver.decision?.outcome, shown(driver)?.capture]).toEqual(['accept', 'attested']);
    const never = started({ demand: ATTESTED }).play(subject(), SESSION_MS);
    expect(ended(never)).toEqual(['re-verify', 'capture-missing']);
  });

  it('an enrolment stores nothing before what is demanded was shown', () => {
    const driver = started({ demand: KEY, asksForKey: true }, { mode: 'enrol' });
    driver.play(subject(), enoughMs({ mode: 'enrol' }));
    expect(driver.effects.some(({ type }) => type === 'store-reference')).toBe(false);
    driver.dispatch({
      type: 'possession',
      atMs: driver.nowMs,
      possession: { proof: 'registration', userVerified: false },
    });
    driver.play(subject(), 1_000);
    expect(ended(driver)).toEqual(['accept', 'evidence-sufficient']);
    // The key may be anybody's who was there first.
    expect(shown(driver)?.openTo).toEqual(['rendered-injection']);
  });

  it('a policy and a session demand together the stricter, and not two cameras', () => {
    expect(bothDemands(KEY, { capture: 'attested', possession: 'user-verified' })).toEqual({
      capture: 'attested',
      possession: 'user-verified',
    });
    expect(bothDemands({ ...SIGNED, possession: 'user-verified' }, KEY).possession).toBe('user-verified');
    expect(conflictsWith(SIGNED, ATTESTED)).toBe(true);
    expect(conflictsWith(SIGNED, SIGNED) || conflictsWith(NOTHING, ATTESTED)).toBe(false);
  });

  it('says what is left open without liveness, and that a controlled camera stops no photograph', () => {
    const unattested = { capture: 'unattested', possession: null } as const;
    expect(openToAttacks(unattested, false, 'enrol')).toEqual([
      'presentation',
      'cheap-injection',
      'rendered-injection',
    ]);
    expect(openToAttacks({ ...unattested, capture: 'kiosk-signed' }, false, 'enrol')).toEqual([
      'presentation',
    ]);
  });
});
