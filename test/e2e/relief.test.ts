import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChallengeKind } from '../../protocol/status.ts';
import { Egg, FlatPuppet, type Portrait, type Presenter } from '../../simulator/index.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { person, preparePeople, subject } from '../support/people.ts';
import { enrol, play } from '../support/play.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/*
 * Real models, sockets, store and workers; only time is the test's own. One portrait: a head rendered in three
 * dimensions, which stands in for a living person, and the same photograph turned as an egg.
 */

interface Claims {
  readonly veriframe: { readonly assurance: { readonly measured: readonly string[] } };
}

describe('the relief of a head, between processes', () => {
  let server: RealServer;
  let ada: Portrait;
  const clock = new VirtualClock();
  beforeAll(async () => {
    ({ ada } = await preparePeople());
    server = await startRealServer({ transport: 'auto', clock, seed: 5 });
    await enrol(server, clock, await person(ada, 1));
  });
  afterAll(() => server.close());

  const verify = (presenter: Presenter, cannot: readonly ChallengeKind[] = []) =>
    play(server, clock, {
      mode: 'verify',
      subject,
      policy: 'standard',
      presenter,
      framesPerSecond: 15,
      cannot,
    });

  const decisions = async () => {
    const { body } = await server.api<{
      readonly decisions: readonly { readonly reasons: readonly string[] }[];
    }>('GET', '/v1/decisions?limit=1');
    return body.decisions;
  };

  it('is confirmed in the turn of a head', async () => {
    const { decision } = await verify(await person(ada, 2));
    expect(decision.outcome).toBe('accept');
    const { veriframe } = decodeJwt<Claims>(decision.token ?? '');
    expect(veriframe.assurance.measured).toContain('relief');
  });

  it('is not there in the same photograph turned as an egg', async () => {
    const { decision } = await verify(new Egg(ada, { seed: 3 }));
    expect(decision.outcome).toBe('reject');
    const [recorded] = await decisions();
    expect(recorded?.reasons).toContain('relief-below-bar');
  });

  it('is confirmed in the nods of a head that cannot turn', async () => {
    const { decision, statuses } = await verify(await person(ada, 4), ['turn-left', 'turn-right']);
    const asked = new Set(statuses.flatMap(({ challenge }) => challenge?.kind ?? []));
    expect([...asked].some((kind) => kind.startsWith('turn'))).toBe(true);
    expect([...asked].some((kind) => kind.startsWith('look'))).toBe(true);
    expect(decision.outcome).toBe('accept');
  });

  it('is not confirmed in the same photograph warped by a mesh, whose light does not change', async () => {
    const { decision } = await verify(new FlatPuppet(ada, { seed: 5 }));
    expect(decision.outcome).toBe('re-verify');
  });
});
