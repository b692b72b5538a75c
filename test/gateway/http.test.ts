import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import { errorBody } from '../../protocol/http/fields.ts';
import { homePageMount } from '../../server/mounts/home-page.ts';
import { answererOf, ProtocolClient, type Running, startGateway, TRANSPORTS } from './harness.ts';
import { refusedUpgrade, TestClient } from './sockets.ts';

const created = z.object({
  sessionId: z.string(),
  ticket: z.string(),
  expiresAtMs: z.number(),
  socketPath: z.string(),
  subprotocol: z.string(),
});

/** Code of an error answer whose status, retry and form are the table's. */
const errorOf = async (response: Response): Promise<ErrorCode | 'unknown'> => {
  const { error } = errorBody.parse(await response.json());
  const entry = Object.entries(ERRORS).find(([code]) => code === error.code);
  if (entry?.[1].httpStatus !== response.status || entry[1].retry !== error.retry) return 'unknown';
  // The table has just been searched for it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return entry[0] as ErrorCode;
};

/** Status and code of a refused upgrade. */
const refusal = async (url: string, options?: Parameters<typeof refusedUpgrade>[1]) => {
  const { status, body } = await refusedUpgrade(url, options);
  return [status, errorBody.parse(JSON.parse(body)).error.code];
};

describe.each(TRANSPORTS)('HTTP over %s', (_, transport) => {
  let running: Running;
  const start = async (allowedOrigins: readonly string[] = []) => {
    running = await startGateway(transport, { options: { allowedOrigins } });
  };
  beforeEach(() => start());
  afterEach(() => running.gateway.close());

  const ask = (path: string, init: RequestInit & { json?: unknown; key?: string | null } = {}) => {
    const { json, key = running.parts.key, ...rest } = init;
    const headers = new Headers(rest.headers);
    if (key !== null) headers.set('authorization', `Bearer ${key}`);
    if (json !== undefined) headers.set('content-type', headers.get('content-type') ?? 'application/json');
    const body = json === undefined ? rest.body : JSON.stringify(json);
    return fetch(running.httpUrl + path, { ...rest, headers, ...(body === undefined ? {} : { body }) });
  };

  it('creates a session whose ticket opens the socket it names', async () => {
    const response = await ask('/v1/sessions', { method: 'POST', json: { mode: 'identify' } });
    expect(response.status).toBe(201);
    const session = created.parse(await response.json());
    expect(session.subprotocol).toBe(SUBPROTOCOL);
    expect(session.expiresAtMs).toBeGreaterThan(running.parts.time.nowMs);
    const client = new ProtocolClient(
      await TestClient.open(`ws://127.0.0.1:${running.port}${session.socketPath}`),
    );
    client.say({ type: 'hello', ticket: session.ticket });
    expect(await client.hear('welcome')).toMatchObject({ sessionId: session.sessionId, mode: 'identify' });
    client.raw.socket.close();
    await running.host.disconnected(1);
  });

  it('answers every documented failure with its code, status and retry', async () => {
    const post = (json: unknown, init: Parameters<typeof ask>[1] = {}) =>
      ask('/v1/sessions', { method: 'POST', json, ...init });
    const failures: [Promise<Response>, ErrorCode][] = [
      [post({ mode: 'identify' }, { key: null }), 'api.unauthorized'],
      [post({ mode: 'identify' }, { key: 'vf_none_nothing' }), 'api.unauthorized'],
      [post({ mode: 'look' }), 'api.invalid'],
      [post([]), 'api.invalid'],
      [post({ mode: 'identify' }, { headers: { 'content-type': 'text/plain' } }), 'api.invalid'],
      [
        ask('/v1/sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }),
        'api.invalid',
      ],
      [ask('/v1/sessions', { method: 'POST' }), 'api.invalid'],
      [post({ mode: 'identify', policy: 'none' }), 'policy.unknown'],
      [post({ mode: 'identify', policy: 'passive' }), 'policy.mode'],
      [post({ mode: 'enrol', subject: 'ada', policy: 'attended' }), 'policy.not_granted'],
      [post({ mode: 'verify', subject: 'nobody' }), 'subject.unknown'],
      [ask('/v1/sessions'), 'api.method'],
      [ask('/v1/sessions/none'), 'api.not_found'],
      [ask('/v1/subjects/nobody'), 'subject.unknown'],
      [ask('/v1/subjects/nobody', { method: 'DELETE' }), 'subject.unknown'],
      [ask('/v1/subjects/a%2Fb'), 'api.invalid'],
      [ask('/v1/subjects/%ff'), 'api.not_found'],
      [ask('/v1/subjects/'), 'api.not_found'],
      [ask('/v1/nothing'), 'api.not_found'],
      [ask('/', { method: 'POST' }), 'api.method'],
      [ask('/v1/stream'), 'upgrade.required'],
    ];
    const codes = await Promise.all(failures.map(async ([response]) => await errorOf(await response)));
    expect(codes).toEqual(failures.map(([, code]) => code));
    expect(running.faults).toEqual([]);
  });

  it('hides what failed inside and reports it', async () => {
    running.parts.context.subjects.countReferences = () => Promise.reject(new Error('disk /secret/path'));
    const response = await ask('/v1/subjects/alice');
    expect(await response.clone().text()).not.toContain('secret');
    expect(await errorOf(response)).toBe('server.internal');
    expect(running.faults).toHaveLength(1);
  });

  it('answers HEAD and OPTIONS and names the methods it takes', async () => {
    const head = await ask('/v1/system', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const options = await ask('/v1/subjects/alice', { method: 'OPTIONS', key: null });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, DELETE, HEAD, OPTIONS']);
    expect((await ask('/v1/sessions', { method: 'PUT' })).headers.get('allow')).toBe('POST, OPTIONS');
  });

  it('sends security headers with every answer', async () => {
    for (const path of ['/', '/v1/system', '/v1/nothing', '/v1/stream']) {
      const { headers } = await ask(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('cache-control')).toBe('no-store');
    }
    const keys = await ask('/.well-known/jwks.json', { key: null });
    expect(keys.headers.get('cache-control')).toBe('public, max-age=300');
  });

  it('lets only configured origins read answers', async () => {
    const origin = 'https://shop.example';
    expect(
      (await ask('/v1/system', { headers: { origin } })).headers.get('access-control-allow-origin'),
    ).toBe(null);
    await running.gateway.close();
    await start([origin]);
    const ours = await ask('/v1/sessions', { method: 'OPTIONS', key: null, headers: { origin } });
    expect(ours.headers.get('access-control-allow-origin')).toBe(origin);
    expect(ours.headers.get('access-control-allow-headers')).toBe('authorization, content-type');
    expect(ours.headers.get('vary')).toBe('Origin');
    const theirs = await ask('/v1/system', { headers: { origin: 'https://evil.example' } });
    expect(theirs.headers.get('access-control-allow-origin')).toBe(null);
  });

  it('R1 R2 R4: refuses upgrades with a JSON error', async () => {
    const { socketUrl, httpUrl } = running;
    expect(await refusal(socketUrl, { subprotocol: null })).toEqual([400, 'subprotocol.required']);
    expect(await refusal(socketUrl, { subprotocol: 'veriframe.v2' })).toEqual([400, 'subprotocol.required']);
    expect(await refusal(socketUrl, { origin: 'https://evil.example' })).toEqual([403, 'origin.refused']);
    expect(await refusal(socketUrl, { origin: 'null' })).toEqual([403, 'origin.refused']);
    expect(await refusal(`${socketUrl}/more`)).toEqual([404, 'api.not_found']);
    const own = await TestClient.open(socketUrl, { origin: httpUrl });
    own.socket.close();
    await own.ended;
    await running.gateway.close();
    await start(['https://shop.example']);
    expect(await refusal(running.socketUrl, { origin: running.httpUrl })).toEqual([403, 'origin.refused']);
    const shop = await TestClient.open(running.socketUrl, { origin: 'https://shop.example' });
    shop.socket.close();
    await shop.ended;
    running.gateway.drain();
    expect(await refusal(running.socketUrl)).toEqual([503, 'server.draining']);
  });

  it('shows a start page that loads nothing and allows only its own style', async () => {
    const response = await ask('/', { key: null });
    const page = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page).toContain('1.2.3');
    expect(page).toContain(`ws://127.0.0.1:${running.port}`);
    expect(page).toContain('href="/v1/system"');
    expect(page).toContain('<html lang="en">');
    expect(page).not.toMatch(/<script|<link|<img|style="|src=|https?:\/\/(?!127)/);
    const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(response.headers.get('content-security-policy')).toContain(`style-src 'sha256-${hash}'`);
  });

  it('puts nothing a caller wrote into the page unescaped', async () => {
    const answer = answererOf({
      mounts: [homePageMount(running.parts.context)],
      allowedOrigins: [],
      reportFault: () => undefined,
    });
    const headers = new Map([['host', `x"><script>alert('1')</script>&`]]);
    const request = {
      method: 'GET',
      path: '/',
      query: '',
      headers,
      remoteAddress: '',
      body: new Uint8Array(0),
    };
    const { body } = await answer(request);
    expect(body).not.toContain('<script>');
    expect(body).toContain('&#60;script&#62;');
  });
});
