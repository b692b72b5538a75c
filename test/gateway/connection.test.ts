import { encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { GatewayLimits } from '../../server/gateway/gateway.ts';
import { CREDITS, Gate, LIMITS, ProtocolClient, type Running, startGateway, TRANSPORTS } from './harness.ts';
import { rawConnection, TestClient, upgradeRequest } from './sockets.ts';

const image = new Uint8Array([1]);
const hello = (ticket: string) => encode({ type: 'hello', ticket });

const SERVED = { code: 1000, reason: 'done' };

/** All that a client hears until its connection ends, and how it ends. */
async function endOf(client: ProtocolClient) {
  const heard: unknown[] = [];
  for (let message = await client.next(); message !== null; message = await client.next())
    heard.push(message.type === 'error' ? { code: message.code, retry: message.retry } : message);
  return { heard, ended: await client.raw.ended };
}

/** SPEC R30: the error message, then the close frame that the table asks for, and nothing else. */
function endWith(code: ErrorCode) {
  const { retry, closeCode } = ERRORS[code];
  return { heard: [{ code, retry }], ended: { code: closeCode, reason: code } };
}

describe.each(TRANSPORTS)('a connection over %s', (_, transport) => {
  let running: Running;
  const start = async (limits: Partial<GatewayLimits> = {}) => {
    running = await startGateway(transport, { limits });
  };
  beforeEach(() => start());
  afterEach(async () => {
    await running.gateway.close();
    if (running.gateway.connections + running.host.openSessions > 0) throw new Error('something stayed open');
  });

  async function nextClient(): Promise<{ code: number; reason: string }> {
    const client = await ProtocolClient.welcomed(running);
    client.sayFrame(1);
    await client.hear('credit');
    client.say({ type: 'bye', reason: 'cancelled' });
    return await client.raw.ended;
  }

  describe('before hello', () => {
    const cases: [string, ErrorCode, Uint8Array | string][] = [
      ['R5: text', 'message.text', 'hello'],
      ['R6: bytes that are no MessagePack', 'message.malformed', new Uint8Array([0xc1])],
      ['R6: an empty message', 'message.malformed', new Uint8Array(0)],
      ['R6: an array', 'message.malformed', encode([1])],
      ['R6: a nesting bomb', 'message.malformed', new Uint8Array(4000).fill(0x91)],
      ['R7: an unknown type', 'message.unknown_type', encode({ type: 'login' })],
      ['R7: a hello without ticket', 'message.invalid', encode({ type: 'hello' })],
      ['R9: a frame', 'hello.expected', encode({ type: 'frame', seq: 1, capturedAtMs: 0, image })],
      ['R9: skip', 'hello.expected', encode({ type: 'skip' })],
      ['R9: bye', 'hello.expected', encode({ type: 'bye', reason: 'cancelled' })],
      ['R11: more than 4096 bytes', 'message.too_large', new Uint8Array(4097)],
      ['R12: an unknown ticket', 'ticket.invalid', hello('vt_never-issued-to-anyone')],
    ];
    it.each(cases)('%s ends with %s and the next client is served', async (_title, code, message) => {
      const client = new ProtocolClient(await TestClient.open(running.socketUrl));
      client.raw.send(message);
      expect(await endOf(client)).toEqual(endWith(code));
      expect(await nextClient()).toEqual(SERVED);
      expect(running.faults).toEqual([]);
    });

    it('R8: everything up to twice the limit is refused with message.too_large', async () => {
      const client = new ProtocolClient(await TestClient.open(running.socketUrl));
      client.raw.send(new Uint8Array(2 * (LIMITS.maxImageBytes + 4096)));
      expect(await endOf(client)).toEqual(endWith('message.too_large'));
    });

    it('R8: more than twice the limit is cut off by the transport', async () => {
      const client = new ProtocolClient(await TestClient.open(running.socketUrl));
      client.raw.send(new Uint8Array(2 * (LIMITS.maxImageBytes + 4096) + 1));
      expect([1006, 1009]).toContain((await client.raw.ended).code);
      expect(await client.next()).toBeNull();
      expect(await nextClient()).toEqual(SERVED);
    });

    it('R10: silence ends with hello.timeout, whatever pings are sent', async () => {
      await running.gateway.close();
      await start({ helloTimeoutMs: 100 });
      const client = new ProtocolClient(await TestClient.open(running.socketUrl));
      client.raw.socket.ping();
      expect(await endOf(client)).toEqual(endWith('hello.timeout'));
    });

    it('R12: a used ticket ends with ticket.invalid and does not disturb its session', async () => {
      const ticket = running.ticket();
      const first = new ProtocolClient(await TestClient.open(running.socketUrl));
      first.raw.send(hello(ticket));
      await first.hear('welcome');
      await first.hear('credit');
      const second = new ProtocolClient(await TestClient.open(running.socketUrl));
      second.raw.send(hello(ticket));
      expect(await endOf(second)).toEqual(endWith('ticket.invalid'));
      first.sayFrame(1);
      await first.hear('credit');
      first.raw.socket.close();
    });

    it('a client that leaves before hello costs no session', async () => {
      const client = await TestClient.open(running.socketUrl);
      client.socket.close();
      await client.ended;
      expect(running.host.disconnections).toBe(0);
    });
  });

  describe('while the ticket is redeemed', () => {
    it('R16: a frame before any credit ends with frame.no_credit', async () => {
      const client = new ProtocolClient(await TestClient.open(running.socketUrl));
      const gate = new Gate();
      running.host.beforeWelcome = () => gate.opened;
      client.raw.send(hello(running.ticket()));
      client.sayFrame(1);
      expect(await endOf(client)).toEqual(endWith('frame.no_credit'));
      gate.open();
      await running.host.disconnected(1);
    });

    it('R11: what comes before its answer adds up to 4096 bytes at most, however it is divided', async () => {
      const client = new ProtocolClient(await TestClient.open(running.socketUrl));
      const gate = new Gate();
      running.host.beforeWelcome = () => gate.opened;
      client.raw.send(hello(running.ticket()));
      for (const size of [2_000, 2_100])
        client.raw.send(encode({ type: 'skip', later: new Uint8Array(size) }));
      expect(await endOf(client)).toEqual(endWith('message.too_large'));
      gate.open();
      await running.host.disconnected(1);
    });

    it.each([
      ['frame.no_credit', (client: ProtocolClient, seq: number) => client.sayFrame(seq)],
      ['frame.rate', (client: ProtocolClient) => client.say({ type: 'skip' })],
    ] as const)('no more than a few messages wait: the next ends with %s', async (code, say) => {
      const gate = new Gate();
      running.host.beforeAttach = () => gate.opened;
      const client = await ProtocolClient.welcomed(running);
      for (let seq = 1; seq <= 33; seq += 1) say(client, seq);
      expect(await endOf(client)).toEqual(endWith(code));
      gate.open();
      await running.host.disconnected(1);
      expect(running.host.leftWith).toEqual([code]);
    });

    it('frames sent on the first credit wait for the session and arrive in order', async () => {
      const gate = new Gate();
      running.host.beforeAttach = () => gate.opened;
      const client = await ProtocolClient.welcomed(running);
      for (let seq = 1; seq <= CREDITS; seq += 1) client.sayFrame(seq);
      client.raw.socket.ping();
      await new Promise((resolve) => {
        client.raw.socket.once('pong', resolve);
      });
      expect(running.host.received).toHaveLength(0);
      gate.open();
      for (let seq = 1; seq <= CREDITS; seq += 1) await client.hear('credit');
      expect(running.host.received).toMatchObject([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
      client.raw.socket.close();
      await running.host.disconnected(1);
    });

    it('a client that leaves meanwhile has its session told', async () => {
      const gate = new Gate();
      running.host.beforeAttach = () => gate.opened;
      const client = await ProtocolClient.welcomed(running);
      client.raw.socket.terminate();
      await client.raw.ended;
      gate.open();
      await running.host.disconnected(1);
      expect(running.host.disconnections).toBe(1);
    });

    it.each([
      ['server.busy', new VeriframeError('server.busy'), 2000, 0],
      ['server.busy', new VeriframeError('server.busy', undefined, { retryAfterMs: 3500 }), 3500, 0],
      ['server.draining', new VeriframeError('server.draining'), 2000, 0],
      [
        'subject.locked',
        new VeriframeError('subject.locked', undefined, { retryAfterMs: 61_001 }),
        61_001,
        0,
      ],
      ['server.internal', new Error('the store is gone'), undefined, 1],
    ] as const)('R4: a host that refuses with %s is heard, and when it is worth asking again', async (code, error, retryAfterMs, faults) => {
      running.host.attach = () => Promise.reject(error);
      const client = new ProtocolClient(await TestClient.open(running.socketUrl));
      client.raw.send(hello(running.ticket()));
      expect(await client.hear('error')).toMatchObject({ code });
      expect(await client.raw.ended).toEqual({ code: ERRORS[code].closeCode, reason: code });
      const again = new ProtocolClient(await TestClient.open(running.socketUrl));
      again.raw.send(hello(running.ticket()));
      expect((await again.hear('error')).retryAfterMs).toBe(retryAfterMs);
      expect(running.faults).toHaveLength(2 * faults);
    });
  });

  describe('in a session', () => {
    const cases: [string, ErrorCode, (ticket: string) => Uint8Array | string][] = [
      ['R5: text', 'message.text', () => 'skip'],
      ['R6: bytes that are no MessagePack', 'message.malformed', () => new Uint8Array([0xc1])],
      ['R7: an unknown type', 'message.unknown_type', () => encode({ type: 'welcome' })],
      ['R7: a frame without seq', 'message.invalid', () => encode({ type: 'frame', image })],
      ['R13: a second hello', 'hello.repeated', (ticket) => hello(ticket)],
      [
        'R19: an image over the limit',
        'message.too_large',
        () =>
          encode({ type: 'frame', seq: 1, capturedAtMs: 0, image: new Uint8Array(LIMITS.maxImageBytes + 1) }),
      ],
      [
        'R8: a message over the limit',
        'message.too_large',
        () => new Uint8Array(LIMITS.maxImageBytes + 4097),
      ],
    ];
    it.each(cases)('%s ends with %s and the next client is served', async (_title, code, message) => {
      const client = await ProtocolClient.welcomed(running);
      client.raw.send(message(running.ticket()));
      expect(await endOf(client)).toEqual(endWith(code));
      await running.host.disconnected(1);
      expect(running.host.leftWith, 'its session hears why').toEqual([code]);
      expect(running.host.received).toEqual([]);
      expect(await nextClient()).toEqual(SERVED);
    });

    it('R7: unknown fields are ignored', async () => {
      const client = await ProtocolClient.welcomed(running);
      client.raw.send(encode({ type: 'frame', seq: 1, capturedAtMs: 0, image, later: { still: true } }));
      await client.hear('credit');
      expect(running.host.received).toEqual([{ type: 'frame', seq: 1, capturedAtMs: 0, image }]);
      client.raw.socket.close();
      await running.host.disconnected(1);
    });

    it('R8: the largest image allowed is taken', async () => {
      const client = await ProtocolClient.welcomed(running);
      client.sayFrame(1, LIMITS.maxImageBytes);
      await client.hear('credit');
      expect(running.host.received).toHaveLength(1);
      client.raw.socket.close();
      await running.host.disconnected(1);
    });

    it('R18: frames faster than announced end with frame.rate', async () => {
      await running.gateway.close();
      await start({ maxFramesPerSecond: 5 });
      const client = await ProtocolClient.welcomed(running);
      for (let seq = 1; seq <= 200; seq += 1) client.sayFrame(seq);
      let message = await client.next();
      let credits = 0;
      for (; message?.type === 'credit'; message = await client.next()) credits += 1;
      expect(credits).toBeGreaterThanOrEqual(3);
      expect(message).toMatchObject({ type: 'error', code: 'frame.rate' });
      expect(await client.raw.ended).toEqual({ code: 4105, reason: 'frame.rate' });
      await running.host.disconnected(1);
    });

    it('R31: an error without close code is said and the session goes on', async () => {
      running.host.onMessage = (message, link) => {
        if (message.type === 'skip') throw new VeriframeError('skip.not_allowed');
        if (message.type === 'frame') link.sendError('frame.undecodable');
      };
      const client = await ProtocolClient.welcomed(running);
      client.say({ type: 'skip' });
      expect(await client.hear('error')).toMatchObject({ code: 'skip.not_allowed' });
      client.sayFrame(1);
      expect(await client.hear('error')).toMatchObject({ code: 'frame.undecodable' });
      await client.hear('credit');
      client.raw.socket.close();
      await running.host.disconnected(1);
    });

    it.each([
      ['frame.out_of_order', 'R15'],
      ['frame.no_credit', 'R16'],
      ['frame.too_many_pixels', 'R19'],
    ] as const)('%s (%s) ends the connection when the session finds it', async (code, _rule) => {
      running.host.onMessage = (_message, link) => link.close(code);
      const client = await ProtocolClient.welcomed(running);
      client.sayFrame(1);
      expect(await endOf(client)).toEqual(endWith(code));
      await running.host.disconnected(1);
    });

    it('R32: a session that throws ends with server.internal and the next client is served', async () => {
      running.host.onMessage = () => {
        throw new TypeError('a defect');
      };
      const client = await ProtocolClient.welcomed(running);
      client.sayFrame(1);
      expect(await endOf(client)).toEqual(endWith('server.internal'));
      await running.host.disconnected(1);
      expect(running.faults).toHaveLength(1);
      running.host.onMessage = () => undefined;
      expect(await nextClient()).toEqual(SERVED);
    });

    it('R28: after the decision messages are ignored and the close is 1000', async () => {
      running.host.onMessage = (_message, link) => {
        link.send({ type: 'decision', outcome: 'reject', retry: 'now' });
        link.close(null);
      };
      const client = await ProtocolClient.welcomed(running);
      client.sayFrame(1);
      client.sayFrame(1);
      client.raw.send('text');
      expect(await client.hear('decision')).toMatchObject({ outcome: 'reject' });
      expect(await client.next()).toBeNull();
      expect(await client.raw.ended).toEqual({ code: 1000, reason: 'done' });
      await running.host.disconnected(1);
      expect(running.host.received).toHaveLength(1);
    });

    it('R32: a client that does not read is ended with client.slow', async () => {
      const client = await ProtocolClient.welcomed(running);
      const [link] = running.host.links;
      client.raw.socket.pause();
      for (let sent = 0; sent < 4000; sent += 1)
        link?.send({ type: 'decision', outcome: 'accept', retry: 'never', token: 'x'.repeat(15_000) });
      await running.host.disconnected(1);
      expect(running.host.leftWith).toEqual(['client.slow']);
      client.raw.socket.resume();
      let last = await client.next();
      for (let message = last; message !== null; message = await client.next()) last = message;
      expect(last).toMatchObject({ type: 'error', code: 'client.slow' });
      expect(await client.raw.ended).toEqual({ code: 4302, reason: 'client.slow' });
    });

    it('a client that vanishes has its session told once', async () => {
      const client = await ProtocolClient.welcomed(running);
      client.raw.socket.terminate();
      await running.host.disconnected(1);
      expect(await nextClient()).toEqual(SERVED);
      expect(running.host.disconnections).toBe(2);
      expect(running.host.leftWith[0]).toBeNull();
    });
  });

  describe('the server itself', () => {
    it('R4: refuses upgrades when it is full of sessions, of sockets, or drains', async () => {
      const status = async () => {
        const { socket, heard } = rawConnection(running.port);
        socket.write(upgradeRequest('/v1/stream'));
        socket.once('data', () => socket.end());
        const answer = await heard;
        const [, seconds] = /retry-after: (\d+)/i.exec(answer) ?? [];
        return [answer.slice(9, 12), /"code":"([a-z.]+)"/.exec(answer)?.[1], seconds];
      };
      expect((await status())[0]).toBe('101');
      running.host.maxSessions = 0;
      expect(await status()).toEqual(['503', 'server.busy', '4']);
      running.host.maxSessions = 100;
      await running.gateway.close();
      await start({ maxConnectionsPerAddress: 1 });
      const client = await ProtocolClient.welcomed(running);
      expect(await status()).toEqual(['503', 'server.busy', '2']);
      client.raw.socket.close();
      await running.host.disconnected(1);
      expect((await status())[0]).toBe('101');
      running.gateway.drain();
      expect(await status()).toEqual(['503', 'server.draining', '2']);
    });

    it('R32: drains without disturbing a session and closes it with server.draining', async () => {
      const client = await ProtocolClient.welcomed(running);
      running.gateway.drain();
      client.sayFrame(1);
      await client.hear('credit');
      await running.gateway.close();
      expect(await endOf(client)).toEqual(endWith('server.draining'));
      expect(running.host.disconnections).toBe(1);
    });
  });
});
