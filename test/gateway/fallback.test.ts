import { afterEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../server/gateway/transport.ts';
import { type Running, startGateway, TRANSPORTS } from './harness.ts';

describe.each(TRANSPORTS)('a fallback over %s', (_, transport) => {
  let running: Running;
  afterEach(() => running.gateway.close());

  const seen: HttpRequest[] = [];
  const start = async (fallback?: (request: HttpRequest) => Promise<never>) => {
    seen.length = 0;
    running = await startGateway(transport, {
      options: {
        allowedOrigins: ['https://elsewhere.example'],
        fallback:
          fallback ??
          (async (request) => {
            seen.push(request);
            return { status: 200, headers: { 'content-security-policy': "script-src 'self'" }, body: 'page' };
          }),
      },
    });
  };
  const ask = (path: string, init?: RequestInit) => fetch(running.httpUrl + path, init);

  it("answers every path that is not the service's own, in any method", async () => {
    await start();
    for (const path of ['/', '/account', '/v1x', '/healthzz', '/assets/a.js'])
      expect([path, await (await ask(path)).text()]).toEqual([path, 'page']);
    expect(await (await ask('/api/register?a=b', { method: 'POST', body: '{}' })).text()).toBe('page');
    expect(seen.at(-1)).toMatchObject({ method: 'POST', path: '/api/register', query: 'a=b' });
  });

  it("never sees the service's own paths, even where nothing is", async () => {
    await start();
    for (const path of ['/v1', '/v1/', '/v1/nothing', '/.well-known/nothing', '/healthz/x'])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect((await ask('/healthz')).status).toBe(200);
    expect(seen).toEqual([]);
  });

  it('may set its own policy, and no other origin may read what it says', async () => {
    await start();
    const headers = { origin: 'https://elsewhere.example' };
    const page = await ask('/account', { headers });
    expect(page.headers.get('content-security-policy')).toBe("script-src 'self'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
    const own = await ask('/healthz', { headers });
    expect(own.headers.get('access-control-allow-origin')).toBe('https://elsewhere.example');
  });

  it('is reported and answered with 500 when it fails', async () => {
    await start(() => Promise.reject(new Error('broken')));
    expect((await ask('/')).status).toBe(500);
    expect(running.faults).toHaveLength(1);
    expect((await ask('/healthz')).status).toBe(200);
  });
});
