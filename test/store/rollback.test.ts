import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listDecisions } from '../../server/api/records.ts';
import type { Store } from '../../server/store/ports.ts';
import { createContext } from '../gateway/harness.ts';
import { createPortBackend } from './port-backend.ts';
import { createSqliteBackend, type SqliteBackend } from './sqlite-backend.ts';
import { newDecision } from './support.ts';

const ANNA = { tenant: 'mine', subject: 'anna', observed: false };
const LOCK_OUT = { maxFailures: 3, windowMs: 1_000 };

/** How a newer version ended an attempt, in the form of the columns that this version has. */
interface NewerEnding {
  readonly outcome?: 'accept' | 'reject' | 're-verify';
  readonly reasons?: readonly string[];
  readonly measured?: readonly string[];
  readonly code?: string;
  /** What the newer version found when it recorded the end. */
  readonly excused?: 0 | 1;
}

const NEWER_REJECT: NewerEnding = {
  outcome: 'reject',
  reasons: ['voice-contradicted', 'match-below-threshold'],
  measured: ['match', 'voice'],
};
const NEWER_RE_VERIFY: NewerEnding = { outcome: 're-verify', reasons: ['connection-too-odd'] };
const NEWER_FAILURE: NewerEnding = { code: 'server.overheated' };

describe.each([
  ['SQLite', createSqliteBackend],
  ['SQLite behind a port', createPortBackend],
])('a record that a newer version wrote (%s)', (_name, createBackend) => {
  let backend: SqliteBackend;
  let store: Store;
  beforeEach(async () => {
    backend = await createBackend();
    store = await backend.open();
    // Makes the tenant's key, and a row to take the subject's hash from.
    await store.decisions.record(newDecision('known', { ...ANNA, startedAtMs: 50, decidedAtMs: 60 }));
  });
  afterEach(async () => {
    await store.close();
    await backend.dispose();
  });

  /** Writes the row of a verification of Anna that began at `startedAtMs` and took 10 ms. */
  function write(sessionId: string, startedAtMs: number, ending: NewerEnding): void {
    const { outcome = null, reasons = [], measured = [], code = null, excused = 0 } = ending;
    const assurance = {
      tier: 'full',
      measured,
      unmeasured: ['gait'],
      challengesPassed: 1,
      capture: 'signed',
    };
    backend.meddle((database) =>
      database
        .prepare(`
          INSERT INTO attempt (tenant, session_id, subject_hash, mode, observed, policy, started_at_ms, ended_at_ms,
            outcome, reasons, assurance, code, excused)
          SELECT tenant, @sessionId, subject_hash, mode, observed, 'of-tomorrow', @startedAtMs, @startedAtMs + 10,
            @outcome, @reasons, @assurance, @code, @excused
          FROM attempt WHERE session_id = 'known'
        `)
        .run({
          sessionId,
          startedAtMs,
          outcome,
          reasons: outcome === null ? null : JSON.stringify(reasons),
          assurance: outcome === null ? null : JSON.stringify(assurance),
          code,
          excused,
        }),
    );
  }

  it('is found and listed with the names that it has, each row in its place', async () => {
    write('newer-reject', 100, NEWER_REJECT);
    write('newer-failure', 200, NEWER_FAILURE);
    const { subjectHash } = (await store.decisions.find('mine', 'known')) ?? {};
    const common = { tenant: 'mine', mode: 'verify', observed: false, policy: 'of-tomorrow', subjectHash };
    const reject = {
      ...common,
      sessionId: 'newer-reject',
      outcome: 'reject',
      reasons: ['voice-contradicted', 'match-below-threshold'],
      assurance: { tier: 'full', measured: ['match', 'voice'], unmeasured: ['gait'], challengesPassed: 1 },
      startedAtMs: 100,
      decidedAtMs: 110,
    };
    const failure = {
      ...common,
      sessionId: 'newer-failure',
      outcome: null,
      code: 'server.overheated',
      startedAtMs: 200,
      decidedAtMs: 210,
    };
    expect(subjectHash).toMatch(/^[0-9a-f]{64}$/);
    expect(await store.decisions.find('mine', 'newer-reject')).toEqual(reject);
    expect(await store.decisions.find('mine', 'newer-failure')).toEqual(failure);
    const listed = await store.decisions.list('mine', null, 9);
    expect(listed.slice(0, 2)).toEqual([failure, reject]);
    expect(listed.map(({ sessionId }) => sessionId)).toEqual(['newer-failure', 'newer-reject', 'known']);
  });

  it('that an earlier version wrote is told by the names of today', async () => {
    write('earlier', 100, { outcome: 'reject', reasons: ['planarity-below-bar'], measured: ['planarity'] });
    const found = await store.decisions.find('mine', 'earlier');
    expect(found).toMatchObject({ reasons: ['depth-parallax-below-bar'] });
    expect(found).toHaveProperty('assurance.measured', ['depth-parallax']);
  });

  it('is told by `GET /v1/decisions`, in the form that the API describes', async () => {
    write('newer-reject', 100, NEWER_REJECT);
    write('newer-failure', 200, NEWER_FAILURE);
    const { context, key } = createContext({ mayObserve: true });
    const audit: typeof context.audit = {
      ...context.audit,
      listDecisions: (...page) => store.decisions.list(...page),
    };
    const request = { authorization: `Bearer ${key}`, params: {}, query: {}, body: undefined };
    const answer = await listDecisions.handle({ ...context, audit }, request);
    expect(listDecisions.result.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({
      decisions: [
        { sessionId: 'newer-failure', outcome: null, code: 'server.overheated', reasons: [], measured: [] },
        {
          sessionId: 'newer-reject',
          outcome: 'reject',
          code: null,
          reasons: ['voice-contradicted', 'match-below-threshold'],
          measured: ['match', 'voice'],
          unmeasured: ['gait'],
        },
        { sessionId: 'known' },
      ],
      next: null,
    });
  });

  it('counts for the lock-out: an attempt that the newer version did not excuse is not excused', async () => {
    const until = () => store.decisions.lockedUntil(ANNA, 500, LOCK_OUT);
    write('newer-1', 100, NEWER_RE_VERIFY);
    expect(await until()).toBeNull();
    write('newer-2', 200, NEWER_FAILURE);
    expect(await until(), 'with `known` these are three').toBe(1_050);
    write('newer-3', 300, NEWER_REJECT);
    expect(await until()).toBe(1_100);
  });

  it('counts by the higher limit of excused attempts where the newer version excused it', async () => {
    const until = () => store.decisions.lockedUntil(ANNA, 500, LOCK_OUT);
    for (let at = 0; at < 8; at++) write(`newer-${at}`, 100 + at, { ...NEWER_FAILURE, excused: 1 });
    expect(await until()).toBeNull();
    write('newer-8', 108, { ...NEWER_RE_VERIFY, excused: 1 });
    expect(await until()).toBe(1_100);
  });

  it('ends a lock-out by an accept, whatever that rests on', async () => {
    write('newer-1', 100, NEWER_REJECT);
    write('newer-2', 200, NEWER_REJECT);
    expect(await store.decisions.lockedUntil(ANNA, 500, LOCK_OUT)).toBe(1_050);
    write('newer-3', 300, { outcome: 'accept', reasons: ['voice-sufficient'], measured: ['voice'] });
    expect(await store.decisions.lockedUntil(ANNA, 500, LOCK_OUT)).toBeNull();
  });

  it('stays as it is when this version ends the same attempt again', async () => {
    write('newer', 100, NEWER_REJECT);
    expect(await store.decisions.record(newDecision('newer', ANNA))).toBe(true);
    const kept = await store.decisions.find('mine', 'newer');
    expect(kept).toMatchObject({ reasons: ['voice-contradicted', 'match-below-threshold'] });
  });

  it.each([
    ['reasons', '{"voice":1}'],
    ['reasons', 'voice'],
    ['assurance', '{"tier":"full"}'],
  ])('is corrupt when its %s are %s: names may be new, the form may not', async (column, text) => {
    write('damaged', 100, NEWER_REJECT);
    backend.meddle((database) =>
      database.prepare(`UPDATE attempt SET ${column} = ? WHERE session_id = 'damaged'`).run(text),
    );
    const corrupt = { code: 'store.corrupt' };
    await expect(store.decisions.find('mine', 'damaged')).rejects.toMatchObject(corrupt);
    await expect(store.decisions.list('mine', null, 9)).rejects.toMatchObject(corrupt);
  });
});
