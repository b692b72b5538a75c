import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Portrait } from '../../simulator/index.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { drifting, facesBetween, type Course } from '../support/drift.ts';
import { person, preparePeople } from '../support/people.ts';
import { play } from '../support/play.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/*
 * Real models, sockets, store and workers; only time is the test's own. The face is a drawn head whose picture is
 * morphed from one portrait to another while it answers, so that no two pictures after each other contradict.
 */

const STEPS = 12;
const COURSES: Readonly<Record<string, Course>> = {
  'within 2.4 s': (sinceMs) => sinceMs / 2_400,
  'within 5 s, which a session takes': (sinceMs) => sinceMs / 5_000,
};

let ada: Portrait;
let grace: Portrait;
let faces: readonly Portrait[];
let server: RealServer;
const clock = new VirtualClock();
beforeAll(async () => {
  ({ ada, grace } = await preparePeople());
  faces = facesBetween(ada, grace, STEPS);
  server = await startRealServer({ transport: 'auto', clock });
});
afterAll(() => server.close());

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
  it.each(Object.entries(COURSES))('%s is not enrolled', async (name, course) => {
    const presenter = await drifting(faces, 300 + name.length, course);
    const subject = `enrolled ${name}`.replaceAll(/\W/g, '-');
    const { decision, sessionId } = await play(server, clock, { mode: 'enrol', subject, presenter });
    expect(decision.outcome).not.toBe('accept');
    expect(await reasonsOf(sessionId)).not.toEqual([]);
  });

  it.each(
    Object.entries(COURSES),
  )('%s is accepted neither as the one nor as the other', async (name, course) => {
    for (const [subject, portrait] of [
      ['ada', ada],
      ['grace', grace],
    ] as const) {
      if (name === 'within 2.4 s') {
        const presenter = await person(portrait, 310 + subject.length);
        const enrolled = await play(server, clock, {
          mode: 'enrol',
          subject,
          policy: 'blink-only',
          presenter,
        });
        expect(enrolled.decision.outcome).toBe('accept');
      }
      const presenter = await drifting(faces, 320 + name.length + subject.length, course);
      const { decision, sessionId } = await play(server, clock, { mode: 'verify', subject, presenter });
      expect(decision.outcome).not.toBe('accept');
      expect(await reasonsOf(sessionId)).not.toEqual([]);
    }
  });

  it('is identified as nobody', async () => {
    const presenter = await drifting(faces, 340, COURSES['within 2.4 s']);
    const { decision } = await play(server, clock, { mode: 'identify', presenter });
    expect(decision.outcome).not.toBe('accept');
  });
});
