import { readFileSync } from 'node:fs';
import { decode } from '@msgpack/msgpack';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeMessage } from '../../protocol/codec.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { LIVE_SUBPROTOCOL } from '../../protocol/live.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import type { GatewayLimits } from '../../server/gateway/gateway.ts';
import type { LiveHost } from '../../server/observe/live-feed.ts';
import { ProtocolClient, type Running, startGateway, TRANSPORTS } from '../gateway/harness.ts';
import { rawConnection, refusedUpgrade, TestClient, upgradeRequest } from '../gateway/sockets.ts';
import { frameBytes, OPCODE } from '../gateway/websocket-frames.ts';

const MESSAGES = (
  JSON.parse(readFileSync(new URL('corpus/messages.json', import.meta.url), 'utf8')) as readonly {
    readonly what: string;
    readonly code: string;
    readonly hex: string;
  }[]
).map(({ what, code, hex }) => ({ what, code, bytes: new Uint8Array(Buffer.from(hex, 'hex')) }));

/** Code of the first message, and the close code, of a connection that said something. */
async function endOf(client: TestClient): Promise<readonly [string, number]> {
  const first = await client.next();
  const said = first === null ? null : (decode(first.bytes) as { type: string; code?: string });
  const { code } = await client.ended;
  return [said?.code ?? said?.type ?? 'nothing', code];
}

describe.each(TRANSPORTS)('hostile connections over %s', (_, transport) => {
  let running: Running;
  const start = async (limits: Partial<GatewayLimits> = {}) => {
    const live: LiveHost = {
      attach(ticket, listener) {
        const grant = liveTickets().redeem(ticket);
        listener.send({ type: 'welcome', scope: grant.scope, atMs: 0, everyMs: 100 });
        return () => undefined;
      },
    };
    running = await startGateway(transport, { limits, live });
  };
  const liveTickets = () => running.parts.liveTickets;
  const liveUrl = () => `ws://127.0.0.1:${running.port}/v1/live`;
  const doors = () => [
    { url: running.socketUrl, subprotocol: SUBPROTOCOL },
    { url: liveUrl(), subprotocol: LIVE_SUBPROTOCOL },
  ];
  afterEach(() => running.gateway.close());

  it('guess tickets in vain, at both doors, and a ticket opens its own door once', async () => {
    await start();
    const good = running.ticket();
    const observation = liveTickets().issue({ scope: 'service', tenant: 'mine' }).ticket;
    const guesses = [
      good.slice(0, -1),
      `${good}A`,
      good.toUpperCase(),
      good.replace('vt_', 'vf_'),
      ` ${good}`,
      'vt_'.padEnd(46, 'A'),
      '\0'.repeat(46),
    ];
    for (const { url, subprotocol } of doors())
      for (const ticket of [...guesses, subprotocol === SUBPROTOCOL ? observation : good]) {
        const client = new TestClient(url, { subprotocol });
        await client.opened;
        client.send(encodeMessage({ type: 'hello', ticket }));
        expect(await endOf(client)).toEqual(['ticket.invalid', 4200]);
      }
    for (const [url, subprotocol, ticket] of [
      [running.socketUrl, SUBPROTOCOL, good],
      [liveUrl(), LIVE_SUBPROTOCOL, observation],
    ] as const) {
      const [first, second] = [new TestClient(url, { subprotocol }), new TestClient(url, { subprotocol })];
      await Promise.all([first.opened, second.opened]);
      for (const one of [first, second]) one.send(encodeMessage({ type: 'hello', ticket }));
      const heard = await Promise.all([first.next(), second.next()]);
      const types = heard.map((one) => (one === null ? null : (decode(one.bytes) as { type: string }).type));
      expect(types.toSorted((one, other) => String(one).localeCompare(String(other)))).toEqual([
        'error',
        'welcome',
      ]);
      for (const one of [first, second]) one.socket.terminate();
    }
    expect(running.faults).toEqual([]);
  });

  it('come from no other site, under no other protocol and no other version', async () => {
    await start();
    const codeOf = async (answer: Promise<{ status: number; body: string }>) => {
      const { status, body } = await answer;
      return [status, (JSON.parse(body) as { error: { code: ErrorCode } }).error.code];
    };
    for (const { url, subprotocol } of doors()) {
      for (const origin of [
        'https://evil.example',
        'null',
        `http://127.0.0.1:${running.port}.evil.example`,
        'http://127.0.0.1',
      ])
        expect([origin, ...(await codeOf(refusedUpgrade(url, { subprotocol, origin })))]).toEqual([
          origin,
          403,
          'origin.refused',
        ]);
      const other = subprotocol === SUBPROTOCOL ? LIVE_SUBPROTOCOL : SUBPROTOCOL;
      for (const wrong of [other, 'veriframe.v2', null])
        expect(await codeOf(refusedUpgrade(url, { subprotocol: wrong }))).toEqual([
          400,
          'subprotocol.required',
        ]);
      for (const version of ['8', '0', '14', 'x', '']) {
        const { socket, heard } = rawConnection(running.port);
        socket.write(
          upgradeRequest(new URL(url).pathname, subprotocol).replace('Version: 13', `Version: ${version}`),
        );
        socket.once('data', () => socket.end());
        expect(await heard).toMatch(/^HTTP\/1\.1 426 [^]*sec-websocket-version: 13/i);
      }
    }
    expect(running.gateway.connections).toBe(0);
  });

  it('hear at the live door of every hostile message what it is, and get no feed by it', async () => {
    await start();
    await Promise.all(
      MESSAGES.filter(({ bytes }) => bytes.length <= 4096).map(async ({ what, code, bytes }) => {
        const client = new TestClient(liveUrl(), { subprotocol: LIVE_SUBPROTOCOL });
        await client.opened;
        client.send(bytes);
        const [heard] = await endOf(client);
        const allowed = code === 'accepted' ? ['hello.expected', 'ticket.invalid'] : [code];
        expect([what, allowed.includes(heard)]).toEqual([what, true]);
      }),
    );
    const long = new TestClient(liveUrl(), { subprotocol: LIVE_SUBPROTOCOL });
    await long.opened;
    long.send(new Uint8Array(4097));
    expect(await endOf(long)).toEqual(['message.too_large', 4004]);
    expect(running.faults).toEqual([]);
    expect(running.gateway.connections).toBe(0);
  });

  it('beyond an address’s share, and beyond all shares, are refused, and have room again when others leave', async () => {
    await start({ maxConnectionsPerAddress: 5 });
    const clients = await Promise.all(Array.from({ length: 5 }, () => TestClient.open(running.socketUrl)));
    for (const { url, subprotocol } of doors())
      expect((await refusedUpgrade(url, { subprotocol })).status).toBe(503);
    for (const client of clients) client.socket.terminate();
    await Promise.all(clients.map(({ ended }) => ended));
    while (running.gateway.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    const next = await ProtocolClient.welcomed(running);
    next.raw.socket.terminate();
    await running.gateway.close();

    await start({ maxConnections: 3 });
    const all = await Promise.all(Array.from({ length: 3 }, () => TestClient.open(running.socketUrl)));
    for (const { url, subprotocol } of doors())
      expect(await refusedUpgrade(url, { subprotocol })).toMatchObject({
        status: 503,
        body: expect.stringContaining('server.busy'),
      });
    all[0]?.socket.terminate();
    while (running.gateway.connections > 2) await new Promise((resolve) => setImmediate(resolve));
    const last = await ProtocolClient.welcomed(running);
    for (const client of [last.raw, ...all]) client.socket.terminate();
  });

  it('that write a message byte by byte, or stop within one, hear hello.timeout, at both doors', async () => {
    await start({ helloTimeoutMs: 300 });
    const cut = frameBytes(
      OPCODE.binary,
      Buffer.from(encodeMessage({ type: 'hello', ticket: running.ticket() })),
    );
    await Promise.all(
      doors().flatMap(({ url, subprotocol }) =>
        [cut.subarray(0, 1), cut.subarray(0, 9), Buffer.alloc(0)].map(async (bytes) => {
          const { socket, heard } = rawConnection(running.port);
          socket.write(upgradeRequest(new URL(url).pathname, subprotocol));
          await new Promise((resolve) => socket.once('data', resolve));
          socket.write(bytes);
          expect(await heard).toContain('hello.timeout');
        }),
      ),
    );
    expect(running.gateway.connections).toBe(0);
    expect(running.host.links).toHaveLength(0);
  });

  it('that close their own half in a session lose it, and it is told once', async () => {
    await start();
    const client = await ProtocolClient.welcomed(running);
    const { socket } = rawConnection(running.port);
    socket.write(upgradeRequest('/v1/stream'));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(
      frameBytes(OPCODE.binary, Buffer.from(encodeMessage({ type: 'hello', ticket: running.ticket() }))),
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.end();
    await running.host.disconnected(1);
    expect(running.host.openSessions).toBe(1);
    client.say({ type: 'bye', reason: 'cancelled' });
    expect((await client.raw.ended).code).toBe(1000);
    await running.host.disconnected(2);
    expect(running.host.disconnections).toBe(2);
  });
});
