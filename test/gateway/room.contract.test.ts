import { afterEach, describe, expect, it } from 'vitest';
import type { Transport, TransportLimits } from '../../server/gateway/transport.ts';
import { Echo } from './echo.ts';
import { TRANSPORTS } from './harness.ts';
import { SilentFlood } from './silent-flood.ts';
import { rawConnection, TestClient } from './sockets.ts';

const LIMITS: TransportLimits = {
  maxTcpConnections: 2000,
  maxMessageBytes: 4096,
  maxHeaderBytes: 4096,
  requestTimeoutMs: 600_000,
  idleTimeoutMs: 600_000,
  maxBufferedBytes: 65_536,
  trustForwardedFor: false,
};

describe.each(TRANSPORTS)('connections that say nothing over %s', (name, create) => {
  let echo: Echo;
  let transport: Transport;
  let port: number;
  let socketUrl: string;
  let httpUrl: string;

  const start = async (limits: Partial<TransportLimits>) => {
    echo = new Echo();
    transport = create(echo, { ...LIMITS, ...limits });
    port = await transport.listen({ host: '127.0.0.1', port: 0 });
    socketUrl = `ws://127.0.0.1:${port}/socket`;
    httpUrl = `http://127.0.0.1:${port}`;
  };
  afterEach(() => transport.close());

  it('beyond the bound are dropped, those inside are served, and there is room when they leave', async () => {
    await start({ maxTcpConnections: 100 });
    let dropped = 0;
    echo.full = () => {
      dropped += 1;
    };
    const inside = await TestClient.open(socketUrl);
    const kept = rawConnection(port).socket;
    const closed = new Promise<string>((resolve) => kept.once('close', () => resolve('closed')));
    const ask = () => {
      const answer = new Promise<string>((resolve) =>
        kept.once('data', (heard) => resolve(heard.toString().slice(0, 12))),
      );
      kept.write('GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return Promise.race([answer, closed]);
    };
    const flood = new SilentFlood(port, 1500);
    try {
      // A connection that asks for nothing is cut off after some seconds, which a flood may take: this one goes on asking.
      const counted = async () => {
        expect(await ask()).toBe('HTTP/1.1 200');
        return await flood.count();
      };
      await expect.poll(async () => (await counted()).tried).toBe(1500);
      // uWS sees the bound passed a little later, when it may have taken all that the system kept for it.
      await expect.poll(async () => (await counted()).open).toBeLessThan(name === 'ws' ? 100 : 800);
      expect((await flood.count()).open).toBeGreaterThan(20);
      expect(dropped).toBeGreaterThan(0);
      await expect(fetch(`${httpUrl}/echo`)).rejects.toThrow('fetch failed');
      inside.send(new Uint8Array([9]));
      expect((await inside.next())?.bytes).toEqual(new Uint8Array([9]));
      expect([await ask(), await ask()]).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
      await flood.leave();
      await expect.poll(() => fetch(`${httpUrl}/echo`).then(({ status }) => status, String)).toBe(200);
      const newcomer = await TestClient.open(socketUrl);
      newcomer.socket.close();
      inside.socket.close();
      await echo.closedCount(2);
    } finally {
      kept.destroy();
      await flood.end();
    }
  });

  it('leave the port free when it closes while it is full', async () => {
    await start({ maxTcpConnections: 3 });
    const full = new Promise<void>((resolve) => {
      echo.full = resolve;
    });
    const silent = Array.from({ length: 8 }, () => rawConnection(port));
    await full;
    for (const { socket } of silent) socket.destroy();
    await transport.close();
    transport = create(new Echo(), LIMITS);
    expect(await transport.listen({ host: '127.0.0.1', port })).toBe(port);
  });
});
