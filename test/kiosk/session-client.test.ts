import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connect, type KioskSession, type KioskSessionEvent } from '../../client/kiosk/session-client.ts';
import { ERRORS, isErrorCode } from '../../protocol/errors.ts';
import {
  giveCreditBack,
  portOf,
  startServer,
  welcome,
  type Script,
  type TestServer,
} from './support/server.ts';

const picture = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
const servers: TestServer[] = [];

async function serverFor(script: Script): Promise<TestServer> {
  const server = await startServer(script);
  servers.push(server);
  return server;
}

async function sessionWith(
  script: Script,
  signal?: AbortSignal,
): Promise<{ session: KioskSession; server: TestServer }> {
  const server = await serverFor(script);
  const options = { url: server.streamUrl, ticket: server.ticket };
  const session = await connect(signal === undefined ? options : { ...options, signal });
  return { session, server };
}

async function collect(session: KioskSession): Promise<KioskSessionEvent[]> {
  const events: KioskSessionEvent[] = [];
  for await (const event of session.events) events.push(event);
  return events;
}

const rejectionWith = (code: string) => expect.objectContaining({ name: 'KioskError', code });

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe('connect', () => {
  it('R9, R14: says hello with the ticket first and resolves with the welcome', async () => {
    const { session, server } = await sessionWith({});
    expect(server.peers[0]?.heard).toEqual([
      { type: 'hello', ticket: server.ticket, client: 'veriframe-kiosk' },
    ]);
    expect(session.welcome.limits.maxFramesPerSecond).toBe(30);
    session.bye('cancelled');
  });

  it('R12: rejects with ticket.invalid when the server refuses the ticket', async () => {
    await expect(sessionWith({ hello: (peer) => peer.fail('ticket.invalid') })).rejects.toEqual(
      rejectionWith('ticket.invalid'),
    );
  });

  it.each([
    'server.busy',
    'origin.refused',
    'server.draining',
  ] as const)('R2, R4: rejects with %s when the upgrade is refused with it', async (code) => {
    await expect(sessionWith({ refuseUpgrade: code })).rejects.toEqual(rejectionWith(code));
  });

  it('rejects with connection.refused when no server listens', async () => {
    const server = await startServer({});
    await server.close();
    await expect(connect({ url: server.streamUrl, ticket: server.ticket })).rejects.toEqual(
      rejectionWith('connection.refused'),
    );
  });

  it('rejects with client.timeout when the server never says welcome', async () => {
    const server = await serverFor({ hello: () => {} });
    const connecting = connect({ url: server.streamUrl, ticket: server.ticket, openTimeoutMs: 50 });
    await expect(connecting).rejects.toEqual(rejectionWith('client.timeout'));
  });

  it('rejects with client.timeout when the other end never answers the upgrade, and frees the socket', async () => {
    const mute = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const connecting = connect({
      url: `ws://127.0.0.1:${portOf(mute)}/`,
      ticket: 'x'.repeat(16),
      openTimeoutMs: 50,
    });
    await expect(connecting).rejects.toEqual(rejectionWith('client.timeout'));
    await new Promise((resolve) => mute.close(resolve));
  });

  it('rejects at once when the signal is already aborted', async () => {
    await expect(sessionWith({}, AbortSignal.abort())).rejects.toEqual(rejectionWith('client.cancelled'));
  });
});

describe('KioskSession', () => {
  it('R15, R16: spends one credit a frame, numbers frames upward and refuses the frame without credit', async () => {
    const { session, server } = await sessionWith({ frame: () => {} });
    await session.whenCredit(2);
    expect([1, 2, 3, 4].map((atMs) => session.sendFrame(picture, atMs))).toEqual([true, true, false, false]);
    expect(session.credits).toBe(0);
    session.bye('source-ended');
    await expect.poll(() => server.peers[0]?.heard.at(-1)).toEqual({ type: 'bye', reason: 'source-ended' });
    const frames = server.peers[0]?.frames ?? [];
    expect(frames.map(({ capturedAtMs }) => capturedAtMs)).toEqual([1, 2]);
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map(({ seq }) => seq).toSorted((a, b) => a - b));
    expect(new Set(frames.map(({ seq }) => seq)).size).toBe(2);
    expect(frames[0]?.image).toEqual(Buffer.from(picture));
  });

  it('R17: may send again when credit has come back', async () => {
    const { session } = await sessionWith({ frame: giveCreditBack });
    for (let sent = 0; sent < 10; sent++) {
      expect(await session.whenCredit()).toBe(true);
      expect(session.sendFrame(picture, sent)).toBe(true);
    }
  });

  it('whenCredit is false, not pending, once the session is over', async () => {
    const { session } = await sessionWith({ frame: (peer) => peer.fail('server.draining') });
    await session.whenCredit(2);
    session.sendFrame(picture, 1);
    expect(await session.whenCredit(2)).toBe(false);
    expect(session.sendFrame(picture, 2)).toBe(false);
  });

  it('tells statuses, errors that do not end the session (R31) and the decision, in order, then ends', async () => {
    const { session } = await sessionWith({
      hello(peer) {
        welcome(peer);
        peer.send({ type: 'status', phase: 'positioning', hint: 'no-face', progress: 0 });
        peer.fail('skip.not_allowed');
        void peer.decide('re-verify');
      },
    });
    const events = await collect(session);
    expect(events.map(({ type }) => type)).toEqual(['status', 'error', 'decision']);
    await expect(session.decision).resolves.toMatchObject({ outcome: 're-verify', retry: 'now' });
    expect(session.sendFrame(picture, 1)).toBe(false);
  });

  it('may stay unread: the decision still comes', async () => {
    const { session } = await sessionWith({
      hello(peer) {
        welcome(peer);
        for (let count = 0; count < 2_000; count++)
          peer.send({ type: 'status', phase: 'positioning', progress: 0 });
        void peer.decide('accept');
      },
    });
    await expect(session.decision).resolves.toMatchObject({ outcome: 'accept' });
    const events = await collect(session);
    expect(events.at(-1)?.type).toBe('decision');
    expect(events.length).toBeLessThanOrEqual(257);
  });

  it('continues when its reader leaves', async () => {
    const { session } = await sessionWith({
      hello(peer) {
        welcome(peer);
        peer.send({ type: 'status', phase: 'positioning', progress: 0 });
      },
      skip: (peer) => void peer.decide('reject'),
    });
    for await (const _ of session.events) break;
    session.skip();
    await expect(session.decision).resolves.toMatchObject({ outcome: 'reject' });
  });

  const closing = Object.keys(ERRORS)
    .filter(isErrorCode)
    .filter((code) => ERRORS[code].closeCode !== null);
  it('R30: reports every closing code, from the message or from the close code alone', async () => {
    for (const code of closing) {
      const announced = await sessionWith({ frame: (peer) => peer.fail(code) });
      const silent = await sessionWith({ frame: (peer) => peer.socket.close(ERRORS[code].closeCode ?? 0) });
      for (const { session } of [announced, silent]) {
        await session.whenCredit();
        session.sendFrame(picture, 1);
        await expect(session.decision).rejects.toEqual(rejectionWith(code));
        await expect(collect(session)).rejects.toEqual(rejectionWith(code));
      }
    }
  });

  it('rejects with connection.lost when the socket breaks, or closes without a decision', async () => {
    const cut = await sessionWith({ skip: (peer) => peer.socket.terminate() });
    const closed = await sessionWith({ skip: (peer) => peer.socket.close(1000) });
    for (const { session } of [cut, closed]) {
      session.skip();
      await expect(session.decision).rejects.toEqual(rejectionWith('connection.lost'));
    }
  });

  it.each<[string, (socket: { send(data: Uint8Array | string): void }) => void]>([
    ['text', (socket) => socket.send('{"type":"status"}')],
    ['bytes that are no message', (socket) => socket.send(Uint8Array.of(0xc1, 0, 1))],
  ])('rejects with connection.incompatible when the server sends %s', async (_, speak) => {
    const { session } = await sessionWith({ skip: ({ socket }) => speak(socket) });
    session.skip();
    await expect(session.decision).rejects.toEqual(rejectionWith('connection.incompatible'));
  });

  it('says bye cancelled and ends when the signal aborts', async () => {
    const stop = new AbortController();
    const { session, server } = await sessionWith({}, stop.signal);
    stop.abort();
    await expect(session.decision).rejects.toEqual(rejectionWith('client.cancelled'));
    await expect.poll(() => server.peers[0]?.heard.at(-1)).toEqual({ type: 'bye', reason: 'cancelled' });
    await expect.poll(() => server.peers[0]?.socket.readyState).toBe(3);
  });
});
