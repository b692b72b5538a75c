import { describe, expect, it } from 'vitest';
import { createTickets } from '../../server/identity/tickets.ts';
import type { FrameAnalyzer } from '../../server/inference/calls.ts';
import { createLogger } from '../../server/observe/log.ts';
import { SessionRegistry } from '../../server/session-registry.ts';
import type { ClientLink } from '../../server/session/ports.ts';
import { BASE_MODELS } from '../support/session-driver.ts';
import { identification } from '../support/session-request.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Workers that never give a turn. */
const idleAnalyzer: FrameAnalyzer = {
  models: BASE_MODELS.models,
  workers: 100,
  queueDepth: 0,
  requestTurn: () => () => undefined,
  close: async () => undefined,
};

function registryOf(maxSessions: number) {
  const clock = new VirtualClock();
  const tickets = createTickets({ clock, lifetimeMs: 600_000, maxOutstanding: 100 });
  const registry = new SessionRegistry({
    tickets,
    attempts: { begin: async () => undefined, refusal: () => null },
    references: { ofSubject: async () => [] },
    directory: { started: () => undefined, ended: () => undefined },
    limits: { maxImageBytes: 1e6, maxImagePixels: 1e6, maxFramesPerSecond: 30 },
    maxSessions,
    capacity: { room: () => 100, entered: () => () => undefined, retryAfterMs: 1000 },
    services: {
      clock,
      analyzer: idleAnalyzer,
      context: BASE_MODELS,
      frameMemory: null,
      log: createLogger({ logLevel: 'silent' }),
      draws: (count) => Array.from({ length: count }, () => 0.5),
      search: async () => [],
      enrol: async () => 'stored',
      conclude: async () => 'token',
      failed: () => undefined,
    },
  });
  const closed: (string | null)[] = [];
  const link: ClientLink = {
    send: () => undefined,
    sendError: () => undefined,
    close: (code) => void closed.push(code),
  };
  let last = 0;
  const attach = async () => {
    return await registry.attach(tickets.issue(identification(`session-${++last}`)).ticket, link);
  };
  return { attach, clock, closed, registry };
}

const settled = async () => {
  for (let turns = 0; turns < 5; turns += 1) await Promise.resolve();
};

describe('sessions', () => {
  it('R4: are no more than allowed, whatever the workers could do, and there is room when one ends', async () => {
    const { attach, registry } = registryOf(3);
    const first = await attach();
    await attach();
    await attach();
    expect(registry.refusal()?.code).toBe('server.busy');
    await expect(attach()).rejects.toMatchObject({ code: 'server.busy' });
    first.disconnected();
    await settled();
    expect(registry.refusal()).toBeNull();
    await attach();
    expect(registry.openSessions).toBe(3);
  });
});

describe('a drain', () => {
  it('that is asked for again with less time ends at once, and leaves no timer behind', async () => {
    const { attach, clock, closed, registry } = registryOf(3);
    const patient = registry.drain(1000);
    await patient;
    await expect(attach()).rejects.toMatchObject({ code: 'server.draining' });

    const other = registryOf(3);
    await Promise.all([other.attach(), other.attach()]);
    const waits = [other.registry.drain(60_000), other.registry.drain(0)];
    await settled();
    expect(other.closed).toEqual([]);
    other.clock.advance(1);
    await Promise.all(waits);
    expect(other.closed).toEqual(['server.draining', 'server.draining']);
    expect(other.clock.pending).toBe(0);
    expect([clock.pending, closed]).toEqual([0, []]);
  });
});
