import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ApiError, createBackend, DecisionError } from '../../client/backend/index.ts';
import { ERRORS } from '../../protocol/errors.ts';
import { type Asked, json, startFakeService } from './fake-service.ts';

const API_KEY = 'vf_test_0123456789abcdef0123456789abcdef';
const SESSION = {
  sessionId: 'session-1',
  ticket: 'vt_1',
  expiresAtMs: 1,
  socketPath: '/v1/stream',
  subprotocol: 'veriframe.v1',
  ofANewerService: true,
};
const clientOf = (url: string, rest: { timeoutMs?: number; fetch?: typeof fetch } = {}) =>
  createBackend({ url, apiKey: API_KEY, issuer: 'veriframe', audience: 'shop', ...rest });
const failureOf = async (asking: Promise<unknown>): Promise<ApiError> => {
  const thrown: unknown = await asking.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ApiError);
  return thrown as ApiError;
};

describe('a request', () => {
  it('carries the key, and of the session what was asked for and nothing else', async () => {
    await using service = await startFakeService((_, response) => json(response, 201, SESSION));
    const veriframe = clientOf(`${service.url}/face`);
    await veriframe.createSession({ mode: 'verify', subject: 'ada', policy: 'passive', nonce: 'n-1' });
    await veriframe.createSession({ mode: 'identify' });
    const [first, second] = service.asked as [Asked, Asked];
    expect(first).toMatchObject({
      method: 'POST',
      path: '/face/v1/sessions',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    });
    expect(JSON.parse(first.body)).toEqual({
      mode: 'verify',
      subject: 'ada',
      policy: 'passive',
      nonce: 'n-1',
      audience: 'shop',
    });
    expect(JSON.parse(second.body)).toEqual({
      mode: 'identify',
      policy: 'standard',
      nonce: expect.stringMatching(/^[\w-]{32}$/),
      audience: 'shop',
    });
  });

  it('tells what the token of its session has to say', async () => {
    await using service = await startFakeService((_, response) => json(response, 201, SESSION));
    const veriframe = clientOf(service.url);
    const { ticket, expected } = await veriframe.createSession({ mode: 'enrol', subject: 'ada' });
    const nonces = [expected.nonce, (await veriframe.createSession({ mode: 'identify' })).expected.nonce];
    expect(ticket).toBe('vt_1');
    expect(expected).toEqual({
      session: 'session-1',
      mode: 'enrol',
      policy: 'standard',
      subject: 'ada',
      nonce: JSON.parse(service.asked[0]?.body ?? '').nonce,
    });
    expect(new Set(nonces).size).toBe(2);
  });

  it('reaches no other address by an id', async () => {
    await using service = await startFakeService((_, response) =>
      json(response, 200, { subject: 'ada', references: 1 }),
    );
    const veriframe = clientOf(service.url);
    await veriframe.subjects.count('a/../../b?c#d');
    expect(service.asked.map(({ path }) => path)).toEqual(['/v1/subjects/a%2F..%2F..%2Fb%3Fc%23d']);
    for (const id of ['', '.', '..'])
      expect(await failureOf(veriframe.subjects.erase(id))).toMatchObject({
        code: 'api.invalid',
        status: null,
      });
    expect(service.asked.length).toBe(1);
  });

  it('asks for a page by its name', async () => {
    await using service = await startFakeService((_, response) =>
      json(response, 200, { total: 0, subjects: [], decisions: [], next: null }),
    );
    const veriframe = clientOf(service.url);
    await veriframe.subjects.list({ page: 'ff', limit: 7 });
    await veriframe.subjects.list({ page: null });
    await veriframe.listDecisions({ page: '1.a' });
    expect(service.asked.map(({ path }) => path)).toEqual([
      '/v1/subjects?after=ff&limit=7',
      '/v1/subjects',
      '/v1/decisions?before=1.a',
    ]);
  });
});

describe('a refusal', () => {
  it("has the service's code, what it adds to the sentence, and when to ask again", async () => {
    await using service = await startFakeService(({ path }, response) =>
      path.includes('sessions')
        ? json(
            response,
            429,
            {
              error: { code: 'subject.locked', message: ERRORS['subject.locked'].message, retry: 'backoff' },
            },
            { 'retry-after': '900' },
          )
        : json(response, 400, {
            error: { code: 'api.invalid', message: `${ERRORS['api.invalid'].message} Field id: too long.` },
          }),
    );
    const veriframe = clientOf(service.url);
    expect(await failureOf(veriframe.createSession({ mode: 'verify', subject: 'ada' }))).toMatchObject({
      code: 'subject.locked',
      status: 429,
      retry: 'backoff',
      retryAfterMs: 900_000,
      detail: null,
    });
    expect(await failureOf(veriframe.subjects.count('ada'))).toMatchObject({
      code: 'api.invalid',
      status: 400,
      retry: 'never',
      retryAfterMs: null,
      detail: 'Field id: too long.',
      message: 'The request is not valid. Field id: too long.',
    });
  });

  it('of an unknown subject is a count of nothing, and every other one a failure', async () => {
    let code: keyof typeof ERRORS = 'subject.unknown';
    await using service = await startFakeService((_, response) =>
      json(response, ERRORS[code].httpStatus, { error: { code, message: ERRORS[code].message } }),
    );
    const { subjects } = clientOf(service.url);
    expect([await subjects.count('ada'), await subjects.erase('ada')]).toEqual([0, 0]);
    code = 'subject.busy';
    for (const asking of [subjects.count('ada'), subjects.erase('ada')])
      expect(await failureOf(asking)).toMatchObject({ code: 'subject.busy', retry: 'backoff' });
    code = 'api.not_found';
    expect((await failureOf(subjects.erase('ada'))).code).toBe('api.not_found');
  });

  it.each<[string, number, string, string | undefined, object]>([
    ['a page of a proxy', 502, '<html>Bad gateway</html>', undefined, { retry: 'backoff', status: 502 }],
    ['a page of some other site', 404, '<html>', undefined, { retry: 'never', status: 404 }],
    ['an empty success', 201, '', undefined, { status: 201 }],
    ['a success of another shape', 201, '{"sessionId":""}', undefined, { status: 201 }],
    ['a redirect', 307, '', '/elsewhere', { status: 307 }],
    [
      'a code of a newer service',
      409,
      '{"error":{"code":"quota.spent","message":"No more.","retry":"backoff"}}',
      undefined,
      { retry: 'backoff', status: 409, detail: 'quota.spent: No more.' },
    ],
  ])('that is %s is answer.unexpected', async (_, status, body, location, details) => {
    await using service = await startFakeService((_asked, response) =>
      response.writeHead(status, location === undefined ? {} : { location }).end(body),
    );
    const failure = await failureOf(clientOf(service.url).createSession({ mode: 'identify' }));
    expect(failure).toMatchObject({ code: 'answer.unexpected', ...details });
    // The key went to nobody else.
    expect(service.asked.length).toBe(1);
  });
});

describe('a connection', () => {
  it('that fails is connection.failed, with the address and why', async () => {
    const service = await startFakeService(() => {});
    await service[Symbol.asyncDispose]();
    const failure = await failureOf(clientOf(service.url).getSession('session-1'));
    expect(failure).toMatchObject({ code: 'connection.failed', retry: 'backoff', status: null });
    expect(failure.message).toContain(service.url);
    expect(failure.message).toContain('ECONNREFUSED');
  });

  it('that the service closes instead of answering is opened anew, once, for what may be asked twice', async () => {
    const closes = { left: 1 };
    await using service = await startFakeService((_, response) => {
      if (closes.left-- > 0) response.destroy();
      else json(response, 201, SESSION);
    });
    const veriframe = clientOf(service.url);
    expect((await veriframe.createSession({ mode: 'identify' })).ticket).toBe('vt_1');
    expect(service.asked.length).toBe(2);
    closes.left = 2;
    expect(await failureOf(veriframe.createSession({ mode: 'identify' }))).toMatchObject({
      code: 'connection.failed',
    });
    expect(service.asked.length).toBe(4);
    closes.left = 1;
    expect(await failureOf(veriframe.createLiveTicket())).toMatchObject({ code: 'connection.failed' });
    expect(service.asked.length).toBe(5);
  });

  it('over which nothing comes, or not all of it, is connection.timeout', async () => {
    await using silent = await startFakeService(() => {});
    await using halting = await startFakeService((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
    });
    for (const { url } of [silent, halting])
      expect(await failureOf(clientOf(url, { timeoutMs: 50 }).getSession('session-1'))).toMatchObject({
        code: 'connection.timeout',
        retry: 'backoff',
      });
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('the visitor left');
    const controller = new AbortController();
    await using silent = await startFakeService(() => controller.abort(reason));
    const veriframe = clientOf(silent.url);
    const { signal } = controller;
    await expect(veriframe.getSession('session-1', { signal })).rejects.toBe(reason);
    await expect(veriframe.createSession({ mode: 'identify' }, { signal })).rejects.toBe(reason);
  });
});

describe('the API key', () => {
  const shown = (error: unknown) => inspect(error, { depth: 9, showHidden: true });

  it('stands in no error, whatever the service or the network repeats', async () => {
    await using service = await startFakeService(({ headers }, response) =>
      json(response, 401, {
        error: {
          code: 'api.unauthorized',
          message: `${ERRORS['api.unauthorized'].message} ${headers.authorization}`,
        },
      }),
    );
    await using newer = await startFakeService(({ headers }, response) =>
      json(response, 401, { error: { code: 'key.spent', message: `${headers.authorization}` } }),
    );
    const failing: typeof fetch = async (_, init) => {
      throw new TypeError(`wrong: ${new Headers(init?.headers).get('authorization')}`);
    };
    const failures = await Promise.all([
      failureOf(clientOf(service.url).subjects.count('ada')),
      failureOf(clientOf(newer.url).subjects.count('ada')),
      failureOf(clientOf('http://127.0.0.1:9', { fetch: failing }).subjects.count('ada')),
    ]);
    expect(failures.map(({ code }) => code)).toEqual([
      'api.unauthorized',
      'answer.unexpected',
      'connection.failed',
    ]);
    for (const { message, stack, detail } of failures)
      expect(`${message} ${stack} ${detail}`).not.toContain(API_KEY);
  });

  it.each(['', 'two words', `${API_KEY}\n`, 'schlüssel', undefined])('is not %j', (apiKey) => {
    const make = () => createBackend({ url: 'http://localhost', apiKey: apiKey as string });
    expect(make).toThrow(new TypeError('apiKey must be one word of ASCII characters.'));
  });

  it.each([
    'localhost:8080',
    'ftp://faces.example',
    'https://user:geheim@faces.example',
    'https://faces.example/?key=geheim',
    'https://faces.example/#geheim',
    '',
  ])('goes to no address such as %j', (url) => {
    let thrown: unknown = null;
    try {
      createBackend({ url, apiKey: API_KEY });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TypeError);
    expect(shown(thrown)).not.toMatch(/geheim|vf_test/);
  });
});

describe('a client without issuer and audience', () => {
  it('wants them said with each token', async () => {
    const veriframe = createBackend({ url: 'http://127.0.0.1:9', apiKey: API_KEY });
    const asked = { session: 's', nonce: null, mode: 'verify', policy: null, subject: null } as const;
    // @ts-expect-error -- the compiler wants them too
    await expect(veriframe.verifyDecision('a.b.c', asked)).rejects.toThrow(
      'needs issuer, audience: say null',
    );
    const all = { ...asked, issuer: null, audience: null };
    await expect(veriframe.verifyDecision('a.b.c', all)).rejects.toBeInstanceOf(DecisionError);
  });
});
