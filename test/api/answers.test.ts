import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MODEL_IDS } from '../../models/ids.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { errorBody } from '../../protocol/http/fields.ts';
import { type AnswerOf, type OperationId, OPERATIONS } from '../../protocol/http/operations.ts';
import { describeOperations } from '../../server/api/openapi.ts';
import { OPERATIONS as SERVED } from '../../server/api/operations.ts';
import { apiMounts } from '../../server/mounts/api.ts';
import { answererOf } from '../gateway/harness.ts';
import { generateKioskKey } from '../../client/kiosk/signer.ts';
import { generateApiKey } from '../../server/identity/api-keys.ts';
import { newDecision, newReference } from '../store/support.ts';
import { type ApiOnStore, openApiOnStore } from './api-on-store.ts';

const TENANT = 'door';
const keys = {
  plain: generateApiKey(TENANT),
  observer: generateApiKey(TENANT, {
    mayObserve: true,
    mayVouch: true,
    mayManage: true,
    mayImport: true,
  }),
};
const ERROR_ANSWER = z.strictObject({ error: z.strictObject(errorBody.shape.error.shape) });

interface Question {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly key?: string | null;
}

describe('what the server answers', () => {
  let api: ApiOnStore;
  const asked = new Set<OperationId>();

  beforeAll(async () => {
    api = await openApiOnStore([keys.plain.record, keys.observer.record], ['anna', 'bert']);
  });
  afterAll(() => api.close());

  async function send(id: OperationId, { params = {}, query = '', body, key }: Question) {
    const answer = answererOf({
      mounts: apiMounts({ ...api.context, system: { ...api.context.system, models: MODEL_IDS } }),
      allowedOrigins: [],
      reportFault: (fault) => expect.unreachable(String(fault)),
    });
    const { method, path } = OPERATIONS[id];
    const bearer = key === undefined ? keys.observer.key : key;
    const headers = [
      ['content-type', 'application/json'],
      ...(bearer === null ? [] : [['authorization', `Bearer ${bearer}`]]),
    ] as const;
    const response = await answer({
      method,
      path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? '')),
      query,
      headers: new Map(headers.map(([name = '', value = '']) => [name, value])),
      remoteAddress: '127.0.0.1',
      body: new Uint8Array(Buffer.from(body === undefined ? '' : JSON.stringify(body))),
    });
    return { status: response.status, text: Buffer.from(response.body).toString() };
  }

  /** Asks and holds the answer to its schema, to the last field, and to the OpenAPI document. */
  async function ask<Id extends OperationId>(id: Id, question: Question = {}): Promise<AnswerOf<Id>> {
    const { status, text } = await send(id, question);
    const answers: Readonly<Record<number, z.ZodType>> = OPERATIONS[id].answers;
    expect([id, text, Object.keys(answers)]).toEqual([id, text, [String(status)]]);
    const answer: unknown = JSON.parse(text);
    expect(answers[status]?.parse(answer)).toStrictEqual(answer);
    expect([id, documented(id, status).safeParse(answer).success]).toEqual([id, true]);
    asked.add(id);
    // The answer was just parsed by the schema that the type is inferred from.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return answer as AnswerOf<Id>;
  }

  /** Asks and gives back the code of the error that is answered. */
  async function refusalOf(id: OperationId, question: Question = {}): Promise<string> {
    const { status, text } = await send(id, question);
    const { error } = ERROR_ANSWER.parse(JSON.parse(text));
    expect(documented(id, status, true).safeParse(JSON.parse(text)).success).toBe(true);
    return error.code;
  }

  /** The schema that the OpenAPI document gives for an answer. */
  function documented(id: OperationId, status: number, isError = false): z.ZodType {
    const document = JSON.parse(JSON.stringify(describeOperations(SERVED, '1.2.3'))) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
      readonly components: { readonly schemas: { readonly Error: Schema } };
    };
    const { method, path } = OPERATIONS[id];
    const schema =
      document.paths[path]?.[method.toLowerCase()]?.responses[status]?.content['application/json'].schema;
    expect([id, status, schema]).toEqual([
      id,
      status,
      isError ? { $ref: '#/components/schemas/Error' } : expect.any(Object),
    ]);
    return z.fromJSONSchema(isError ? document.components.schemas.Error : (schema ?? false));
  }

  async function askForSessions() {
    const body = { mode: 'identify', audience: 'shop', nonce: 'n' };
    const { sessionId } = await ask('createSession', { body });
    const observed = await ask('createSession', { body: { ...body, observe: true } });
    expect(observed.observation?.ticket).toMatch(/^\S{16,}$/);
    const request = { sessionId, tenant: TENANT, mode: 'identify', subject: null } as const;
    const full = { ...request, policy: 'standard', audience: null, nonce: null, createdAtMs: 0 };
    const attested = { ...body, nonce: 'n-2' };
    const { sessionId: byApp } = await ask('createSession', { body: attested });
    const vouched = { params: { id: byApp }, body: { nonce: 'n-2', issuer: 'play-integrity' } };
    expect(await ask('attestSession', vouched)).toEqual({ attested: true });
    const stateOf = async (id: string) => (await ask('getSession', { params: { id } })).state;
    expect(await stateOf(sessionId)).toBe('waiting');
    api.directory.started(full);
    expect(await stateOf(sessionId)).toBe('running');
    api.directory.decided(full, 'reject', 'a.b.c');
    expect(await stateOf(sessionId)).toBe('decided');
    api.directory.failed({ ...full, sessionId: observed.sessionId }, 'client.idle');
    expect(await ask('getSession', { params: { id: observed.sessionId } })).toMatchObject({
      state: 'ended',
      code: 'client.idle',
    });
  }

  async function askForRecords() {
    const { decisions, references } = api.store;
    const restsOn = (await references.ofSubject(TENANT, 'anna'))[0]?.referenceId ?? '';
    const assurance = {
      tier: 'full',
      measured: ['match'],
      unmeasured: ['flash'],
      challengesPassed: 2,
    } as const;
    const registers = {
      credentialId: 'a-device',
      publicKey: Uint8Array.of(1, 2, 3),
      counter: 0,
      backedUp: false,
      createdAtMs: 5,
    };
    const endings = [
      { ...newDecision('s-1', { assurance, reasons: ['evidence-sufficient'], decidedAtMs: 10 }) },
      { ...newDecision('s-2', { reasons: ['time-up'], decidedAtMs: 20 }) },
    ];
    for (const [at, ending] of endings.entries())
      await decisions.record(
        at === 0 ? { ...ending, outcome: 'accept', subject: 'anna', restsOn, registers } : ending,
      );
    const { outcome: _outcome, reasons: _reasons, assurance: _assurance, ...attempt } = newDecision('s-3');
    await decisions.record({
      ...attempt,
      subject: null,
      outcome: null,
      code: 'client.slow',
      decidedAtMs: 30,
    });

    const first = await ask('listDecisions', { query: 'limit=2' });
    expect(first.decisions.map(({ outcome, code }) => [outcome, code])).toEqual([
      [null, 'client.slow'],
      ['reject', null],
    ]);
    const rest = await ask('listDecisions', { query: `before=${first.next}` });
    expect(rest).toMatchObject({ decisions: [{ outcome: 'accept', tier: 'full' }], next: null });
    const subjects = await ask('listSubjects', { query: 'limit=1' });
    expect([subjects.total, subjects.subjects.length, typeof subjects.next]).toEqual([2, 1, 'string']);
    expect((await ask('listSubjects', { query: `after=${subjects.next}` })).subjects).toHaveLength(1);
    expect((await ask('getSubject', { params: { id: 'anna' } })).references).toBe(1);
    await askForKeys();
    await askForSubjects();
    expect((await ask('deleteSubject', { params: { id: 'anna' } })).erasedReferences).toBe(1);
  }

  async function askForSubjects() {
    const anna = { params: { id: 'anna' } };
    await api.store.references.add(newReference({ subject: 'anna', seed: 8 }));
    await ask('changeSubject', { ...anna, body: { label: 'Anna', consent: { by: 'us', textVersion: '1' } } });
    const found = await ask('searchSubjects', { body: { label: 'anna' } });
    expect(found.subjects).toMatchObject([{ subject: 'anna', references: 2 }]);
    await ask('importPhotos', { ...anna, body: { photos: [{ image: 'AAAA' }], label: 'Anna' } });
    await ask('unlockSubject', anna);
    await ask('exportSubject', anna);
    const { held } = await ask('getSubjectRecord', anna);
    await ask('deleteReference', { params: { id: 'anna', reference: held[1]?.id ?? '' } });
  }

  async function askForKeys() {
    const { keys: ofAnna } = await ask('listSubjectKeys', { params: { id: 'anna' } });
    expect(ofAnna).toEqual([{ id: 'a-device', backedUp: false, createdAtMs: 5, lastUsedAtMs: null }]);
    await ask('deleteSubjectKey', { params: { id: 'anna', key: 'a-device' } });
    const { publicKey } = generateKioskKey();
    const { id } = await ask('addKioskKey', { body: { name: 'door', publicKey } });
    await ask('revokeKioskKey', { params: { id } });
    expect((await ask('listKioskKeys')).keys).toMatchObject([{ id, revokedAtMs: expect.any(Number) }]);
  }

  async function askForTheRest() {
    await ask('createLiveTicket');
    expect((await ask('getSystem', { key: null })).models.map(({ id }) => id)).toEqual(MODEL_IDS);
    for (const id of ['getHealth', 'getReadiness', 'getKeys', 'getOpenApi'] as const)
      await ask(id, { key: null });
  }

  it('fits the schema of its operation and the OpenAPI document, field by field', async () => {
    await askForSessions();
    await askForRecords();
    await askForTheRest();
    expect([...asked].toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
    expect(SERVED.map(({ id }) => id)).toEqual(Object.keys(OPERATIONS));
  });

  it('fits the schema of errors, and is documented', async () => {
    const verify = (change: object = {}) => ({ body: { mode: 'verify', subject: 'nobody', ...change } });
    const refusals: readonly (readonly [OperationId, Question, ErrorCode])[] = [
      ['createSession', { key: null, body: {} }, 'api.unauthorized'],
      ['createSession', { body: {} }, 'api.invalid'],
      ['createSession', verify({ observe: true }), 'subject.unknown'],
      ['createSession', { key: keys.plain.key, ...verify({ observe: true }) }, 'api.not_granted'],
      ['createSession', verify({ policy: 'none' }), 'policy.unknown'],
      ['createSession', verify({ mode: 'enrol', policy: 'attended' }), 'policy.not_granted'],
      ['getSession', { params: { id: 'none' } }, 'api.not_found'],
      ['getSubject', { params: { id: 'nobody' } }, 'subject.unknown'],
      ['listDecisions', { key: keys.plain.key }, 'api.not_granted'],
    ];
    for (const [id, question, code] of refusals)
      expect([id, question, await refusalOf(id, question)]).toEqual([id, question, code]);
    api.state.readiness = 'draining';
    expect(await refusalOf('getReadiness', { key: null })).toBe('server.draining');
    expect(await refusalOf('createSession', verify())).toBe('server.draining');
  });
});

type Schema = Exclude<Parameters<typeof z.fromJSONSchema>[0], boolean>;

interface DocumentedOperation {
  readonly responses: Readonly<
    Record<string, { readonly content: { readonly 'application/json': { readonly schema: Schema } } }>
  >;
}
