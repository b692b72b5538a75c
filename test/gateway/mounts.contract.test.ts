import { VeriframeError } from '../../protocol/errors.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import {
  type BytesMount,
  type JsonMount,
  matchPath,
  type Mount,
  NO_BODY,
  type PlainMount,
  type Readers,
} from '../../server/gateway/mount.ts';
import type { HttpRequest } from '../../server/gateway/transport.ts';
import { demoMount } from '../../server/mounts/demo.ts';
import { type Running, startGateway, TRANSPORTS } from './harness.ts';
import { rawConnection, refusedUpgrade } from './sockets.ts';

const ELSEWHERE = 'https://elsewhere.example';
const text = (body: string) => ({ status: 200, headers: {}, body });

describe.each(TRANSPORTS)('mounts over %s', (_, transport) => {
  let running: Running;
  let handled: unknown[];
  afterEach(() => running.gateway.close());

  const start = async (mounts: readonly Mount[], allowedOrigins: readonly string[] = []) => {
    handled = [];
    running = await startGateway(transport, { options: { mounts, allowedOrigins } });
  };
  const ask = (path: string, init?: RequestInit) => fetch(running.httpUrl + path, init);
  const codeOf = async (response: Response) => {
    const { error } = (await response.json()) as { error: { code: string } };
    return [response.status, error.code];
  };

  const plain = (name: string, path: string, change: Partial<PlainMount> = {}): PlainMount => ({
    name,
    body: NO_BODY,
    readableBy: 'allowed-origins',
    match: matchPath('GET', path),
    handle: async () => text(name),
    ...change,
  });
  const json = (path: string, maxBytes: number): JsonMount => ({
    name: 'json',
    body: { kind: 'json', maxBytes },
    readableBy: 'allowed-origins',
    match: matchPath('POST', path),
    async handle({ body }) {
      handled.push(body);
      return text(JSON.stringify(body));
    },
  });
  const bytes = (path: string, maxBytes: number): BytesMount => ({
    name: 'bytes',
    body: { kind: 'bytes', maxBytes },
    readableBy: 'allowed-origins',
    match: matchPath('POST', path),
    async handle({ body }) {
      handled.push(body);
      return text(String(body.byteLength));
    },
  });

  describe('which one serves a request', () => {
    it('is the first that matches method and path, with what its placeholders stand for', async () => {
      const params = plain('second', '/things/{id}', {
        handle: async ({ params: { id } }) => text(id ?? ''),
      });
      await start([plain('first', '/things/one'), params, plain('third', '/things/{id}')]);
      expect(await (await ask('/things/one')).text()).toBe('first');
      expect(await (await ask('/things/a%20b')).text()).toBe('a b');
      for (const path of ['/things', '/things/', '/things/a/b', '/things/%ff', '//things/one', '/Things/one'])
        expect([path, await codeOf(await ask(path))]).toEqual([path, [404, 'api.not_found']]);
    });

    it('takes HEAD as GET, and names the methods of a path to whoever asks for another', async () => {
      await start([plain('get', '/thing'), json('/thing', 16), plain('only get', '/page')]);
      const head = await ask('/thing', { method: 'HEAD' });
      expect([head.status, await head.text(), head.headers.get('content-length')]).toEqual([200, '', '3']);
      const put = await ask('/thing', { method: 'PUT', body: 'x' });
      expect(put.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS');
      expect(await codeOf(put)).toEqual([405, 'api.method']);
      const options = await ask('/page', { method: 'OPTIONS' });
      expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    });

    it('is told from the others when it fails, and the next request is served', async () => {
      const broken = plain('broken', '/broken', { handle: () => Promise.reject(new Error('/secret/path')) });
      await start([broken, plain('whole', '/whole')]);
      const response = await ask('/broken');
      expect(await response.clone().text()).not.toContain('secret');
      expect(await codeOf(response)).toEqual([500, 'server.internal']);
      expect(running.faults).toEqual([new Error('/secret/path')]);
      expect(running.faultOrigins).toEqual(['broken']);
      expect(await (await ask('/whole')).text()).toBe('whole');
    });
  });

  describe('bodies', () => {
    const OPERATIONS = ['/small-json', '/large-json', '/small-bytes', '/large-bytes', '/plain'] as const;
    const MAX_BYTES: Readonly<Record<(typeof OPERATIONS)[number], number>> = {
      '/small-json': 16,
      '/large-json': 40_000,
      '/small-bytes': 16,
      '/large-bytes': 200_000,
      '/plain': 100,
    };
    const startAll = () =>
      start([
        json('/small-json', MAX_BYTES['/small-json']),
        json('/large-json', MAX_BYTES['/large-json']),
        bytes('/small-bytes', MAX_BYTES['/small-bytes']),
        bytes('/large-bytes', MAX_BYTES['/large-bytes']),
        plain('plain', '/plain', {
          body: { kind: 'none', maxBytes: MAX_BYTES['/plain'] },
          match: matchPath('POST', '/plain'),
          async handle({ body }) {
            handled.push(body);
            return text('done');
          },
        }),
      ]);
    /** A JSON text of exactly this length. */
    const body = (length: number) => `"${'x'.repeat(length - 2)}"`;
    const post = (path: string, sent: string | ReadableStream) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: sent,
        ...(typeof sent === 'string' ? {} : { duplex: 'half' as const }),
      });
    const streamed = (content: string) =>
      new ReadableStream({
        start(controller) {
          for (let at = 0; at < content.length; at += 1000)
            controller.enqueue(Buffer.from(content.slice(at, at + 1000)));
          controller.close();
        },
      });

    it.each(OPERATIONS)('of %s are taken up to its own bound and refused beyond it', async (path) => {
      await startAll();
      const most = MAX_BYTES[path];
      expect((await post(path, body(most))).status).toBe(200);
      expect((await post(path, streamed(body(most)))).status).toBe(200);
      expect(handled).toHaveLength(2);
      expect((await post(path, body(most + 1))).status).toBe(413);
      expect((await post(path, body(Math.min(8 * most, most + 65_536)))).status).toBe(413);
      expect(handled).toHaveLength(2);
      expect((await post(path, body(most))).status).toBe(200);
    });

    it('are not kept of a request that the mount does not admit, however long they are', async () => {
      const guarded = json('/guarded', 40_000);
      const admits: JsonMount['admits'] = ({ headers }) =>
        headers.get('authorization') === 'yes' ? null : new VeriframeError('api.unauthorized');
      await start([{ ...guarded, admits }]);
      const stranger = await post('/guarded', body(40_000));
      expect(await codeOf(stranger)).toEqual([401, 'api.unauthorized']);
      expect((await post('/guarded', body(40_001))).status).toBe(413);
      expect(handled).toEqual([]);
      const { status } = await ask('/guarded', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'yes' },
        body: body(40_000),
      });
      expect([status, handled.length]).toEqual([200, 1]);
    });

    it.each(
      OPERATIONS,
    )('of %s that grow beyond its bound without a declared length never arrive', async (path) => {
      await startAll();
      const { socket, heard } = rawConnection(running.port);
      const content = body(MAX_BYTES[path] + 1);
      const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
      socket.write(`${head}${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`);
      socket.once('data', () => socket.end());
      expect(await heard).toMatch(/^(HTTP\/1\.1 413 |$)/);
      expect(handled).toEqual([]);
      expect((await post(path, body(MAX_BYTES[path]))).status).toBe(200);
    });

    it('arrive as their kind says: dropped, parsed, or as they are', async () => {
      await startAll();
      await post('/plain', '{"a":1}');
      await post('/small-json', '{"a":1}');
      await post('/small-bytes', '{"a":1}');
      expect(handled).toEqual([undefined, { a: 1 }, new Uint8Array(Buffer.from('{"a":1}'))]);
    });

    it('that should be JSON and are not are refused before the operation', async () => {
      await startAll();
      for (const sent of ['', '{', '{"a":1} x']) {
        const refused = await codeOf(await post('/small-json', sent));
        expect([sent, refused]).toEqual([sent, [400, 'api.invalid']]);
      }
      const headers = { 'content-type': 'text/plain' };
      const asText = await ask('/small-json', { method: 'POST', headers, body: '{}' });
      expect(await codeOf(asText)).toEqual([400, 'api.invalid']);
      expect(handled).toEqual([]);
    });

    it('that nobody takes are dropped up to a bound', async () => {
      await startAll();
      expect((await post('/nowhere', body(NO_BODY.maxBytes))).status).toBe(404);
      expect((await post('/nowhere', body(NO_BODY.maxBytes + 1))).status).toBe(413);
    });
  });

  it.each([
    ['same-origin', null, 'same-origin'],
    ['allowed-origins', ELSEWHERE, 'same-origin'],
    ['any-origin', '*', 'cross-origin'],
  ] satisfies [
    Readers,
    string | null,
    string,
  ][])('whose answers are for %s tell a browser so', async (readableBy, allowed, policy) => {
    await start([plain('page', '/page', { readableBy })], [ELSEWHERE]);
    const { headers } = await ask('/page', { headers: { origin: ELSEWHERE } });
    expect(headers.get('access-control-allow-origin')).toBe(allowed);
    expect(headers.get('cross-origin-resource-policy')).toBe(policy);
  });

  it('R4: refuse an upgrade that their sockets have no place for', async () => {
    running = await startGateway(transport);
    running.host.maxSessions = 0;
    const { status, body } = await refusedUpgrade(running.socketUrl, { subprotocol: SUBPROTOCOL });
    expect([status, body]).toEqual([503, expect.stringContaining('server.busy')]);
  });
});

describe.each(TRANSPORTS)('the demo beside the service over %s', (_, transport) => {
  let running: Running;
  afterEach(() => running.gateway.close());

  const seen: HttpRequest[] = [];
  const page = { status: 200, headers: { 'content-security-policy': "script-src 'self'" }, body: 'page' };
  const start = async () => {
    seen.length = 0;
    running = await startGateway(transport, {
      options: { allowedOrigins: [ELSEWHERE] },
      front: demoMount({
        async handle(request) {
          seen.push(request);
          return page;
        },
      }),
    });
  };
  const ask = (path: string, init?: RequestInit) => fetch(running.httpUrl + path, init);

  it("answers every path that is not the service's own, in any method", async () => {
    await start();
    for (const path of ['/', '/account', '/v1x', '/healthzz', '/assets/a.js'])
      expect([path, await (await ask(path)).text()]).toEqual([path, 'page']);
    expect(await (await ask('/api/register?a=b', { method: 'POST', body: '{}' })).text()).toBe('page');
    expect(seen.at(-1)).toMatchObject({ method: 'POST', path: '/api/register', query: 'a=b' });
    expect(Buffer.from(seen.at(-1)?.body ?? '').toString()).toBe('{}');
  });

  it("never sees the service's own paths, even where nothing is", async () => {
    await start();
    for (const path of ['/v1', '/v1/', '/v1/nothing', '/.well-known/nothing', '/healthz/x', '/sdk/nothing'])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect((await ask('/metrics', { method: 'POST' })).status).toBe(404);
    expect((await ask('/healthz')).status).toBe(200);
    expect(seen).toEqual([]);
  });

  it('may set its own policy, and no other origin may read its pages', async () => {
    await start();
    const headers = { origin: ELSEWHERE };
    const { headers: sent } = await ask('/account', { headers });
    expect(sent.get('content-security-policy')).toBe("script-src 'self'");
    expect(sent.get('x-content-type-options')).toBe('nosniff');
    expect(sent.get('access-control-allow-origin')).toBeNull();
    const own = await ask('/healthz', { headers });
    expect(own.headers.get('access-control-allow-origin')).toBe(ELSEWHERE);
  });
});
