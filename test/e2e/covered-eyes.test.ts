import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Portrait, Presenter } from '../../simulator/index.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { createLooker, type Looker } from '../simulator/looker.ts';
import { boxesOverEyes } from '../support/boxed-eyes.ts';
import { person, preparePeople } from '../support/people.ts';
import { play } from '../support/play.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** The performance behind boxes over both eyes, at their place in the first picture: the head hardly sways. */
async function boxed(presenter: Presenter, looker: Looker, colour: string): Promise<Presenter> {
  const [{ landmarks }] = await looker.look(presenter, [0]);
  const boxes = boxesOverEyes(landmarks, colour, 1.3);
  return {
    frameAt: async (atMs) =>
      await sharp(await presenter.frameAt(atMs))
        .composite(boxes)
        .jpeg({ quality: 92 })
        .toBuffer(),
    onStatus: (status, atMs) => presenter.onStatus?.(status, atMs),
  };
}

describe('a person whose eyes are behind boxes', () => {
  let server: RealServer;
  let ada: Portrait;
  let looker: Looker;
  const clock = new VirtualClock();
  beforeAll(async () => {
    ({ ada } = await preparePeople());
    looker = await createLooker();
    server = await startRealServer({ transport: 'auto', clock, seed: 5 });
  });
  afterAll(() => server.close());

  it('is neither enrolled under an operator’s eyes nor verified, and hears why; without boxes both go well', async () => {
    const sessions = [
      ['enrol', 'black', 'black'],
      ['enrol', 'skin', '#c89f86'],
      ['enrol', 'none', null],
      ['verify', 'none', 'black'],
      ['verify', 'none', null],
    ] as const;
    const seen = [];
    for (const [at, [mode, subject, colour]] of sessions.entries()) {
      const bare = await person(ada, 20 + at);
      const presenter = colour === null ? bare : await boxed(bare, looker, colour);
      const policy = mode === 'enrol' ? 'attended' : 'blink-only';
      const { decision, statuses } = await play(server, clock, { mode, subject, policy, presenter });
      seen.push([
        decision.outcome === 'accept',
        statuses.some(({ hint }) => hint === 'face-covered') === (colour !== null),
      ]);
    }
    expect(seen).toEqual([
      [false, true],
      [false, true],
      [true, true],
      [false, true],
      [true, true],
    ]);
  });
});
