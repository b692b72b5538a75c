import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reason } from '../../server/decision/reasons.ts';
import { person, preparePeople, subject } from '../support/people.ts';
import { play, type Play } from '../support/play.ts';
import type { Portrait, Presenter } from '../../simulator/index.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/*
 * Real models, sockets, store and workers; only time is the test's own. The person answers every challenge, and would
 * be accepted if the relying party did not erase them in the midst of it.
 */

/** Somebody vouches for whoever enrols: what the pictures show of life is not what these tests are about. */
const ENROLMENT = { policy: 'attended', framesPerSecond: 10, maxMs: 1_500 } as const;
const RECOGNITION = { policy: 'blink-only' } as const;
/** When the session has begun and nothing is decided. */
const MIDST_MS = 800;

describe('a subject that a relying party erases while a session of theirs runs', () => {
  let ada: Portrait;
  let server: RealServer;
  let seed = 0;
  const clock = new VirtualClock();
  beforeAll(async () => {
    ({ ada } = await preparePeople());
    server = await startRealServer({ transport: 'auto', clock, seed: 5 });
  });
  afterAll(() => server.close());

  const session = async (mode: Play['mode'], inTheMidst?: () => Promise<void>) => {
    const genuine = await person(ada, ++seed);
    let isDone = inTheMidst === undefined;
    const presenter: Presenter = {
      async frameAt(atMs) {
        if (atMs >= MIDST_MS && !isDone) {
          isDone = true;
          await inTheMidst?.();
        }
        return await genuine.frameAt(atMs);
      },
      onStatus: (status, atMs) => genuine.onStatus?.(status, atMs),
    };
    const asked = {
      ...(mode === 'enrol' ? ENROLMENT : RECOGNITION),
      ...(mode === 'identify' ? {} : { subject }),
    };
    const { decision, sessionId } = await play(server, clock, { mode, presenter, ...asked });
    expect(isDone).toBe(true);
    const { body } = await server.api<{
      decisions: { sessionId: string; reasons: Reason[]; subjectHash: string | null }[];
    }>('GET', '/v1/decisions');
    const recorded = body.decisions.find((one) => one.sessionId === sessionId);
    return { outcome: decision.outcome, reason: recorded?.reasons[0], subjectHash: recorded?.subjectHash };
  };

  const erase = () => server.api('DELETE', `/v1/subjects/${subject}`);
  const eraseOne = async () => {
    expect(await erase()).toEqual({ status: 200, body: { subject, erasedReferences: 1 } });
  };
  const view = async () => (await server.api('GET', `/v1/subjects/${subject}`)).status;

  it('is not enrolled by it, although nothing was enrolled before', async () => {
    const refused = await session('enrol', async () => {
      expect((await erase()).status).toBe(404);
    });
    expect(refused).toEqual({ outcome: 're-verify', reason: 'subject-erased', subjectHash: null });
    expect(await view()).toBe(404);
  });

  it('is not verified by the reference that was read at its start', async () => {
    expect((await session('enrol')).outcome).toBe('accept');
    expect((await session('verify')).outcome).toBe('accept');
    const refused = await session('verify', eraseOne);
    expect(refused).toEqual({ outcome: 'reject', reason: 'subject-erased', subjectHash: null });
  });

  it('is identified by nobody, also while the erasure cannot be finished, and asking again finishes it', async () => {
    expect((await session('enrol')).outcome).toBe('accept');
    expect((await session('identify')).outcome).toBe('accept');
    const reader = new Database(join(server.dataDir, 'veriframe.db'));
    const refused = await session('identify', async () => {
      // As a backup does: what the log holds for its sake cannot be wiped.
      reader.exec('BEGIN; SELECT count(*) FROM reference');
      expect(await erase()).toMatchObject({ status: 503, body: { error: { code: 'subject.busy' } } });
    });
    expect(refused).toMatchObject({ outcome: 'reject', reason: 'no-candidate' });
    expect(await view()).toBe(503);
    reader.close();
    await eraseOne();
    expect(await view()).toBe(404);
    expect(await session('identify')).toMatchObject({ outcome: 'reject', reason: 'no-candidate' });
  });
});
