import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../protocol/errors.ts';
import { type BodyOf, type OperationId, OPERATIONS, type QueryOf } from '../../protocol/http/operations.ts';
import { OPERATIONS as SERVED } from '../../server/api/operations.ts';
import { createContext } from '../gateway/harness.ts';

interface Request {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly body?: unknown;
}

const { context, key, references } = createContext({ mayObserve: true });

/** Runs an operation and gives back the refusal, or null where it answers. */
async function refusalOf(
  id: OperationId,
  { params = {}, query = {}, body }: Request,
): Promise<string | null> {
  const operation = SERVED.find((one) => one.id === id);
  try {
    references.set('mine/anna', 1);
    await operation?.handle(context, { authorization: `Bearer ${key}`, params, query, body });
    return null;
  } catch (error) {
    expect(error).toMatchObject({ code: 'api.invalid' satisfies ErrorCode });
    return String(error);
  }
}

/** For each operation with an API key a request that it answers. */
const GOOD: Readonly<Partial<Record<OperationId, Request>>> = {
  createSession: { body: { mode: 'verify', subject: 'anna' } satisfies BodyOf<'createSession'> },
  getSubject: { params: { id: 'anna' } },
  deleteSubject: { params: { id: 'anna' } },
  listSubjects: { query: { limit: '7', after: 'a'.repeat(64) } satisfies QueryOf<'listSubjects'> },
  listDecisions: { query: { limit: '7', before: '10.session-1' } satisfies QueryOf<'listDecisions'> },
  createLiveTicket: {},
};
const SECRET = 'passport-C01X00T47';
const UNKNOWN = { frobnicate: SECRET };

describe.each(Object.entries(GOOD))('a request for %s', (name, good) => {
  // The keys of GOOD are ids, which Object.entries forgets.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const id = name as OperationId;

  it('is answered when it fits', async () => {
    expect(await refusalOf(id, good)).toBeNull();
  });

  it('is refused for an unknown parameter by name, without its value', async () => {
    const refusal = await refusalOf(id, { ...good, query: { ...good.query, ...UNKNOWN } });
    expect(refusal).toContain('There is no parameter frobnicate here.');
    expect(refusal).not.toContain(SECRET);
  });
});

describe('the body of a new session', () => {
  const refusal = (change: object) =>
    refusalOf('createSession', { body: { mode: 'verify', subject: 'anna', ...change } });

  it('is refused for an unknown field by name, without its value', async () => {
    const told = await refusal(UNKNOWN);
    expect(told).toContain('There is no field frobnicate here.');
    expect(told).not.toContain(SECRET);
    const inherited: unknown = JSON.parse('{"mode": "identify", "__proto__": {"observe": true}}');
    expect(await refusalOf('createSession', { body: inherited })).toContain('no field __proto__');
    const nested = { ...(GOOD.createSession?.body as object), require: { captures: 'attested' } };
    expect(await refusalOf('createSession', { body: nested })).toContain('no field require.captures here');
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`<b>${'x'.repeat(500)}${at}`, 1]));
    const short = await refusal(many);
    expect(short).toContain('?b?xxx');
    expect(short?.length).toBeLessThan(300);
  });

  it('may hold null for a field that may be left out', async () => {
    expect(await refusal({ policy: null, observe: null, require: { capture: null } })).toBeNull();
  });

  it.each([
    ['mode', 1],
    ['mode', null],
    ['subject', 7],
    ['subject', null],
    ['subject', ['anna']],
    ['policy', ''],
    ['policy', 'x'.repeat(65)],
    ['policy', {}],
    ['audience', 0],
    ['nonce', 'x'.repeat(257)],
    ['nonce', false],
    ['concealUnknown', 'true'],
    ['concealUnknown', 1],
    ['observe', 'yes'],
  ])('is refused for a wrong %s: %j', async (field, value) => {
    expect(await refusal({ [field]: value })).toContain(`Field ${field}: `);
  });

  it.each([[null], [[]], ['identify'], [1], [undefined]])('is no %j', async (body) => {
    expect(await refusalOf('createSession', { body })).toContain('Field body: ');
  });
});

describe('a page', () => {
  it.each([
    ['listDecisions', { limit: '0' }],
    ['listDecisions', { limit: '201' }],
    ['listDecisions', { limit: '1.5' }],
    ['listDecisions', { limit: 'all' }],
    ['listDecisions', { before: 'session-1' }],
    ['listDecisions', { before: '1.a b' }],
    ['listSubjects', { limit: '-1' }],
    ['listSubjects', { after: 'A'.repeat(64) }],
    ['listSubjects', { after: 'a'.repeat(63) }],
  ] as const)('of %s is refused for %j', async (id, query) => {
    expect(await refusalOf(id, { query })).toContain(`Field ${Object.keys(query)[0]}: `);
  });
});

describe('a subject id', () => {
  it('is refused with the rule that it breaks', async () => {
    for (const subject of ['-anna', '.anna', 'anna bell', 'änna', 'x'.repeat(129), ''])
      expect(await refusalOf('createSession', { body: { mode: 'verify', subject } })).toContain(
        'Field subject: must be 1 to 128 of A-Z a-z 0-9 . _ @ + : - beginning with a letter or digit.',
      );
  });

  it('may hold every character that the rule names', async () => {
    const subject = 'A9._@+:-z';
    references.set(`mine/${subject}`, 1);
    expect(await refusalOf('createSession', { body: { mode: 'verify', subject } })).toBeNull();
  });
});

describe('a text with a form', () => {
  it.each([
    ['deleteSubjectKey', { params: { id: 'anna', key: 'a b' } }],
    ['revokeKioskKey', { params: { id: 'short' } }],
    ['addKioskKey', { body: { name: 'door', publicKey: 'short' } }],
    ['attestSession', { params: { id: 'session' }, body: { nonce: 'n', issuer: 'play integrity' } }],
    ['listDecisions', { query: { before: 'x' } }],
    ['listSubjects', { query: { after: 'x' } }],
  ] as const)('of %s is refused in words, not by a pattern', async (id, request) => {
    const told = await refusalOf(id, request);
    expect(told).toMatch(/Field \w+: must be /);
    expect(told).not.toMatch(/[/^$\\]/);
  });
});

describe('what anyone may call', () => {
  it('refuses unknown parameters too, but for health checks, which add them against caches', async () => {
    const query = { frobnicate: '1' };
    for (const id of ['getSystem', 'getKeys', 'getOpenApi'] as const)
      expect(await refusalOf(id, { query })).toContain('There is no parameter frobnicate here.');
    for (const id of ['getHealth', 'getReadiness'] as const)
      expect(await refusalOf(id, { query })).toBeNull();
  });
});

describe('a path', () => {
  it.each(['getSubject', 'deleteSubject'] as const)('of %s is refused for no subject id', async (id) => {
    for (const subject of ['', '.hidden', 'a/b', 'x'.repeat(129)])
      expect(await refusalOf(id, { params: { id: subject } })).toContain('Field id: ');
  });

  it('of getSession is refused for no session id', async () => {
    expect(await refusalOf('getSession', { params: { id: 'x'.repeat(65) } })).toContain('Field id: ');
  });
});

describe('the table of operations', () => {
  it('says of each what body it takes and how large', () => {
    for (const [id, { method, bodyKind, body, maxBodyBytes }] of Object.entries(OPERATIONS)) {
      expect([id, bodyKind === 'json']).toEqual([id, body !== null]);
      expect([id, method === 'GET' && bodyKind !== 'none']).toEqual([id, false]);
      // Photographs, in base64.
      const maxBytes = id === 'importPhotos' ? 5_608_800 : 16 * 1024;
      expect([id, maxBodyBytes]).toEqual([id, maxBytes]);
    }
  });

  it('names the placeholders of each path', () => {
    for (const { path, params } of Object.values(OPERATIONS))
      expect([path, [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)]).toEqual([
        path,
        Object.keys(params.shape),
      ]);
  });

  it('types what clients send', () => {
    const session: BodyOf<'createSession'> = { mode: 'identify', observe: true };
    // @ts-expect-error -- there is no such mode
    const wrongMode: BodyOf<'createSession'> = { mode: 'recognise' };
    // @ts-expect-error -- there is no such field
    const wrongField: BodyOf<'createSession'> = { mode: 'identify', polcy: 'standard' };
    const page: QueryOf<'listDecisions'> = { limit: 20 };
    const none: BodyOf<'getSession'> = undefined;
    const { body } = OPERATIONS.createSession;
    const taken = [session, wrongMode, wrongField].map((value) => body.safeParse(value).success);
    expect(taken).toEqual([true, false, false]);
    expect(OPERATIONS.listDecisions.query.parse(page)).toEqual(page);
    expect(none).toBe(undefined);
  });

  it('has clients read answers of a later server', () => {
    const later = { total: 1, subjects: [], next: null, region: 'eu' };
    expect(OPERATIONS.listSubjects.answers[200].parse(later)).toEqual({ total: 1, subjects: [], next: null });
    const view = { sessionId: 's', mode: 'verify', policy: 'standard', createdAtMs: 0, outcome: null };
    const ended = { ...view, state: 'ended', token: null, code: 'server.asleep', queue: 3 };
    expect(OPERATIONS.getSession.answers[200].parse(ended).code).toBe('server.asleep');
  });
});
