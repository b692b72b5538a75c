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

/** How a verification ended, where a test cares. */
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

export const NEVER: LockOutPolicy = { maxFailures: 0, windowMs: 1_000 };

/** What every backend must hold of attempts. Called inside the contract of the whole store. */
export function describeAttempts({
  store,
  reopen,
}: {
  readonly store: () => Store;
  readonly reopen: () => Promise<void>;
}): void {
  it('puts an attempt on record once, and it is nobody’s to find until it has ended', async () => {
    expect(await store().decisions.begin(ATTEMPT, NEVER)).toBeNull();
    await reopen();
    expect(await store().decisions.find('door', 'session-1')).toBeNull();
    expect(await store().decisions.list('door', null, 9)).toEqual([]);
    await expect(store().decisions.begin(ATTEMPT, NEVER)).rejects.toMatchObject({ code: 'store.invalid' });
    await expect(store().decisions.begin({ ...ATTEMPT, tenant: 'gate' }, NEVER)).resolves.toBeNull();
    await store().decisions.record({ ...DECISION, startedAtMs: 1 });
    const found = await store().decisions.find('door', 'session-1');
    expect(found).toMatchObject({ startedAtMs: ATTEMPT.startedAtMs, outcome: 'reject' });
    await expect(store().decisions.begin(ATTEMPT, NEVER)).rejects.toMatchObject({ code: 'store.invalid' });
  });

  it('ends an attempt once: by a decision, or by an error, of which it knows the code and nothing else', async () => {
    await store().decisions.begin(ATTEMPT, NEVER);
    await store().decisions.record(FAILURE);
    await store().decisions.record(DECISION);
    await store().decisions.record({ ...FAILURE, code: 'server.draining' });
    const { subject, ...plain } = FAILURE;
    const found = await store().decisions.find('door', 'session-1');
    expect(found).toEqual({ ...plain, subjectHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(JSON.stringify(found)).not.toContain(subject);
    expect(await store().decisions.list('door', null, 9)).toEqual([found]);

    await store().decisions.begin({ ...ATTEMPT, sessionId: 'session-2' }, NEVER);
    await store().decisions.record({ ...DECISION, sessionId: 'session-2' });
    await store().decisions.record({ ...FAILURE, sessionId: 'session-2' });
    expect(await store().decisions.find('door', 'session-2')).toMatchObject({ outcome: 'reject' });
  });

  it('puts on record whole what ended before its beginning could be written', async () => {
    await store().decisions.record(FAILURE);
    expect(await store().decisions.find('door', 'session-1')).toMatchObject({ code: 'frame.no_credit' });
  });

  it('ends what a lost run left open as the server’s fault, and nothing else', async () => {
    await store().decisions.begin({ ...ATTEMPT, startedAtMs: 3_000 }, NEVER);
    await store().decisions.begin({ ...ATTEMPT, sessionId: 'later', startedAtMs: 5_000 }, NEVER);
    await store().decisions.begin({ ...ATTEMPT, sessionId: 'elsewhere', tenant: 'gate' }, NEVER);
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

  it('knows an identified subject only from its decision, and a claimed one only from its beginning', async () => {
    const hash = async (sessionId: string) =>
      (await store().decisions.find('door', sessionId))?.subjectHash ?? null;
    const identify = { ...ATTEMPT, mode: 'identify', subject: null } as const;
    await store().decisions.begin(identify, NEVER);
    const restsOn = await store().references.add(newReference());
    await store().decisions.record({ ...DECISION, mode: 'identify', outcome: 'accept', restsOn });
    expect(await hash('session-1')).not.toBeNull();
    await store().decisions.begin({ ...ATTEMPT, sessionId: 'erased' }, NEVER);
    await store().references.eraseSubject('door', 'anna');
    expect(await hash('session-1')).toBeNull();
    await store().decisions.record({ ...DECISION, sessionId: 'erased' });
    expect(await hash('erased'), 'what was cut off does not come back').toBeNull();
  });

  describe('a subject that was tried too often', () => {
    const lockOut = { maxFailures: 3, windowMs: 1_000 };
    let sessions = 0;
    const begin = (atMs: number, change: Partial<NewAttempt> = {}) =>
      store().decisions.begin(
        { ...ATTEMPT, sessionId: `at-${atMs}-${++sessions}`, startedAtMs: atMs, ...change },
        lockOut,
      );
    const until = (nowMs: number, subject = 'anna', observed = false) =>
      store().decisions.lockedUntil({ tenant: 'door', subject, observed }, nowMs, lockOut);
    const tried = async (atMs: number, ending: Ending, change: Partial<NewAttempt> = {}) => {
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

    it('is locked by attempts that have begun, however they end, for their time from their beginning', async () => {
      expect(await until(100)).toBeNull();
      await tried(100, { outcome: 're-verify' });
      await tried(200, { code: 'frame.no_credit' });
      expect(await begin(300)).toBeNull();
      expect(await begin(400)).toBe(1_100);
      expect(await until(400)).toBe(1_100);
      expect(await until(1_099)).toBe(1_100);
      expect(await begin(1_099)).toBe(1_100);
      expect(await begin(1_100)).toBeNull();
      expect(await begin(1_199)).toBe(1_200);
    });

    it('takes so many of those that begin at once, and no more', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => begin(500)));
      expect(answers.filter((answer) => answer === null)).toHaveLength(3);
      expect(answers.filter((answer) => answer === 1_500)).toHaveLength(9);
    });

    it('is locked by its own verifications only, observed ones by themselves', async () => {
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
        await tried(100 + at, {}, change);
      expect(await until(200)).toBeNull();
      expect(await until(200, 'anna', true)).toBe(1_102);
      expect(await begin(200, { observed: true })).toBe(1_102);
      expect(await until(200, 'cem')).toBeNull();
      await tried(150, {});
      expect(await until(200)).toBe(1_107);
      expect(await begin(200, { mode: 'enrol' })).toBeNull();
    });

    it('is set free by an accept, but for attempts that had not ended by then', async () => {
      await tried(100, {});
      await tried(110, {});
      await begin(115, { sessionId: 'slow' });
      await tried(120, { outcome: 'accept' }, { observed: true, sessionId: 'look' });
      expect(await until(200)).toBe(1_100);
      await tried(120, { outcome: 'accept' });
      expect(await until(200)).toBeNull();
      await tried(130, {});
      await tried(140, {});
      expect(await until(200), 'the one that was open counts').toBe(1_115);
      await store().decisions.record({ ...DECISION, sessionId: 'slow', decidedAtMs: 300 });
      expect(await until(300)).toBe(1_115);
    });

    it('is not locked by what was not the person’s fault, but by three times as much of it', async () => {
      const excused: readonly Ending[] = [
        { code: 'server.internal' },
        { code: 'server.draining' },
        { outcome: 're-verify', reasons: ['time-up', 'connection-too-slow'] },
        { outcome: 're-verify', reasons: ['service-too-slow'] },
      ];
      for (let at = 0; at < 8; at++) await tried(100 + at, excused[at % 4] ?? {});
      await tried(110, {});
      await tried(111, {});
      expect(await until(200)).toBeNull();
      await tried(108, { code: 'server.internal' });
      expect(await until(200)).toBe(1_100);
      expect(await until(1_100)).toBeNull();
    });

    it('is free at once where nothing is locked', async () => {
      for (let at = 0; at < 5; at++) await tried(100 + at, {});
      expect(await store().decisions.begin({ ...ATTEMPT, startedAtMs: 200 }, NEVER)).toBeNull();
    });
  });
}
