import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { person, preparePeople, subject } from '../support/people.ts';
import { play } from '../support/play.ts';
import type { Portrait } from '../../simulator/index.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

interface Decisions {
  readonly decisions: readonly { readonly sessionId: string; readonly reasons: readonly string[] }[];
}

describe('a living person before a real server', () => {
  let ada: Portrait;
  let server: RealServer;
  let clock: VirtualClock;
  beforeAll(async () => {
    ({ ada } = await preparePeople());
    clock = new VirtualClock();
    server = await startRealServer({ transport: 'auto', clock, seed: 5 });
  });
  afterAll(() => server.close());

  const enrolAt = async (framesPerSecond: number, maxMs: number) =>
    play(server, clock, { mode: 'enrol', subject, framesPerSecond, maxMs, presenter: await person(ada, 1) });

  it('hears at 5 frames a second that it is the connection, is shown no challenge, and has it on record', async () => {
    const { decision, statuses, sessionId } = await enrolAt(5, 60_000);
    expect(decision).toMatchObject({ outcome: 're-verify', retry: 'now', cause: 'connection' });
    expect(statuses.at(-1)?.hint).toBe('connection-slow');
    expect(statuses.filter(({ phase }) => phase !== 'positioning')).toEqual([]);
    const { body } = await server.api<Decisions>('GET', '/v1/decisions');
    const recorded = body.decisions.find((entry) => entry.sessionId === sessionId);
    expect(recorded?.reasons[0]).toBe('connection-too-slow');
  });

  it('is asked at once at 12 frames a second, and hears of nothing slow', async () => {
    const { decision, statuses } = await enrolAt(12, 3_000);
    expect(decision.cause).toBeUndefined();
    expect(statuses.some(({ phase }) => phase === 'challenging')).toBe(true);
    expect(statuses.filter(({ hint }) => hint === 'connection-slow' || hint === 'service-slow')).toEqual([]);
  });
});
