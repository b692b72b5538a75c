import { describe, expect, it } from 'vitest';
import type { Downstream } from '../../protocol/downstream.ts';
import { VeriframeError } from '../../protocol/errors.ts';
import { createTickets } from '../../server/identity/tickets.ts';
import type { FrameAnalyzer } from '../../server/inference/calls.ts';
import { createLogger } from '../../server/observe/log.ts';
import { SessionRegistry } from '../../server/sessions/registry.ts';
import type { ClientLink } from '../../server/session/ports.ts';
import { StoreError } from '../../server/store/errors.ts';
import { BASE_MODELS } from '../support/session-driver.ts';
import { identification } from '../support/session-request.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Workers that never give a session a turn. */
const idleAnalyzer: FrameAnalyzer = {
  models: BASE_MODELS.models,
  workers: 100,
  queueDepth: 0,
  requestTurn: () => () => undefined,
  close: async () => undefined,
};

interface Faults {
  /** Awaited before the attempt is recorded. */
  begin?: () => Promise<void>;
  /** Awaited before the references are read. */
  read?: () => Promise<void>;
}

function registryOf(maxSessions: number, faults: Faults = {}) {
  const clock = new VirtualClock();
  const tickets = createTickets({ clock, lifetimeMs: 600_000, maxOutstanding: 100 });
  const begun: string[] = [];
  const ended: string[] = [];
  const newcomers = { entered: 0, left: 0, turnedAway: 0 };
  const entered = () => {
    newcomers.entered++;
    return { left: () => newcomers.left++, turnedAway: () => newcomers.turnedAway++ };
  };
  const registry = new SessionRegistry({
    tickets,
    attempts: {
      async begin({ sessionId }) {
        await faults.begin?.();
        begun.push(sessionId);
      },
      refusal: () => null,
    },
    references: {
      async ofSubject() {
        await faults.read?.();
        return [];
      },
    },
    directory: { started: () => undefined, ended: () => undefined },
    limits: { maxImageBytes: 1e6, maxImagePixels: 1e6, maxFramesPerSecond: 30 },
    maxSessions,
    capacity: { room: () => 100, entered, retryAfterMs: 1000 },
    services: {
      clock,
      analyzer: idleAnalyzer,
      context: BASE_MODELS,
      frameMemory: null,
      log: createLogger({ logLevel: 'silent' }),
      draws: (count) => Array.from({ length: count }, () => 0.5),
      search: async () => [],
      enrol: async () => ({ result: 'failed' }),
      recordAccept: async () => true,
      async conclude({ sessionId }, { outcome }) {
        ended.push(`${sessionId} ${outcome}`);
        return 'token';
      },
      failed: ({ sessionId }, code) => void ended.push(`${sessionId} ${code}`),
    },
  });
  const closed: (string | null)[] = [];
  const heard: Downstream[] = [];
  const link: ClientLink = {
    send: (message) => void heard.push(message),
    sendError: () => undefined,
    close: (code) => void closed.push(code),
  };
  let last = 0;
  const attach = async () => {
    return await registry.attach(tickets.issue(identification(`session-${++last}`)).ticket, link);
  };
  /** Issues a ticket for a verification. */
  const ticketFor = (sessionId: string, policy = 'standard') =>
    tickets.issue({ ...identification(sessionId), mode: 'verify', subject: 'anna', policy }).ticket;
  const attachWith = (ticket: string) => registry.attach(ticket, link);
  return { attach, attachWith, begun, clock, closed, ended, heard, newcomers, registry, ticketFor };
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

describe('a redeemed ticket', () => {
  it.each([
    'attended',
    'operator-vouched',
  ])('welcomes its client with the name %s, as the policy was asked for', async (name) => {
    const { attachWith, heard, ticketFor } = registryOf(3);
    await attachWith(ticketFor('named', name));
    expect(heard[0]).toMatchObject({ type: 'welcome', policy: name });
  });

  it('begins one attempt and ends it once, and cannot be redeemed again', async () => {
    const { attachWith, begun, ended, ticketFor } = registryOf(3);
    const ticket = ticketFor('one');
    const [first, second] = await Promise.allSettled([attachWith(ticket), attachWith(ticket)]);
    expect(second).toMatchObject({ reason: { code: 'ticket.invalid' } });
    if (first.status === 'fulfilled') first.value.disconnected('frame.rate');
    await settled();
    // Without a reference a verification is decided at once.
    expect([begun, ended]).toEqual([['one'], ['one re-verify']]);
  });

  it('R12: is not used up and begins nothing when the server is full or draining or the subject is locked out', async () => {
    const locked = new VeriframeError('subject.locked', undefined, { retryAfterMs: 5 });
    const faults: Faults = { begin: () => Promise.reject(locked) };
    const { attach, attachWith, begun, ended, newcomers, registry, ticketFor } = registryOf(1, faults);
    const ticket = ticketFor('one');
    await expect(attachWith(ticket)).rejects.toBe(locked);
    await expect(attachWith(ticket)).rejects.toBe(locked);
    // A ticket shown again and again must not count as many sessions, which would keep others out.
    expect(newcomers).toEqual({ entered: 2, left: 0, turnedAway: 2 });
    faults.begin = async () => undefined;
    const other = await attach();
    await expect(attachWith(ticket)).rejects.toMatchObject({ code: 'server.busy' });
    other.disconnected();
    await settled();
    expect(begun).toEqual(['session-1']);
    await attachWith(ticket);
    await settled();
    expect(begun).toEqual(['session-1', 'one']);
    expect(ended).toHaveLength(2);
    const late = ticketFor('late');
    void registry.drain(0);
    await expect(attachWith(late)).rejects.toMatchObject({ code: 'server.draining' });
    expect(begun).toHaveLength(2);
  });

  it.each<[string, Faults, string]>([
    ['its beginning', { begin: () => Promise.reject(new StoreError('store.busy')) }, 'one server.internal'],
    [
      'the references',
      { read: () => Promise.reject(new StoreError('store.corrupt')) },
      'one server.internal',
    ],
  ])('is used up, and its session has ended, when the store rejects %s', async (_, faults, ending) => {
    const { attachWith, ended, newcomers, registry, ticketFor } = registryOf(3, faults);
    const ticket = ticketFor('one');
    await expect(attachWith(ticket)).rejects.toMatchObject({ code: expect.stringContaining('store.') });
    expect(newcomers).toEqual({ entered: 1, left: 0, turnedAway: 1 });
    expect(ended).toEqual([ending]);
    await expect(attachWith(ticket)).rejects.toMatchObject({ code: 'ticket.invalid' });
    expect(registry.openSessions).toBe(0);
  });

  it('whose session begins while the server starts to drain ends with server.draining', async () => {
    let goOn = () => {};
    const begins = new Promise<void>((resolve) => (goOn = resolve));
    const { attachWith, begun, clock, ended, registry, ticketFor } = registryOf(3, { begin: () => begins });
    const attaching = attachWith(ticketFor('one'));
    const drained = registry.drain(10);
    clock.advance(11);
    await drained;
    goOn();
    await expect(attaching).rejects.toMatchObject({ code: 'server.draining' });
    expect([begun, ended]).toEqual([['one'], ['one server.draining']]);
  });
});

describe('a drain', () => {
  it('that is requested again with less time ends then, and leaves no timer behind', async () => {
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
