import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { person, preparePeople, subject } from '../support/people.ts';
import { enrol, play } from '../support/play.ts';
import {
  preparePortrait,
  record,
  replay,
  stillPhoto,
  swapHalfway,
  wavedPhoto,
  type Portrait,
  type Presenter,
  type RecordedFrame,
} from '../../simulator/index.ts';
import { seededSeries } from '../../simulator/seeded.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { wall } from '../kiosk/support/depth.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/*
 * Real models, sockets, store and workers; only time is the test's own, so that a slow machine sees every frame. The
 * face is a head rendered in three dimensions that hears the challenges and answers them.
 */

let ada: Portrait;
let grace: Portrait;
beforeAll(async () => {
  ({ ada, grace } = await preparePeople());
});

/** Somebody whose pictures another keeps, as they go over the wire. */
function eavesdropped(presenter: Presenter, kept: RecordedFrame[]): Presenter {
  return {
    async frameAt(atMs) {
      const jpeg = await presenter.frameAt(atMs);
      kept.push({ atMs, jpeg });
      return jpeg;
    },
    onStatus: (status, atMs) => presenter.onStatus?.(status, atMs),
  };
}

/** What every session draws whose test asks for nothing else. */
const OTHERS = seededSeries(1);
/** Seeds that no other subject of these tests has: the same one would send the same frames again. */
const seedFor = (policy: string) => 60 + policy.length;

describe('who is there, and who is not', () => {
  let server: RealServer;
  /** Where the whole series of challenges would show nothing more. */
  const brief = 'blink-only';
  const enrolment: RecordedFrame[] = [];
  const clock = new VirtualClock();
  let draws = OTHERS;
  beforeAll(async () => {
    server = await startRealServer({ transport: 'auto', clock, draws: (count) => draws(count) });
    const presenter = eavesdropped(await person(ada, 1), enrolment);
    await enrol(server, clock, presenter);
  });
  afterAll(() => server.close());

  const outcomeOf = async (presenter: Parameters<typeof play>[2]['presenter'], policy = 'standard') =>
    (await play(server, clock, { mode: 'verify', subject, policy, presenter })).decision.outcome;
  /** At the base tier no session of `passive` is begun. */
  const isRefused = async (policy: string) =>
    (await server.api('POST', '/v1/sessions', { mode: 'verify', subject, policy })).status === 409;

  it('the frames of another session, byte for byte, are rejected at once', async () => {
    const { decision, tookMs } = await play(server, clock, {
      mode: 'verify',
      subject,
      policy: brief,
      presenter: replay(enrolment, 0),
    });
    expect(decision.outcome).toBe('reject');
    expect(tookMs).toBeLessThan(1000);
  });

  it('a face whose depth sensor sees a wall is rejected', async () => {
    const presenter = await person(ada, 7);
    const { sessionId, decision } = await play(server, clock, {
      mode: 'identify',
      policy: brief,
      presenter,
      depth: wall({ width: 320, height: 240 }),
    });
    expect(decision.outcome).toBe('reject');
    const { body } = await server.api<{ decisions: { sessionId: string; reasons: string[] }[] }>(
      'GET',
      '/v1/decisions',
    );
    expect(body.decisions.find((one) => one.sessionId === sessionId)?.reasons).toContain('depth-below-bar');
  });

  it('an enrolled person is identified, a stranger is nobody', async () => {
    const known = await play(server, clock, {
      mode: 'identify',
      policy: brief,
      presenter: await person(ada, 4),
    });
    expect(known.decision.outcome).toBe('accept');
    expect(decodeJwt(known.decision.token ?? '').sub).toBe(subject);
    const stranger = await play(server, clock, {
      mode: 'identify',
      policy: brief,
      presenter: await person(grace, 5),
    });
    expect(stranger.decision.outcome).toBe('reject');
  });

  it.each(['standard', 'blink-only', 'passive'])('a still photo is not accepted under %s', async (policy) => {
    const frontal = await preparePortrait({ image: await (await person(ada, 6)).frameAt(0) });
    if (await isRefused(policy)) return;
    expect(await outcomeOf(stillPhoto(frontal, seedFor(policy)), policy)).not.toBe('accept');
  });

  it.each([
    'standard',
    'blink-only',
    'passive',
  ])('a photo waved and bent is not accepted under %s', async (policy) => {
    if (await isRefused(policy)) return;
    expect(await outcomeOf(wavedPhoto(ada, seedFor(policy)), policy)).not.toBe('accept');
  });

  it('a recording of a whole session is not accepted where other challenges are drawn', async () => {
    const LAST_OF_EACH = 0.99;
    draws = (count) => Array.from({ length: count }, () => LAST_OF_EACH);
    const recorded = await person(ada, 9);
    for (const [i, action] of (['turn-left', 'blink', 'turn-right'] as const).entries())
      recorded.perform(action, 1500 + 2200 * i);
    const recording = await record(recorded, { fromMs: 0, toMs: 8500, fps: 25 });
    const outcome = await outcomeOf(replay(recording, 0));
    draws = OTHERS;
    expect(outcome).not.toBe('accept');
  });

  it('a stranger who proves to be live and then shows the face of another is rejected', async () => {
    expect(await outcomeOf(swapHalfway(await person(grace, 10), await person(ada, 11), 1500))).toBe('reject');
  });

  it('a session that another takes over half-way is rejected', async () => {
    // Where the swap falls into an answer, the challenge fails first: draws under which it does not.
    draws = seededSeries(100);
    const outcome = await outcomeOf(swapHalfway(await person(ada, 15), await person(grace, 16), 3000));
    draws = OTHERS;
    expect(outcome).toBe('reject');
  });

  it('one face cannot be enrolled as two subjects, nor one subject be taken over by another face', async () => {
    const twice = await play(server, clock, {
      mode: 'enrol',
      subject: 'other',
      policy: brief,
      presenter: await person(ada, 12),
    });
    expect(twice.decision.outcome).toBe('reject');
    const takeover = await play(server, clock, {
      mode: 'enrol',
      subject,
      policy: brief,
      presenter: await person(grace, 13),
    });
    expect(takeover.decision.outcome).toBe('reject');
  });

  it('an erased subject is gone: nobody verifies, nobody is identified', async () => {
    expect((await server.api('DELETE', `/v1/subjects/${subject}`)).body).toMatchObject({
      erasedReferences: 1,
    });
    expect((await server.api('POST', '/v1/sessions', { mode: 'verify', subject })).status).toBe(404);
    const search = await play(server, clock, {
      mode: 'identify',
      policy: brief,
      presenter: await person(ada, 14),
    });
    expect(search.decision.outcome).toBe('reject');
  });
});
