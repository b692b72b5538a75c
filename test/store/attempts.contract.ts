import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { LockOutPolicy } from '../../server/identity/lock-out.ts';
import type { NewAttempt, NewDecision, NewFailure, Store } from '../../server/store/ports.ts';
import { newReference } from './support.ts';

export const ATTEMPT = {
  sessionId: 'session-1',
  tenant: 'door',
  subject: 'anna',
  mode: 'verify',
  observed: false,
  policy: 'standard',
  startedAtMs: 1_700_000_000_000,
} as const satisfies NewAttempt;

export const DECISION = {
  ...ATTEMPT,
  outcome: 'reject',
  reasons: ['challenge-failed', 'match-below-threshold'],
  assurance: {
    tier: 'base',
    measured: ['match', 'challenge'],
    unmeasured: ['passive-pad'],
    challengesPassed: 1,
  },
  decidedAtMs: 1_700_000_004_321,
} as const satisfies NewDecision;

/** The parts of a verification's end that a test sets. */
type Ending =
  | { readonly code: ErrorCode }
  | { readonly outcome: 'accept' }
  | { readonly outcome?: 'reject' | 're-verify'; readonly reasons?: NewDecision['reasons'] };

const FAILURE: NewFailure = {
  ...ATTEMPT,
  outcome: null,
  code: 'frame.no_credit',
  decidedAtMs: DECISION.decidedAtMs,
};

export const NO_LOCK_OUT: LockOutPolicy = { maxFailures: 0, windowMs: 1_000 };

/** What every backend must do with attempts. Called inside the contract of the whole store. */
export function describeAttempts({
  store,
  reopen,
}: {
  readonly store: () => Store;
  readonly reopen: () => Promise<void>;
}): void {
  it('records an attempt once, and finds it only when it has ended', async () => {
    expect(await store().decisions.begin(ATTEMPT, NO_LOCK_OUT)).toBeNull();
    await reopen();
    expect(await store().decisions.find('door', 'session-1')).toBeNull();
    expect(await store().decisions.list('door', null, 9)).toEqual([]);
    await expect(store().decisions.begin(ATTEMPT, NO_LOCK_OUT)).rejects.toMatchObject({
      code: 'store.invalid',
    });
    await expect(store().decisions.begin({ ...ATTEMPT, tenant: 'gate' }, NO_LOCK_OUT)).resolves.toBeNull();
    await store().decisions.record({ ...DECISION, startedAtMs: 1 });
    const found = await store().decisions.find('door', 'session-1');
    expect(found).toMatchObject({ startedAtMs: ATTEMPT.startedAtMs, outcome: 'reject' });
    await expect(store().decisions.begin(ATTEMPT, NO_LOCK_OUT)).rejects.toMatchObject({
      code: 'store.invalid',
    });
  });

  it('ends an attempt once: by a decision, or by an error, of which it stores only the code', async () => {
    await store().decisions.begin(ATTEMPT, NO_LOCK_OUT);
    await store().decisions.record(FAILURE);
    await store().decisions.record(DECISION);
    await store().decisions.record({ ...FAILURE, code: 'server.draining' });
    const { subject, ...plain } = FAILURE;
    const found = await store().decisions.find('door', 'session-1');
    expect(found).toEqual({ ...plain, subjectHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(JSON.stringify(found)).not.toContain(subject);
    expect(await store().decisions.list('door', null, 9)).toEqual([found]);

    await store().decisions.begin({ ...ATTEMPT, sessionId: 'session-2' }, NO_LOCK_OUT);
    await store().decisions.record({ ...DECISION, sessionId: 'session-2' });
    await store().decisions.record({ ...FAILURE, sessionId: 'session-2' });
    expect(await store().decisions.find('door', 'session-2')).toMatchObject({ outcome: 'reject' });
  });

  it('records an attempt whole when its beginning could not be written', async () => {
    await store().decisions.record(FAILURE);
    expect(await store().decisions.find('door', 'session-1')).toMatchObject({ code: 'frame.no_credit' });
  });

  it('ends the attempts that a lost run left open as the server’s fault, and no others', async () => {
    await store().decisions.begin({ ...ATTEMPT, startedAtMs: 3_000 }, NO_LOCK_OUT);
    await store().decisions.begin({ ...ATTEMPT, sessionId: 'later', startedAtMs: 5_000 }, NO_LOCK_OUT);
    await store().decisions.begin({ ...ATTEMPT, sessionId: 'elsewhere', tenant: 'gate' }, NO_LOCK_OUT);
    await store().decisions.record({ ...DECISION, sessionId: 'decided' });
    await reopen();
    expect(await store().decisions.endInterrupted(4_000)).toBe(3);
    const code = 'server.internal';
    expect(await store().decisions.find('door', 'session-1')).toMatchObject({ code, decidedAtMs: 4_000 });
    expect(await store().decisions.find('door', 'later')).toMatchObject({ code, decidedAtMs: 5_000 });
    expect(await store().decisions.find('gate', 'elsewhere')).toMatchObject({ code });
    expect(await store().decisions.find('door', 'decided')).toMatchObject({ outcome: 'reject' });
    expect(await store().decisions.endInterrupted(4_000)).toBe(0);
  });

  it('takes an identified subject from the decision, and a claimed one from the beginning', async () => {
    const hash = async (sessionId: string) =>
      (await store().decisions.find('door', sessionId))?.subjectHash ?? null;
    const identify = { ...ATTEMPT, mode: 'identify', subject: null } as const;
    await store().decisions.begin(identify, NO_LOCK_OUT);
    const restsOn = await store().references.add(newReference());
    await store().decisions.record({ ...DECISION, mode: 'identify', outcome: 'accept', restsOn });
    expect(await hash('session-1')).not.toBeNull();
    await store().decisions.begin({ ...ATTEMPT, sessionId: 'erased' }, NO_LOCK_OUT);
    await store().references.eraseSubject('door', 'anna');
    expect(await hash('session-1')).toBeNull();
    await store().decisions.record({ ...DECISION, sessionId: 'erased' });
    expect(await hash('erased'), 'an erased hash does not come back').toBeNull();
  });

  describe('a subject with too many attempts', () => {
    const lockOut = { maxFailures: 3, windowMs: 1_000 };
    let sessions = 0;
    const begin = (atMs: number, change: Partial<NewAttempt> = {}) =>
      store().decisions.begin(
        { ...ATTEMPT, sessionId: `at-${atMs}-${++sessions}`, startedAtMs: atMs, ...change },
        lockOut,
      );
    const lockedUntil = (nowMs: number, subject = 'anna', observed = false) =>
      store().decisions.lockedUntil({ tenant: 'door', subject, observed }, nowMs, lockOut);
    const attempt = async (atMs: number, ending: Ending, change: Partial<NewAttempt> = {}) => {
      const times = { sessionId: `at-${atMs}`, startedAtMs: atMs, decidedAtMs: atMs + 50 };
      if ('code' in ending) await store().decisions.record({ ...FAILURE, ...times, ...ending, ...change });
      else if (ending.outcome === 'accept') {
        const restsOn = await store().references.add(newReference());
        await store().decisions.record({
          ...DECISION,
          ...times,
          ...change,
          ...ending,
          restsOn,
          subject: 'anna',
        });
      } else await store().decisions.record({ ...DECISION, ...times, ...ending, ...change });
    };

    it('is locked out by attempts however they end, each of which counts from its beginning', async () => {
      expect(await lockedUntil(100)).toBeNull();
      await attempt(100, { outcome: 're-verify' });
      await attempt(200, { code: 'frame.no_credit' });
      expect(await begin(300)).toBeNull();
      expect(await begin(400)).toBe(1_100);
      expect(await lockedUntil(400)).toBe(1_100);
      expect(await lockedUntil(1_099)).toBe(1_100);
      expect(await begin(1_099)).toBe(1_100);
      expect(await begin(1_100)).toBeNull();
      expect(await begin(1_199)).toBe(1_200);
    });

    it('takes no more simultaneous attempts than the limit', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => begin(500)));
      expect(answers.filter((answer) => answer === null)).toHaveLength(3);
      expect(answers.filter((answer) => answer === 1_500)).toHaveLength(9);
    });

    it('is locked out by its own verifications only, and observed ones count separately', async () => {
      for (const [at, change] of [
        { subject: 'ben' },
        { tenant: 'gate' },
        { observed: true },
        { observed: true },
        { observed: true },
        { mode: 'enrol' as const },
        { mode: 'identify' as const },
        {},
        {},
      ].entries())
        await attempt(100 + at, {}, change);
      expect(await lockedUntil(200)).toBeNull();
      expect(await lockedUntil(200, 'anna', true)).toBe(1_102);
      expect(await begin(200, { observed: true })).toBe(1_102);
      expect(await lockedUntil(200, 'cem')).toBeNull();
      await attempt(150, {});
      expect(await lockedUntil(200)).toBe(1_107);
      expect(await begin(200, { mode: 'enrol' })).toBeNull();
    });

    it('is released by an accept, but attempts that end after it count', async () => {
      await attempt(100, {});
      await attempt(110, {});
      await begin(115, { sessionId: 'slow' });
      await attempt(120, { outcome: 'accept' }, { observed: true, sessionId: 'look' });
      expect(await lockedUntil(200)).toBe(1_100);
      await attempt(120, { outcome: 'accept' });
      expect(await lockedUntil(200)).toBeNull();
      await attempt(130, {});
      await attempt(140, {});
      expect(await lockedUntil(200), 'the attempt that was open counts').toBe(1_115);
      await store().decisions.record({ ...DECISION, sessionId: 'slow', decidedAtMs: 300 });
      expect(await lockedUntil(300)).toBe(1_115);
    });

    it('excuses attempts that were not the person’s fault, up to three times the limit', async () => {
      const excused: readonly Ending[] = [
        { code: 'server.internal' },
        { code: 'server.draining' },
        { outcome: 're-verify', reasons: ['time-up', 'connection-too-slow'] },
        { outcome: 're-verify', reasons: ['service-too-slow'] },
      ];
      for (let at = 0; at < 8; at++) await attempt(100 + at, excused[at % 4] ?? {});
      await attempt(110, {});
      await attempt(111, {});
      expect(await lockedUntil(200)).toBeNull();
      await attempt(108, { code: 'server.internal' });
      expect(await lockedUntil(200)).toBe(1_100);
      expect(await lockedUntil(1_100)).toBeNull();
    });

    it('is never locked out when the limit is 0', async () => {
      for (let at = 0; at < 5; at++) await attempt(100 + at, {});
      expect(await store().decisions.begin({ ...ATTEMPT, startedAtMs: 200 }, NO_LOCK_OUT)).toBeNull();
    });
  });
}
