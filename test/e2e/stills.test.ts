import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Portrait } from '../../simulator/index.ts';
import { seededDraws } from '../../simulator/seeded.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { person, preparePeople, subject } from '../support/people.ts';
import { play } from '../support/play.ts';
import { stillSeries } from '../support/still-series.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/* Real models, sockets, store and workers; only time is the test's own, so that a slow machine sees every frame. */

describe('eight stills of the subject, shown as asked', () => {
  let ada: Portrait;
  let server: RealServer;
  const clock = new VirtualClock();
  const random = seededDraws(11);
  beforeAll(async () => {
    ({ ada } = await preparePeople());
    const draws = (count: number) => Array.from({ length: count }, random);
    server = await startRealServer({ transport: 'auto', clock, draws });
    const enrolled = await play(server, clock, {
      mode: 'enrol',
      subject,
      policy: 'blink-only',
      presenter: await person(ada, 1),
    });
    expect(enrolled.decision.outcome).toBe('accept');
  });
  afterAll(() => server.close());

  it.each([
    [2, 'standard', 25],
    [4, 'standard', 25],
    [8, 'standard', 15],
    [8, 'blink-only', 15],
  ])('at %d pictures a second, are not accepted under %s', async (picturesPerSecond, policy, framesPerSecond) => {
    const presenter = stillSeries({
      portrait: ada,
      seed: 40 + picturesPerSecond + policy.length,
      picturesPerSecond,
    });
    const options = { mode: 'verify', subject, policy, presenter, framesPerSecond } as const;
    const { decision, statuses } = await play(server, clock, options);
    expect(decision.outcome).not.toBe('accept');
    expect(statuses.some(({ challenge }) => challenge !== undefined)).toBe(true);
  });
});
