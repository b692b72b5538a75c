import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transport, TransportHandlers } from '../../server/gateway/transport.ts';
import { TRANSPORTS } from '../gateway/harness.ts';
import { rawConnection } from '../gateway/sockets.ts';

const PAGE = new Uint8Array(20_000).fill(0x61);
const LARGE = Uint8Array.from({ length: 12_000_000 }, (_unused, at) => at % 251);
const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** What the network itself may hold of answers that nobody reads, both ends together. */
const IN_THE_NETWORK_BYTES = 16_000_000;

describe.each(TRANSPORTS)('whoever asks over %s and does not read', (_, create) => {
  let transport: Transport;
  let port: number;
  let answered = 0;

  beforeAll(async () => {
    const owner: TransportHandlers = {
      upgrade: () => ({ accept: false, response: { status: 404, headers: {}, body: '' } }),
      opened: () => ({ message: () => undefined, closed: () => undefined }),
      http: ({ path }) => ({
        maxBodyBytes: 4096,
        keepsBody: false,
        async respond() {
          answered++;
          return { status: 200, headers: {}, body: path === '/large' ? LARGE : PAGE };
        },
      }),
    };
    transport = create(owner, {
      maxMessageBytes: 64 * 1024,
      maxHeaderBytes: 4096,
      requestTimeoutMs: 600_000,
      idleTimeoutMs: 600_000,
      maxTcpConnections: 2000,
      maxBufferedBytes: 256 * 1024,
      trustForwardedFor: false,
    });
    port = await transport.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => transport.close());

  it('is not asked on for: its answers do not pile up, and it is cut off', async () => {
    const { socket, heard } = rawConnection(port);
    socket.pause();
    const requests = Buffer.from(ask('/page').repeat(2_000));
    const ended = heard.then(() => true);
    answered = 0;
    for (let sent = 0; sent < 10 && !socket.destroyed; sent++) {
      if (socket.write(requests)) continue;
      const drained = new Promise<boolean>((resolve) => socket.once('drain', () => resolve(false)));
      if (await Promise.race([drained, ended])) break;
    }
    await (await fetch(`http://127.0.0.1:${port}/page`)).arrayBuffer();
    expect(answered * PAGE.length).toBeLessThan(IN_THE_NETWORK_BYTES);
    socket.resume();
    await ended;
  });

  it('costs no copy of the page for each connection, and gets it whole when it reads', async () => {
    const open = Array.from({ length: 12 }, () => rawConnection(port));
    const before = process.memoryUsage.rss();
    answered = 0;
    for (const { socket } of open) {
      socket.pause();
      socket.write(ask('/large'));
    }
    while (answered < open.length) await (await fetch(`http://127.0.0.1:${port}/page`)).arrayBuffer();
    expect(process.memoryUsage.rss() - before).toBeLessThan(3 * LARGE.length);
    for (const { socket } of open.slice(1)) socket.destroy();
    const [{ socket, heard }] = open;
    let size = 0;
    socket.on('data', (part: Buffer) => {
      size += part.length;
      if (size > LARGE.length) socket.end();
    });
    socket.resume();
    const text = await heard;
    const body = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1');
    expect(Buffer.compare(body, LARGE)).toBe(0);
  });
});
