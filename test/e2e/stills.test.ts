import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Portrait, Stills, stillsOf } from '../../simulator/index.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { person, preparePeople, subject } from '../support/people.ts';
import { enrol, play } from '../support/play.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/* Real models, sockets, store and workers; only time is the test's own, so that a slow machine sees every frame. */

describe('eight stills of the subject, shown as asked', () => {
  let ada: Portrait;
  let server: RealServer;
  const clock = new VirtualClock();
  beforeAll(async () => {
    ({ ada } = await preparePeople());
    server = await startRealServer({ transport: 'auto', clock, seed: 11 });
    await enrol(server, clock, await person(ada, 1));
  });
  afterAll(() => server.close());

  it.each([
    [2, 'standard', 25],
    [4, 'standard', 25],
    [8, 'standard', 15],
    [8, 'blink-only', 15],
  ])('at %d pictures a second, are not accepted under %s', async (picturesPerSecond, policy, framesPerSecond) => {
    const seed = 40 + picturesPerSecond + policy.length;
    const presenter = new Stills(await stillsOf(await person(ada, seed)), seed, 1000 / picturesPerSecond);
    const options = { mode: 'verify', subject, policy, presenter, framesPerSecond } as const;
    const { decision, statuses } = await play(server, clock, options);
    expect(decision.outcome).not.toBe('accept');
    expect(statuses.some(({ challenge }) => challenge !== undefined)).toBe(true);
  });
});
