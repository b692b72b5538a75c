import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ErrorCode } from '../../protocol/errors.ts';
import { ERRORS } from '../../protocol/errors.ts';
import { describeOperations } from '../../server/api/openapi.ts';
import type { Operation } from '../../server/api/operation.ts';
import { OPERATIONS } from '../../server/api/operations.ts';
import { createSession, getSession } from '../../server/api/sessions.ts';
import { deleteSubject, getSubject } from '../../server/api/subjects.ts';
import { getKeys, getReadiness, getSystem } from '../../server/api/system.ts';
import { createContext } from '../gateway/harness.ts';

const setUp = (grants?: Parameters<typeof createContext>[0]) => {
  const parts = createContext(grants);
  const call = (
    operation: Operation,
    request: { params?: Record<string, string>; body?: unknown; key?: string | null } = {},
  ) => {
    const { params = {}, body, key = parts.key } = request;
    const authorization = key === null ? undefined : `Bearer ${key}`;
    return operation.handle(parts.context, { authorization, params, body });
  };
  return { ...parts, call };
};

const withCode = (code: ErrorCode) => expect.objectContaining({ code });
const issued = z.object({ sessionId: z.string(), ticket: z.string(), expiresAtMs: z.number() });

describe('createSession', () => {
  it('binds the ticket to what was asked for and to the tenant', async () => {
    const { call, tickets, references, time } = setUp();
    references.set('mine/alice', 1);
    const body = { mode: 'verify', subject: 'alice', policy: 'passive', audience: 'shop', nonce: 'n' };
    const { sessionId, ticket, expiresAtMs } = issued.parse(await call(createSession, { body }));
    expect(expiresAtMs).toBe(time.nowMs + 60_000);
    expect(tickets.redeem(ticket)).toEqual({ ...body, sessionId, tenant: 'mine', createdAtMs: time.nowMs });
  });

  it('says of a policy that accepts nobody here what to do, before anybody stands in front of a camera', async () => {
    const { call, context } = setUp();
    const policies = {
      ...context.policies,
      names: () => ['passive'],
      serves: () => true,
      acceptsNobody: () => true,
    };
    Object.assign(context, { policies });
    const refused: unknown = await call(createSession, {
      body: { mode: 'enrol', subject: 'a', policy: 'passive' },
    }).catch((error: unknown) => error);
    expect(refused).toEqual(withCode('policy.models'));
    expect(String(refused)).toContain('Use another policy, or load them with `npm run models`.');
  });

  it('fills in the standard policy and nulls for what was left out', async () => {
    const { call, tickets } = setUp();
    const { ticket } = issued.parse(await call(createSession, { body: { mode: 'identify' } }));
    expect(tickets.redeem(ticket)).toMatchObject({
      policy: 'standard',
      subject: null,
      audience: null,
      nonce: null,
    });
  });

  it('enrols a subject that has no reference yet but verifies only one that has', async () => {
    const { call } = setUp();
    const subject = 'new';
    await expect(call(createSession, { body: { mode: 'enrol', subject } })).resolves.toBeDefined();
    await expect(call(createSession, { body: { mode: 'verify', subject } })).rejects.toEqual(
      withCode('subject.unknown'),
    );
  });

  it('refuses to verify a subject that was tried too often, and says until when to the millisecond', async () => {
    const { call, references, state, time } = setUp();
    references.set('mine/alice', 1);
    const verify = () => call(createSession, { body: { mode: 'verify', subject: 'alice' } });
    state.failedAtMs = [time.nowMs - 10_000, time.nowMs - 50_000];
    for (let unused = 0; unused < 5; unused++) await expect(verify()).resolves.toBeDefined();
    state.failedAtMs = [time.nowMs, ...state.failedAtMs];
    await expect(verify()).rejects.toMatchObject({ code: 'subject.locked', retryAfterMs: 10_000 });
    await expect(
      call(createSession, { body: { mode: 'enrol', subject: 'alice' } }),
      'who is enrolled again is not verified',
    ).resolves.toBeDefined();
    time.nowMs += 9_999;
    await expect(verify()).rejects.toMatchObject({ code: 'subject.locked', retryAfterMs: 1 });
    time.nowMs += 1;
    await expect(verify()).resolves.toBeDefined();
  });

  it.each([
    -86_400_000, 86_400_000,
  ])('counts failures by the clock they were recorded by, which has jumped by %i ms since the start', async (jumpMs) => {
    const { call, references, state, time } = setUp();
    references.set('mine/alice', 1);
    time.wallAheadMs = jumpMs;
    state.failedAtMs = [10_000, 20_000, 30_000].map((agoMs) => time.nowMs + jumpMs - agoMs);
    const verify = () => call(createSession, { body: { mode: 'verify', subject: 'alice' } });
    await expect(verify()).rejects.toMatchObject({ code: 'subject.locked', retryAfterMs: 30_000 });
    time.nowMs += 30_001;
    await expect(verify()).resolves.toBeDefined();
  });

  it('counts observed sessions by themselves: they lock nobody out, and nobody may look on without end', async () => {
    const { call, references, state, time } = setUp({ mayObserve: true });
    references.set('mine/alice', 1);
    const verify = (observe: boolean) =>
      call(createSession, { body: { mode: 'verify', subject: 'alice', observe } });
    const failures = [time.nowMs - 1, time.nowMs - 2, time.nowMs - 3];
    state.failedLooksAtMs = failures;
    await expect(verify(false)).resolves.toBeDefined();
    await expect(verify(true)).rejects.toEqual(withCode('subject.locked'));
    Object.assign(state, { failedLooksAtMs: [], failedAtMs: failures });
    await expect(verify(true)).resolves.toBeDefined();
    await expect(verify(false)).rejects.toEqual(withCode('subject.locked'));
  });

  it("does not verify against another tenant's subject", async () => {
    const { call, references, otherKey } = setUp();
    references.set('mine/alice', 1);
    const body = { mode: 'verify', subject: 'alice' };
    await expect(call(createSession, { body })).resolves.toBeDefined();
    await expect(call(createSession, { body, key: otherKey })).rejects.toEqual(withCode('subject.unknown'));
  });

  it.each([
    ['no body', undefined],
    ['no mode', {}],
    ['an unknown mode', { mode: 'VERIFY' }],
    ['verify without subject', { mode: 'verify' }],
    ['enrol without subject', { mode: 'enrol' }],
    ['identify with subject', { mode: 'identify', subject: 'alice' }],
    ['an empty subject', { mode: 'enrol', subject: '' }],
    ['a subject of 129 characters', { mode: 'enrol', subject: 'x'.repeat(129) }],
    ['a subject with a slash', { mode: 'enrol', subject: '../etc' }],
    ['a subject that begins with a dot', { mode: 'enrol', subject: '.hidden' }],
    ['a subject with a line break', { mode: 'enrol', subject: 'a\nb' }],
    ['a subject beyond ASCII', { mode: 'enrol', subject: 'zoë' }],
    ['an empty nonce', { mode: 'identify', nonce: '' }],
    ['a long audience', { mode: 'identify', audience: 'x'.repeat(257) }],
  ])('refuses %s without repeating what was sent', async (_, body) => {
    const { call } = setUp();
    const refused = await call(createSession, { body }).catch((error: unknown) => error);
    expect(refused).toEqual(withCode('api.invalid'));
    expect(String(refused)).not.toMatch(/etc|hidden|zoë|xxx/);
  });

  it.each([
    'a',
    'x'.repeat(128),
    'user@example.org',
    '6f1c-2',
    'A.b_c+d:e',
  ])('takes the subject %s', async (subject) => {
    const { call } = setUp();
    await expect(call(createSession, { body: { mode: 'enrol', subject } })).resolves.toBeDefined();
  });

  it('refuses more sessions than tickets may be outstanding, says until when, and refuses all while draining', async () => {
    const { call, state, time } = setUp();
    const body = { mode: 'identify' };
    for (let made = 0; made < 50; made += 1) await call(createSession, { body });
    time.nowMs += 20_000;
    const busy = { code: 'server.busy' };
    await expect(call(createSession, { body })).rejects.toMatchObject({ ...busy, retryAfterMs: 40_000 });
    time.nowMs += 39_999;
    await expect(call(createSession, { body })).rejects.toMatchObject({ ...busy, retryAfterMs: 1 });
    time.nowMs += 1;
    await expect(call(createSession, { body }), 'the oldest ticket has run out').resolves.toBeDefined();
    state.readiness = 'draining';
    await expect(call(createSession, { body })).rejects.toEqual(withCode('server.draining'));
  });
});

describe('getSession', () => {
  it("shows a session to its own tenant only, with the directory's state", async () => {
    const { call, views, otherKey } = setUp();
    const { sessionId: id } = issued.parse(await call(createSession, { body: { mode: 'identify' } }));
    expect(await call(getSession, { params: { id } })).toMatchObject({
      sessionId: id,
      state: 'waiting',
      outcome: null,
      token: null,
    });
    const view = views.get(id);
    if (view === undefined) throw new Error('the session was not announced');
    views.set(id, { ...view, state: 'decided', outcome: 'accept', token: 'a.b.c' });
    const decided = await call(getSession, { params: { id } });
    expect(decided).toMatchObject({ state: 'decided', outcome: 'accept', token: 'a.b.c' });
    expect(decided).not.toHaveProperty('tenant');
    await expect(call(getSession, { params: { id }, key: otherKey })).rejects.toEqual(
      withCode('api.not_found'),
    );
  });
});

describe('subjects', () => {
  it('are counted and erased within their tenant', async () => {
    const { call, references, otherKey } = setUp();
    references.set('mine/alice', 2);
    const params = { id: 'alice' };
    expect(await call(getSubject, { params })).toEqual({ subject: 'alice', references: 2 });
    await expect(call(deleteSubject, { params, key: otherKey })).rejects.toEqual(withCode('subject.unknown'));
    expect(await call(deleteSubject, { params })).toEqual({ subject: 'alice', erasedReferences: 2 });
    await expect(call(deleteSubject, { params })).rejects.toEqual(withCode('subject.unknown'));
    await expect(call(getSubject, { params })).rejects.toEqual(withCode('subject.unknown'));
  });
});

describe('public operations', () => {
  it('tell tier, models with licence and training data, transport, protocol and what each policy serves', async () => {
    const { call } = setUp();
    expect(await call(getSystem, { key: null })).toEqual({
      name: 'veriframe',
      version: '1.2.3',
      protocol: 'veriframe.v1',
      socketPath: '/v1/stream',
      tier: 'base',
      models: [
        {
          id: 'blazeface',
          licence: 'Apache-2.0',
          attribution: 'MediaPipe authors (Google); TensorFlow.js conversion by Vladimir Mandic',
          trainedOn: 'in-house data of Google; see the model cards',
        },
      ],
      transport: { name: 'ws', why: 'test' },
      policies: [
        { name: 'standard', modes: ['enrol', 'verify', 'identify'] },
        { name: 'passive', modes: ['verify'] },
        { name: 'attended', modes: ['enrol', 'verify', 'identify'] },
      ],
    });
  });

  it('tell readiness and publish the token keys', async () => {
    const { call, state, context } = setUp();
    expect(await call(getReadiness, { key: null })).toEqual({ status: 'ready' });
    expect(await call(getKeys, { key: null })).toEqual(context.jwks);
    state.readiness = 'draining';
    await expect(call(getReadiness, { key: null })).rejects.toEqual(withCode('server.draining'));
  });
});

describe('every operation', () => {
  it.each(
    OPERATIONS.filter(({ access }) => access === 'key').map((operation) => [operation.id, operation]),
  )('%s wants an API key before anything else', async (_, operation) => {
    const { call } = setUp();
    for (const key of [null, 'vf_none_nothing'])
      await expect(call(operation, { key, params: { id: '../' } })).rejects.toEqual(
        withCode('api.unauthorized'),
      );
  });

  it('is in the OpenAPI document with its parameters, body, result and errors', () => {
    const document = describeOperations(OPERATIONS, '1.2.3');
    const text = JSON.stringify(document);
    expect(document.openapi).toBe('3.1.0');
    for (const { path, method, id, status, errors, access, params, query, body } of OPERATIONS) {
      const described = z
        .record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())))
        .parse(document['paths'])[path]?.[method.toLowerCase()];
      expect(described).toMatchObject({ operationId: id });
      expect(described?.['security']).toEqual(access === 'key' ? [{ apiKey: [] }] : undefined);
      expect(described?.['parameters'] ?? []).toHaveLength(
        Object.keys(params.shape).length + Object.keys(query.shape).length,
      );
      expect(described?.['requestBody'] !== undefined).toBe(body !== null);
      expect(Object.keys(z.object({}).loose().parse(described?.['responses']))).toEqual(
        [...new Set([status, ...errors.map((code) => ERRORS[code].httpStatus), 500])]
          .toSorted((a, b) => a - b)
          .map(String),
      );
    }
    expect(text).not.toContain('$schema');
    expect(text).toContain('#/components/schemas/Error');
  });
});
