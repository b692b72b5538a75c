import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import type { Transport, TransportLimits } from '../../server/gateway/transport.ts';
import { BODY_BYTES, Echo } from './echo.ts';
import { TRANSPORTS } from './harness.ts';
import { rawConnection, refusedUpgrade, TestClient, upgradeRequest } from './sockets.ts';

const LIMITS: TransportLimits = {
  maxTcpConnections: 2000,
  maxMessageBytes: 1024 * 1024,
  maxHeaderBytes: 4096,
  requestTimeoutMs: 600_000,
  idleTimeoutMs: 600_000,
  maxBufferedBytes: 4 * 1024 * 1024,
  trustForwardedFor: false,
};

describe.each(TRANSPORTS)('transport contract: %s', (name, create) => {
  let echo: Echo;
  let transport: Transport;
  let port: number;
  let socketUrl: string;
  let httpUrl: string;

  const start = async (limits: Partial<TransportLimits> = {}) => {
    echo = new Echo();
    transport = create(echo, { ...LIMITS, ...limits });
    port = await transport.listen({ host: '127.0.0.1', port: 0 });
    socketUrl = `ws://127.0.0.1:${port}/socket`;
    httpUrl = `http://127.0.0.1:${port}`;
  };
  const restart = async (limits: Partial<TransportLimits>) => {
    await transport.close();
    await start(limits);
  };
  beforeEach(() => start());
  afterEach(() => transport.close());

  it('says its name and the port it took', () => {
    expect(transport.name).toBe(name);
    expect(port).toBeGreaterThan(0);
  });

  describe('upgrade', () => {
    it('answers with the subprotocol and without compression, though offered', async () => {
      const client = await TestClient.open(socketUrl);
      expect(client.socket.protocol).toBe(SUBPROTOCOL);
      expect(client.socket.extensions).toBe('');
      expect(echo.connections[0]?.remoteAddress).toBe('127.0.0.1');
      client.socket.close();
      await echo.closedCount(1);
    });

    it('R1 R2: sends the refusal that the owner gave', async () => {
      expect(await refusedUpgrade(socketUrl, { subprotocol: null })).toEqual({
        status: 400,
        body: 'subprotocol',
      });
      expect(await refusedUpgrade(socketUrl, { origin: 'https://evil.example' })).toEqual({
        status: 403,
        body: 'origin',
      });
      expect(await refusedUpgrade(`ws://127.0.0.1:${port}/other`)).toEqual({ status: 404, body: 'no' });
      expect(echo.connections).toHaveLength(0);
    });

    it('R3: gives a plain or broken upgrade request to the HTTP owner', async () => {
      expect((await fetch(`${httpUrl}/socket`)).status).toBe(426);
      for (const broken of [
        upgradeRequest('/socket').replace('Sec-WebSocket-Key', 'X-Nothing'),
        upgradeRequest('/socket').replace('AAAA==', '=='),
        upgradeRequest('/socket')
          .replace('GET', 'POST')
          .replace('\r\n\r\n', '\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
      ]) {
        const { socket, heard } = rawConnection(port);
        socket.write(broken);
        socket.once('data', () => socket.end());
        expect(await heard).toMatch(/^HTTP\/1\.1 426 /);
      }
      expect(echo.connections).toHaveLength(0);
    });
  });

  describe('messages', () => {
    it('R5: echoes binary of 0 bytes to 1 MiB, each in a buffer of its own', async () => {
      const client = await TestClient.open(socketUrl);
      for (const size of [0, 1, 125, 126, 4096, 65_535, 65_536, 300_000, 1024 * 1024]) {
        const sent = Uint8Array.from({ length: size }, (_, at) => (at * 31 + size) & 0xff);
        client.send(sent);
        const back = await client.next();
        expect(back?.isBinary).toBe(true);
        expect(Buffer.compare(back?.bytes ?? Buffer.from('none'), sent)).toBe(0);
      }
      for (const { bytes } of echo.messages) expect(bytes.byteLength).toBe(bytes.buffer.byteLength);
      client.socket.close();
    });

    it('keeps earlier messages whole while later ones arrive', async () => {
      const client = await TestClient.open(socketUrl);
      for (let value = 0; value < 200; value += 1) client.send(new Uint8Array(700).fill(value));
      for (let value = 0; value < 200; value += 1) await client.next();
      for (const [at, { bytes }] of echo.messages.entries()) expect(new Set(bytes)).toEqual(new Set([at]));
      client.socket.close();
    });

    it('R5: flags text', async () => {
      const client = await TestClient.open(socketUrl);
      client.send('hello');
      await client.next();
      expect(echo.messages).toEqual([{ bytes: new Uint8Array(Buffer.from('hello')), isBinary: false }]);
      client.socket.close();
    });

    it('R8: cuts off a message over the transport ceiling and serves the next client', async () => {
      const client = await TestClient.open(socketUrl);
      client.send(new Uint8Array(LIMITS.maxMessageBytes + 1));
      expect([1006, 1009]).toContain((await client.ended).code);
      await echo.closedCount(1);
      expect(echo.messages).toHaveLength(0);
      const next = await TestClient.open(socketUrl);
      next.send(new Uint8Array([5]));
      expect((await next.next())?.bytes).toEqual(new Uint8Array([5]));
      next.socket.close();
    });
  });

  describe('the end of a connection', () => {
    it('R30: brings the close code and the reason to the peer after what was sent before', async () => {
      echo.onOpened = (connection) => {
        connection.send(new Uint8Array([1]));
        connection.close(4105, 'frame.rate');
      };
      const client = new TestClient(socketUrl);
      expect((await client.next())?.bytes).toEqual(new Uint8Array([1]));
      expect(await client.ended).toEqual({ code: 4105, reason: 'frame.rate' });
      await echo.closedCount(1);
      expect(echo.closed).toEqual([{ id: echo.connections[0]?.id, code: 4105 }]);
    });

    it("reports the peer's close code", async () => {
      const client = await TestClient.open(socketUrl);
      client.socket.close(4321, 'mine');
      await echo.closedCount(1);
      expect(echo.closed[0]?.code).toBe(4321);
      expect(echo.connections[0]?.open).toBe(false);
    });

    it('reports 1006 when the peer vanishes', async () => {
      const client = await TestClient.open(socketUrl);
      client.socket.terminate();
      await echo.closedCount(1);
      expect(echo.closed[0]?.code).toBe(1006);
    });

    it('calls closed once and never from inside close(), and calls after the end do nothing', async () => {
      let closedInside = false;
      echo.onMessage = (connection) => {
        connection.close(1000, 'done');
        closedInside = echo.closed.length > 0;
        connection.close(4000, 'again');
        connection.send(new Uint8Array(3));
      };
      const client = await TestClient.open(socketUrl);
      client.send(new Uint8Array([1]));
      client.send(new Uint8Array([2]));
      expect(await client.ended).toEqual({ code: 1000, reason: 'done' });
      await echo.closedCount(1);
      const [connection] = echo.connections;
      connection?.send(new Uint8Array(10));
      connection?.close(1000, 'late');
      expect(connection?.bufferedBytes).toBe(0);
      const other = await TestClient.open(socketUrl);
      other.socket.close();
      await echo.closedCount(2);
      expect(closedInside).toBe(false);
      expect(echo.messages).toHaveLength(1);
      expect(echo.closed.map(({ id }) => id)).toEqual([connection?.id, echo.connections[1]?.id]);
    });

    it('survives an owner that throws', async () => {
      echo.onMessage = () => {
        throw new Error('owner failed');
      };
      const client = await TestClient.open(socketUrl);
      client.send(new Uint8Array([1]));
      expect((await client.ended).code).toBe(1006);
      echo.onMessage = (connection, bytes) => connection.send(bytes);
      const next = await TestClient.open(socketUrl);
      next.send(new Uint8Array([7]));
      expect((await next.next())?.bytes).toEqual(new Uint8Array([7]));
      next.socket.close();
    });

    it('R32: cuts off a reader with more unsent than allowed', async () => {
      await restart({ maxBufferedBytes: 1024 * 1024 });
      const { socket } = rawConnection(port);
      socket.write(upgradeRequest('/socket'));
      await new Promise((resolve) => {
        socket.once('data', resolve);
      });
      socket.pause();
      for (let sent = 0; sent < 400; sent += 1) echo.connections[0]?.send(new Uint8Array(256 * 1024));
      await echo.closedCount(1);
      expect(echo.closed[0]?.code).toBe(1006);
      socket.destroy();
    });

    it('a protocol violation ends that connection only', async () => {
      const bystander = await TestClient.open(socketUrl);
      const { socket, heard } = rawConnection(port);
      socket.write(upgradeRequest('/socket'));
      socket.once('data', () => socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])));
      await heard;
      await echo.closedCount(1);
      bystander.send(new Uint8Array([3]));
      expect((await bystander.next())?.bytes).toEqual(new Uint8Array([3]));
      bystander.socket.close();
    });

    it('serves many sockets at a time', async () => {
      const clients = await Promise.all(Array.from({ length: 100 }, () => TestClient.open(socketUrl)));
      for (const [at, client] of clients.entries()) client.send(new Uint8Array(10).fill(at));
      const heard = await Promise.all(clients.map((client) => client.next()));
      for (const [at, one] of heard.entries()) expect(one?.bytes).toEqual(new Uint8Array(10).fill(at));
      expect(new Set(echo.connections.map(({ id }) => id)).size).toBe(100);
      for (const client of clients) client.socket.close();
      await echo.closedCount(100);
    });
  });

  describe('HTTP', () => {
    it('presents method, query, headers, address and body', async () => {
      const response = await fetch(`${httpUrl}/echo?a=%20b&c`, {
        method: 'POST',
        headers: { 'X-Test': 'Ünïcode'.normalize('NFC') },
        body: new Uint8Array([0, 255, 16]),
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-own')).toBe('yes');
      expect(await response.json()).toMatchObject({
        method: 'POST',
        query: 'a=%20b&c',
        remoteAddress: '127.0.0.1',
        body: '00ff10',
      });
    });

    it('takes the address from the last forwarded entry only when a proxy is trusted', async () => {
      const ask = async () => {
        const headers = { 'x-forwarded-for': '10.0.0.1, ::ffff:192.0.2.7' };
        return /"remoteAddress":"([^"]*)"/.exec(
          await (await fetch(`${httpUrl}/echo`, { headers })).text(),
        )?.[1];
      };
      expect(await ask()).toBe('127.0.0.1');
      await restart({ trustForwardedFor: true });
      expect(await ask()).toBe('192.0.2.7');
    });

    it('takes a body up to the bound of its path and answers 413 beyond it', async () => {
      for (const [path, maxBytes] of Object.entries(BODY_BYTES)) {
        const post = (size: number) =>
          fetch(`${httpUrl}/${path}`, { method: 'POST', body: new Uint8Array(size).fill(1) });
        const whole = await post(maxBytes);
        const { body } = (await whole.json()) as { body: string };
        expect([path, whole.status, body]).toEqual([
          path,
          200,
          path === 'dropped' ? '' : '01'.repeat(maxBytes),
        ]);
        expect([path, (await post(maxBytes + 1)).status]).toEqual([path, 413]);
        expect([path, (await post(16 * maxBytes)).status]).toEqual([path, 413]);
        expect([path, (await post(1)).status]).toEqual([path, 200]);
      }
    });

    it('answers in JSON also where no mount is asked', async () => {
      const post = await fetch(`${httpUrl}/echo`, { method: 'POST', body: new Uint8Array(100_000) });
      expect(post.headers.get('content-type')).toContain('application/json');
      expect([post.status, await post.json()]).toMatchObject([
        413,
        { error: { code: 'api.too_large', retry: 'never' } },
      ]);
      const headers = { 'x-test': 'y'.repeat(9_000) };
      const large = await fetch(`${httpUrl}/echo`, { headers });
      expect([large.status, await large.json()]).toMatchObject([
        431,
        { error: { code: 'api.headers_too_large' } },
      ]);
      const failed = await fetch(`${httpUrl}/throws`);
      expect([failed.status, await failed.json()]).toMatchObject([
        500,
        { error: { code: 'server.internal' } },
      ]);
    });

    it.skipIf(name === 'uws')(
      'answers bytes that are no HTTP in JSON (uWS answers them by itself)',
      async () => {
        for (const bytes of [
          'nonsense\r\n\r\n',
          'GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
          'GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
        ]) {
          const { socket, heard } = rawConnection(port);
          socket.write(bytes);
          const answer = await heard;
          expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*content-type: application\/json/i);
          expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
            error: { code: 'api.invalid' },
          });
        }
      },
    );

    it('takes a body without a declared length', async () => {
      const body = new ReadableStream({
        start(controller) {
          for (let value = 0; value < 3; value += 1) controller.enqueue(new Uint8Array([value]));
          controller.close();
        },
      });
      const response = await fetch(`${httpUrl}/echo`, { method: 'POST', body, duplex: 'half' });
      expect([response.status, await response.json()]).toMatchObject([200, { body: '000102' }]);
    });

    it('never hands over a body without a declared length that grows too large', async () => {
      const { socket, heard } = rawConnection(port);
      const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
      socket.write(
        `POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`,
      );
      socket.once('data', () => socket.end());
      expect(await heard).toMatch(/^(HTTP\/1\.1 (413|400|411|501) |$)/);
    });

    it('answers HEAD without a body, 404, 405 and 500', async () => {
      const head = await fetch(`${httpUrl}/echo`, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect(Number(head.headers.get('content-length'))).toBeGreaterThan(10);
      expect((await fetch(`${httpUrl}/nothing`)).status).toBe(404);
      expect((await fetch(`${httpUrl}/echo`, { method: 'DELETE' })).status).toBe(405);
      expect((await fetch(`${httpUrl}/fail`)).status).toBe(500);
      expect((await fetch(`${httpUrl}/throws`)).status).toBe(500);
    });

    it('refuses oversized headers and goes on serving', async () => {
      const { socket, heard } = rawConnection(port);
      socket.write(`GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Test: ${'y'.repeat(20_000)}\r\n\r\n`);
      expect((await heard).slice(0, 12)).toBe('HTTP/1.1 431');
      expect((await fetch(`${httpUrl}/echo`)).status).toBe(200);
    });

    it('does not answer bytes that are no HTTP with success and goes on serving', async () => {
      const { socket, heard } = rawConnection(port);
      await new Promise<void>((resolve) => {
        socket.write('\u0016\u0003\u0001 nonsense\r\n\r\n', () => resolve());
      });
      expect((await fetch(`${httpUrl}/echo`)).status).toBe(200);
      socket.destroy();
      expect(await heard).not.toMatch(/^HTTP\/1\.1 200/);
    });
  });

  describe('listening and closing', () => {
    it('rejects when the port is taken', async () => {
      const second = create(new Echo(), LIMITS);
      await expect(second.listen({ host: '127.0.0.1', port })).rejects.toThrow(
        /something else listens there/,
      );
    });

    it('closes open sockets with 1001, tells every owner, and lets the port go', async () => {
      const clients = await Promise.all([TestClient.open(socketUrl), TestClient.open(socketUrl)]);
      await transport.close();
      expect(echo.closed).toHaveLength(2);
      expect((await Promise.all(clients.map((client) => client.ended))).map(({ code }) => code)).toEqual([
        1001, 1001,
      ]);
      await expect(fetch(`${httpUrl}/echo`)).rejects.toThrow('fetch failed');
      await start();
    });

    it('closes although a peer never answers', async () => {
      const { socket } = rawConnection(port);
      socket.write(upgradeRequest('/socket'));
      await new Promise((resolve) => {
        socket.once('data', resolve);
      });
      socket.pause();
      await transport.close();
      expect(echo.closed).toHaveLength(1);
      socket.destroy();
      await start();
    });
  });
});
