import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Attempts, MAX_UNWRITTEN_ENDS } from '../../server/sessions/attempts.ts';
import { createLogger } from '../../server/observe/log.ts';
import type { SessionRequest } from '../../server/session/ports.ts';
import { StoreError, type StoreErrorCode } from '../../server/store/errors.ts';
import type { NewAttempt, NewDecision, NewFailure } from '../../server/store/ports.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const request = (sessionId: string): SessionRequest => ({
  sessionId,
  tenant: 'door',
  mode: 'verify',
  subject: 'anna',
  policy: 'standard',
  audience: null,
  nonce: null,
  createdAtMs: 0,
});

function setUp() {
  const clock = new VirtualClock();
  const begun: NewAttempt[] = [];
  const ended: (NewDecision | NewFailure)[] = [];
  const directory: string[] = [];
  const state: { fault: StoreErrorCode | null; lockedUntilMs: number | null; tries: number } = {
    fault: null,
    lockedUntilMs: null,
    tries: 0,
  };
  const answer = () => {
    state.tries++;
    if (state.fault !== null) throw new StoreError(state.fault);
  };
  const attempts = new Attempts({
    clock,
    record: {
      async begin(attempt) {
        answer();
        if (state.lockedUntilMs !== null) return state.lockedUntilMs;
        begun.push(attempt);
        return null;
      },
      async record(ending) {
        answer();
        ended.push(ending);
        return true;
      },
    },
    directory: { failed: ({ sessionId }, code) => void directory.push(`${sessionId} ${code}`) },
    lockOut: { maxFailures: 3, windowMs: 1000 },
    log: createLogger({ logLevel: 'silent' }),
  });
  const pass = async (ms: number) => {
    clock.advance(ms);
    await nextTurn();
  };
  return { attempts, begun, clock, directory, ended, pass, state };
}

describe('an attempt', () => {
  it('begins at the time of the wall clock, or is refused with the time until the subject takes one again', async () => {
    const { attempts, begun, clock, state } = setUp();
    await attempts.begin(request('one'));
    expect(begun).toMatchObject([{ sessionId: 'one', subject: 'anna', startedAtMs: clock.wallMs() }]);
    state.lockedUntilMs = clock.wallMs() + 1234;
    await expect(attempts.begin(request('two'))).rejects.toMatchObject({
      code: 'subject.locked',
      retryAfterMs: 1234,
    });
    expect(begun).toHaveLength(1);
  });

  it.each<StoreErrorCode>([
    'store.busy',
    'store.full',
    'store.unavailable',
  ])('whose end the store rejects (%s) is offered again until the store takes it, and then no more', async (fault) => {
    const { attempts, clock, directory, ended, pass, state } = setUp();
    state.fault = fault;
    attempts.failed(request('one'), 'frame.no_credit');
    const endedAtMs = clock.wallMs();
    expect(directory).toEqual(['one frame.no_credit']);
    for (let waited = 0; waited < 200; waited++) await pass(1000);
    expect(ended).toEqual([]);
    expect(state.tries, 'pauses grow').toBeLessThan(20);
    state.fault = null;
    await pass(60_000);
    await pass(60_000);
    expect(ended).toMatchObject([
      { sessionId: 'one', outcome: null, code: 'frame.no_credit', decidedAtMs: endedAtMs },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('that the store can never take is not offered again', async () => {
    const { attempts, clock, state } = setUp();
    state.fault = 'store.invalid';
    attempts.failed(request('one'), 'frame.rate');
    await nextTurn();
    expect([state.tries, clock.pending]).toEqual([1, 0]);
  });

  it('is offered once more when the server stops, and does not delay the stop', async () => {
    const { attempts, clock, ended, pass, state } = setUp();
    state.fault = 'store.busy';
    attempts.failed(request('one'), 'server.draining');
    attempts.failed(request('two'), 'server.draining');
    await pass(10);
    const tries = state.tries;
    await attempts.close();
    expect(state.tries).toBe(tries + 2);
    expect([ended, clock.pending]).toEqual([[], 0]);

    const other = setUp();
    other.state.fault = 'store.busy';
    other.attempts.failed(request('one'), 'server.draining');
    await other.pass(10);
    other.state.fault = null;
    await other.attempts.close();
    expect(other.ended).toMatchObject([{ sessionId: 'one', code: 'server.draining' }]);
  });

  it('is refused while too many ends of others wait for the store, and admitted once those are on record', async () => {
    const { attempts, pass, state } = setUp();
    state.fault = 'store.unavailable';
    for (let at = 0; at < MAX_UNWRITTEN_ENDS - 1; at++) attempts.failed(request(`s${at}`), 'server.internal');
    await pass(1);
    expect(attempts.refusal()).toBeNull();
    attempts.failed(request('last'), 'server.internal');
    await pass(1);
    const refusal = attempts.refusal();
    expect(refusal?.code).toBe('server.busy');
    state.fault = null;
    await pass(refusal?.retryAfterMs ?? 0);
    expect(attempts.refusal()).toBeNull();
  });
});
