import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transport } from '../../server/gateway/transport.ts';
import { Echo } from '../gateway/echo.ts';
import { TRANSPORTS } from '../gateway/harness.ts';
import { rawConnection, TestClient, upgradeRequest } from '../gateway/sockets.ts';
import { effort } from './effort.ts';

interface KeptRequest {
  readonly what: string;
  readonly bytes: string;
}

const CORPUS = JSON.parse(
  readFileSync(new URL('corpus/requests.json', import.meta.url), 'utf8'),
) as readonly KeptRequest[];

/** Stands behind every request of the corpus that somebody could smuggle another one in. */
const PROBE = 'GET /echo?probe HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** uWS has 10 s of its own and looks every four; ws is given a second here, and looks four times in it. */
const REQUEST_TIMEOUT_MS = 1000;

/** What half a request looks like whose rest never comes, or comes a byte at a time. */
const SLOW: readonly (readonly [string, string, string])[] = [
  ['nothing', '', ''],
  ['half a header', 'GET /echo HTTP/1.1\r\nHost: loc', ''],
  ['a header byte by byte', 'GET /echo HTTP/1.1\r\nX-Slow: ', 'x'],
  ['half a body', 'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nab', ''],
  ['a body byte by byte', 'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nab', 'c'],
  [
    'chunks byte by byte',
    'POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
    '1\r\na\r\n',
  ],
];
const DRIP_EVERY_MS = 200;

/** uWS counts in steps of four seconds, from eight. */
const IDLE_TIMEOUT_MS = { uws: 8_000, ws: 1_000 };

describe.each(TRANSPORTS)('hostile requests over %s', (name, create) => {
  let echo: Echo;
  let transport: Transport;
  let port: number;
  let slowOnes: readonly { readonly socket: Socket; readonly heard: Promise<string> }[];
  let drip: NodeJS.Timeout;
  let answersNoPing: Promise<string>;
  let answersPings: TestClient;

  beforeAll(async () => {
    echo = new Echo();
    transport = create(echo, {
      maxMessageBytes: 64 * 1024,
      maxHeaderBytes: 4096,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      idleTimeoutMs: IDLE_TIMEOUT_MS[name],
      maxTcpConnections: 2000,
      maxBufferedBytes: 256 * 1024,
      trustForwardedFor: false,
    });
    port = await transport.listen({ host: '127.0.0.1', port: 0 });
    slowOnes = SLOW.map(([, first]) => {
      const one = rawConnection(port);
      one.socket.write(first);
      return one;
    });
    const silent = rawConnection(port);
    silent.socket.write(upgradeRequest('/socket'));
    answersNoPing = silent.heard;
    answersPings = await TestClient.open(`ws://127.0.0.1:${port}/socket`);
    drip = setInterval(() => {
      for (const [at, { socket }] of slowOnes.entries())
        if (!socket.destroyed) socket.write(SLOW[at]?.[2] ?? '');
    }, DRIP_EVERY_MS);
  });
  afterAll(async () => {
    clearInterval(drip);
    for (const { socket } of slowOnes) socket.destroy();
    await transport.close();
  });

  /** All that comes back for some bytes, whether or not the server ends the connection over them. */
  const answersTo = async (bytes: string) => {
    const { socket, heard } = rawConnection(port);
    socket.write(Buffer.from(bytes, 'latin1'));
    // What is asked on another connection after it is read after it.
    await (await fetch(`http://127.0.0.1:${port}/echo`)).text();
    socket.end();
    return await heard;
  };
  const statusesOf = (heard: string) =>
    [...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);

  it.each(
    CORPUS.map(({ what, bytes }) => [what, bytes] as const),
  )('is refused, and nothing behind it is answered: %s', async (_what, bytes) => {
    const sockets = echo.connections.length;
    const heard = await answersTo(bytes + PROBE);
    expect(statusesOf(heard).filter((status) => status !== '400' && status !== '426')).toEqual([]);
    expect(heard).not.toMatch(/smuggled|probe/);
    expect(echo.connections).toHaveLength(sockets);
  });

  it('ends after any mutation of a good request, and the next is served', async () => {
    const good = `POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbodyGET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const pieces = [
      '\r\n',
      '\n',
      '\0',
      ' ',
      ':',
      '\t',
      'Content-Length: 9\r\n',
      'Transfer-Encoding: chunked\r\n',
      '\x80',
      '',
    ];
    const edits = fc.array(fc.tuple(fc.nat(good.length), fc.nat(6), fc.constantFrom(...pieces)), {
      minLength: 1,
      maxLength: 3,
    });
    const hostile = fc
      .sample(edits, effort(150))
      .map((list) =>
        list.reduce((text, [at, cut, piece]) => text.slice(0, at) + piece + text.slice(at + cut), good),
      );
    const open = hostile.map((bytes) => {
      const one = rawConnection(port);
      one.socket.end(Buffer.from(bytes, 'latin1'));
      return one;
    });
    for (const { heard } of open) {
      for (const status of statusesOf(await heard)) expect(Number(status)).toBeLessThan(500);
    }
    expect((await fetch(`http://127.0.0.1:${port}/echo`)).status).toBe(200);
  });

  it('in a flood of connections that say nothing leaves the others served, and forgets them', async () => {
    const flood = Array.from({ length: 300 }, () => rawConnection(port));
    await Promise.all(flood.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    const client = await TestClient.open(`ws://127.0.0.1:${port}/socket`);
    client.send(new Uint8Array([1, 2]));
    expect((await client.next())?.bytes).toEqual(new Uint8Array([1, 2]));
    for (const { socket } of flood) socket.destroy();
    expect((await fetch(`http://127.0.0.1:${port}/echo`)).status).toBe(200);
    client.socket.close();
    await client.ended;
  });

  it('that end in the midst of an upgrade or a message cost nothing', async () => {
    const before = echo.closed.length;
    const opened = echo.connections.length;
    for (const bytes of [
      upgradeRequest('/socket').slice(0, 80),
      `${upgradeRequest('/socket')}\x82`,
      `${upgradeRequest('/socket')}\x82\xfe\x04\x00abcd`,
    ]) {
      const { socket, heard } = rawConnection(port);
      socket.write(Buffer.from(bytes, 'latin1'));
      if (bytes.length > 100) await new Promise((resolve) => socket.once('data', resolve));
      socket.destroy();
      await heard;
    }
    await echo.closedCount(before + 2);
    expect(echo.connections).toHaveLength(opened + 2);
    expect(echo.messages.filter(({ bytes }) => bytes.length > 2)).toEqual([]);
  });

  it('that never end are cut off, whether they stand still or drip', async () => {
    const ends = await Promise.all(slowOnes.map(({ heard }) => heard));
    for (const [at, heard] of ends.entries())
      expect([
        SLOW[at]?.[0],
        statusesOf(heard).filter((status) => status !== '408' && status !== '400'),
      ]).toEqual([SLOW[at]?.[0], []]);
  });

  it('once upgraded, are cut off when they answer no ping, and kept when they do', async () => {
    await answersNoPing;
    answersPings.send(new Uint8Array([3]));
    expect((await answersPings.next())?.bytes).toEqual(new Uint8Array([3]));
    answersPings.socket.close();
  });
});
