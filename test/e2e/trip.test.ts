import { decodeJwt } from 'jose';
import { availableTransports } from '../../server/gateway/transport-choice.ts';
import { verifyToken } from '../support/verify-token.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { person, preparePeople, subject } from '../support/people.ts';
import { play } from '../support/play.ts';
import type { Portrait } from '../../simulator/index.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
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

/** One of the two shows colours, whose light falls on the person's skin as if it sat before the screen. */
const TRIPS = [
  { transport: availableTransports()[0].name, enrolBy: 'standard', policy: 'standard', cues: [] },
  {
    transport: 'ws',
    enrolBy: 'blink-only',
    policy: 'standard-flash',
    cues: ['flash'],
    flash: true,
    light: {},
  },
] as const;

describe.each(TRIPS)('the trip of a frame over $transport under $policy', (trip) => {
  const { transport, enrolBy, policy, cues } = trip;
  const flash = 'flash' in trip;
  const inLight = 'light' in trip ? { light: trip.light } : {};
  let server: RealServer;
  let clock: VirtualClock;
  beforeAll(async () => {
    clock = new VirtualClock();
    server = await startRealServer({ transport, clock, seed: 5 });
    const enrolled = await play(server, clock, {
      mode: 'enrol',
      subject,
      policy: enrolBy,
      presenter: await person(ada, 1),
    });
    expect(enrolled.decision.outcome).toBe('accept');
  });
  afterAll(() => server.close());

  it('verifies who answers its challenges, and signs for it', async () => {
    const nonce = 'of-the-relying-party';
    const presenter = await person(ada, 2, inLight);
    const { decision, sessionId, statuses } = await play(server, clock, {
      mode: 'verify',
      subject,
      policy,
      flash,
      audience: 'shop',
      nonce,
      presenter,
    });
    expect(decision.outcome).toBe('accept');

    const jwks = await server.api<Parameters<typeof verifyToken>[1]>('GET', '/.well-known/jwks.json');
    const claims = await verifyToken(decision.token ?? '', jwks.body, {
      issuer: 'veriframe',
      audience: 'shop',
      nonce,
      atMs: clock.nowMs(),
    });
    expect(claims).toMatchObject({
      sub: subject,
      jti: sessionId,
      veriframe: { mode: 'verify', outcome: 'accept' },
    });
    expect(claims.veriframe.assurance.measured).toEqual(
      expect.arrayContaining(['match', 'challenge', 'continuity', 'injection', ...cues]),
    );

    const view = await server.api('GET', `/v1/sessions/${sessionId}`);
    expect(view.body).toMatchObject({ state: 'decided', outcome: 'accept', token: decision.token });

    const challenges = new Set(statuses.flatMap(({ challenge }) => (challenge ? [challenge.kind] : [])));
    expect(challenges.size).toBeGreaterThanOrEqual(2);
  });

  it('rejects another person who does all the same things', async () => {
    const { decision } = await play(server, clock, {
      mode: 'verify',
      subject,
      presenter: await person(grace, 3),
    });
    expect(decision.outcome).toBe('reject');
    expect(decodeJwt(decision.token ?? '').sub).toBeUndefined();
  });
});
