import { request as httpRequest } from 'node:http';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import { errorBody } from '../../protocol/http/fields.ts';
import { MAX_ENTRIES_PER_PAGE } from '../../protocol/http/records.ts';
import type { ApiContext } from '../../server/api/context.ts';
import { describeOperations } from '../../server/api/openapi.ts';
import type { Operation } from '../../server/api/operation.ts';
import { OPERATIONS } from '../../server/api/operations.ts';
import { POLICY_NAMES } from '../../server/policy/built-in.ts';
import type { HttpRequest } from '../../server/gateway/transport.ts';
import { generateApiKey } from '../../server/identity/api-keys.ts';
import type { Store } from '../../server/store/ports.ts';
import { type ApiOnStore, openApiOnStore } from '../api/api-on-store.ts';
import { apiMounts } from '../../server/mounts/api.ts';
import { answererOf, startGateway, TRANSPORTS } from '../gateway/harness.ts';
import { newReference } from '../store/support.ts';
import { effort } from './effort.ts';

/** As much of JSON Schema as the API's description uses. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}
interface Described {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
  readonly responses: Readonly<Record<string, unknown>>;
}

const DOCUMENT = JSON.parse(JSON.stringify(describeOperations(OPERATIONS, '1.2.3'))) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
};

const KNOWN_SUBJECTS = ['anna', 'constructor', '__proto__', 'a'.repeat(128)];
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    1e308,
    0.5,
    '',
    '\0',
    '__proto__',
    '../../etc/passwd',
    "'; DROP TABLE reference; --",
    '\uD800',
    '🙂'.repeat(300),
  ),
  fc.string({ maxLength: 300, unit: 'binary' }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A value the description allows, or, now and then and anywhere inside, one it does not. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 5, arbitrary: validOf(schema) }, { weight: 1, arbitrary: junk });
}
function validOf({
  type,
  enum: names,
  pattern,
  minLength = 0,
  maxLength = 40,
  minimum,
  maximum,
  properties = {},
  required = [],
}: Schema): fc.Arbitrary<unknown> {
  if (names !== undefined) return fc.constantFrom(...names);
  switch (type ?? 'string') {
    case 'object':
      return fc
        .record(
          Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, valueOf(inner)])),
          { requiredKeys: [...required] },
        )
        .chain((value) =>
          fc.oneof(
            { weight: 8, arbitrary: fc.constant(value) },
            fc.dictionary(fc.string(), junk, { maxKeys: 2 }).map((more) => ({ ...more, ...value })),
          ),
        );
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.integer({ min: Math.max(-1e9, minimum ?? 0), max: Math.min(1e9, maximum ?? 1e9) });
    default:
      return fc.oneof(
        fc.constantFrom(...KNOWN_SUBJECTS, ...POLICY_NAMES),
        pattern === undefined ? fc.string({ minLength, maxLength }) : fc.stringMatching(new RegExp(pattern)),
      );
  }
}

interface Ask {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const keys = {
  plain: generateApiKey('door'),
  watcher: generateApiKey('door', { mayObserve: true, mayAttend: true }),
  other: generateApiKey('shop'),
};

/** A request for an operation: of its form, with values from its description or from nowhere. */
function asksFor(operation: Operation): fc.Arbitrary<Ask> {
  const described = DOCUMENT.paths[operation.path]?.[operation.method.toLowerCase()];
  const parameters = described?.parameters ?? [];
  const bodySchema = described?.requestBody?.content['application/json'].schema;
  const text = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  return fc
    .record({
      values: fc.tuple(
        ...parameters.map(({ schema }) =>
          valueOf(schema).map((value) => Buffer.from(text(value)).toString()),
        ),
      ),
      leaveOut: fc.array(fc.boolean(), { minLength: parameters.length, maxLength: parameters.length }),
      body:
        bodySchema === undefined
          ? fc.constant('')
          : valueOf(bodySchema).map((value) => JSON.stringify(value)),
      cut: fc.oneof({ weight: 12, arbitrary: fc.constant(Infinity) }, fc.nat(40)),
      type: fc.oneof(
        { weight: 12, arbitrary: fc.constant('application/json') },
        fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'APPLICATION/JSON ; x', ''),
      ),
      key: fc.constantFrom(
        keys.watcher.key,
        keys.watcher.key,
        keys.watcher.key,
        keys.plain.key,
        keys.other.key,
        'vf_none_nothing',
        '',
      ),
    })
    .map(({ values, leaveOut, body, cut, type, key }) => {
      let path = operation.path;
      const query: string[] = [];
      for (const [at, { name, in: place }] of parameters.entries()) {
        const value = encodeURIComponent(values[at]);
        if (place === 'path') path = path.replace(`{${name}}`, value);
        else if (!leaveOut[at]) query.push(`${name}=${value}`);
      }
      return {
        operation,
        method: operation.method,
        path: query.length === 0 ? path : `${path}?${query.join('&')}`,
        headers: { 'content-type': type, ...(key === '' ? {} : { authorization: `Bearer ${key}` }) },
        body: operation.method === 'GET' ? '' : body.slice(0, cut),
      };
    });
}

const asks = fc.oneof(...OPERATIONS.map(asksFor));

/** What a path may end with that no longer leads to the operation. */
const ELSEWHERE: readonly ErrorCode[] = ['api.not_found', 'api.method', 'upgrade.required'];

function check({ operation, method, path }: Ask, status: number, text: string): void {
  const where = `${method} ${path} → ${status} ${text.slice(0, 200)}`;
  if (status === operation.status) {
    expect([where, operation.result.safeParse(JSON.parse(text)).success]).toEqual([where, true]);
    return;
  }
  const { code, retry } = errorBody.parse(JSON.parse(text)).error;
  const allowed: readonly string[] = [...operation.errors, ...ELSEWHERE];
  expect([where, allowed.includes(code)]).toEqual([where, true]);
  const entry = Object.entries(ERRORS).find(([name]) => name === code)?.[1];
  expect([where, status, retry]).toEqual([where, entry?.httpStatus, entry?.retry]);
}

describe('the API on a real store', () => {
  let api: ApiOnStore;
  let store: Store;
  let context: ApiContext;

  beforeAll(async () => {
    const records = [keys.plain.record, keys.watcher.record, keys.other.record];
    api = await openApiOnStore(records, KNOWN_SUBJECTS);
    ({ store, context } = api);
  });
  afterAll(() => api.close());

  it('gives pages as long as they may be, and refuses longer ones', async () => {
    const answer = answererOf({
      mounts: apiMounts(context),
      allowedOrigins: [],
      reportFault: () => undefined,
    });
    const ask = async (path: string, limit: number) => {
      const { status, body } = await answer({
        method: 'GET',
        path,
        query: `limit=${limit}`,
        headers: new Map([['authorization', `Bearer ${keys.watcher.key}`]]),
        remoteAddress: '127.0.0.1',
        body: new Uint8Array(0),
      });
      return [status, Buffer.from(body).toString().includes('api.invalid')];
    };
    for (const path of ['/v1/decisions', '/v1/subjects']) {
      expect([path, await ask(path, MAX_ENTRIES_PER_PAGE)]).toEqual([path, [200, false]]);
      expect([path, await ask(path, MAX_ENTRIES_PER_PAGE + 1)]).toEqual([path, [400, true]]);
    }
  });

  it('answers whatever its description allows or forbids as it is documented, and never fails', async () => {
    const faults: unknown[] = [];
    const answer = answererOf({
      mounts: apiMounts(context),
      allowedOrigins: [],
      reportFault: (fault) => faults.push(fault),
    });
    const reached = new Map<string, Set<number>>();
    await fc.assert(
      fc.asyncProperty(asks, async (ask) => {
        const [path = '', query = ''] = ask.path.split('?');
        const request: HttpRequest = {
          method: ask.method,
          path,
          query,
          headers: new Map(Object.entries({ host: 'localhost', ...ask.headers })),
          remoteAddress: '127.0.0.1',
          body: new Uint8Array(Buffer.from(ask.body)),
        };
        const { status, body } = await answer(request);
        reached.set(ask.operation.id, (reached.get(ask.operation.id) ?? new Set()).add(status));
        const text = Buffer.from(body).toString();
        check(ask, status, text);
        if (ask.operation.id !== 'deleteSubject' || status !== ask.operation.status) return;
        const { subject } = JSON.parse(text) as { subject: string };
        await store.references.add(newReference({ subject }));
      }),
      effort(1500),
    );
    expect(faults).toEqual([]);
    for (const { id, status, access } of OPERATIONS)
      expect([id, reached.get(id)?.has(access === 'key' ? 401 : status)]).toEqual([id, true]);
    for (const id of ['createSession', 'createLiveTicket', 'listDecisions', 'listSubjects', 'getSubject'])
      expect([id, [200, 201].some((status) => reached.get(id)?.has(status))]).toEqual([id, true]);
  });

  it.each(TRANSPORTS)('answers them over %s as well', async (_name, transport) => {
    const running = await startGateway(transport, { api: context });
    try {
      const sample = fc.sample(asks, effort(80));
      for (const ask of sample) {
        const { method, path, headers, body } = ask;
        const response = await fetch(running.httpUrl + path, {
          method,
          headers,
          ...(method === 'POST' ? { body } : {}),
        });
        const text = await response.text();
        if (response.status !== 413) check(ask, response.status, text);
      }
      expect(running.faults).toEqual([]);
    } finally {
      await running.gateway.close();
    }
  });

  it.each(TRANSPORTS)('over %s leads no path out of it, however it is written', async (_name, transport) => {
    const running = await startGateway(transport, { api: context });
    const dots = ['..', '%2e%2e', '%252e%252e', '..%2f', '..%5c', '..%00', '.', '%c0%ae%c0%ae', '..;'];
    try {
      for (const dot of dots)
        for (const path of [
          `/v1/subjects/${dot}`,
          `/v1/${dot}/healthz`,
          `/v1/subjects/anna/${dot}/anna`,
          `//v1/${dot}//system`,
        ]) {
          const status = await new Promise<number>((resolve, reject) => {
            httpRequest(
              {
                host: '127.0.0.1',
                port: running.port,
                path,
                headers: { authorization: `Bearer ${keys.watcher.key}` },
              },
              (response) => {
                response.resume();
                resolve(response.statusCode ?? 0);
              },
            )
              .on('error', reject)
              .end();
          });
          expect([path, [400, 404].includes(status)]).toEqual([path, true]);
        }
      expect(running.faults).toEqual([]);
    } finally {
      await running.gateway.close();
    }
  });
});
