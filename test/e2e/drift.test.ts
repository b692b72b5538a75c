import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Drift, DRIFT_MS, morphPortrait, type Portrait } from '../../simulator/index.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { person, preparePeople } from '../support/people.ts';
import { enrol, play } from '../support/play.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/*
 * Real models, sockets, store and workers; only time is the test's own. The face is a drawn head whose picture is
 * morphed from one portrait to another while it answers, so that no two pictures after each other contradict.
 */

const STEPS = 12;
/** How long the drift from the first to the last face takes. */
const COURSES: Readonly<Record<string, number>> = {
  'within 2.4 s': DRIFT_MS,
  'within 5 s, which a session takes': 5_000,
};

let ada: Portrait;
let grace: Portrait;
let faces: readonly Portrait[];
let server: RealServer;
const clock = new VirtualClock();
beforeAll(async () => {
  ({ ada, grace } = await preparePeople());
  faces = Array.from({ length: STEPS + 1 }, (_, step) => morphPortrait(ada, grace, step / STEPS));
  server = await startRealServer({ transport: 'auto', clock, seed: 5 });
});
afterAll(() => server.close());

/** One head that answers the challenges, with one of the faces after the other. */
const drifting = async (seed: number, driftMs: number) =>
  new Drift(await Promise.all(faces.map((face) => person(face, seed))), 0, driftMs);

/** What ended a session, none of it a chance likeness of the test's pictures to those of an earlier session. */
async function reasonsOf(sessionId: string): Promise<readonly string[]> {
  const { body } = await server.api<{ decisions: { sessionId: string; reasons: string[] }[] }>(
    'GET',
    '/v1/decisions?limit=5',
  );
  const { reasons = [] } = body.decisions.find((one) => one.sessionId === sessionId) ?? {};
  expect(reasons).not.toContain('replayed');
  return reasons;
}

describe('a face that drifts from one person to another', () => {
  it.each(Object.entries(COURSES))('%s is not enrolled', async (name, driftMs) => {
    const presenter = await drifting(300 + name.length, driftMs);
    const subject = `enrolled ${name}`.replaceAll(/\W/g, '-');
    const { decision, sessionId } = await play(server, clock, { mode: 'enrol', subject, presenter });
    expect(decision.outcome).not.toBe('accept');
    expect(await reasonsOf(sessionId)).not.toEqual([]);
  });

  it.each(
    Object.entries(COURSES),
  )('%s is accepted neither as the one nor as the other', async (name, driftMs) => {
    for (const [subject, portrait] of [
      ['ada', ada],
      ['grace', grace],
    ] as const) {
      if (name === 'within 2.4 s') {
        const presenter = await person(portrait, 310 + subject.length);
        await enrol(server, clock, presenter, subject);
      }
      const presenter = await drifting(320 + name.length + subject.length, driftMs);
      const { decision, sessionId } = await play(server, clock, { mode: 'verify', subject, presenter });
      expect(decision.outcome).not.toBe('accept');
      expect(await reasonsOf(sessionId)).not.toEqual([]);
    }
  });

  it('is identified as nobody', async () => {
    const presenter = await drifting(340, DRIFT_MS);
    const { decision } = await play(server, clock, { mode: 'identify', presenter });
    expect(decision.outcome).not.toBe('accept');
  });
});
