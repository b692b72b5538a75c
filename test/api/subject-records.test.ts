import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../protocol/errors.ts';
import { type AnswerOf, type OperationId, OPERATIONS as DESCRIBED } from '../../protocol/http/operations.ts';
import { OPERATIONS } from '../../server/api/operations.ts';
import { generateApiKey } from '../../server/identity/api-keys.ts';
import { newDecision, newReference } from '../store/support.ts';
import { type ApiOnStore, openApiOnStore } from './api-on-store.ts';

const KEYS = {
  manager: generateApiKey('door', { mayManage: true }),
  others: generateApiKey('gate', { mayManage: true }),
  /** Has every right but the one that is asked for. */
  rest: generateApiKey('door', { mayAttend: true, mayObserve: true, mayVouch: true, mayImport: true }),
};
const OF_MANAGERS = Object.entries(DESCRIBED).flatMap(([id, { right }]) =>
  right === 'manage' ? [id as OperationId] : [],
);

interface Question {
  readonly key?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

describe('the API of subjects', () => {
  let api: ApiOnStore;
  beforeEach(async () => {
    api = await openApiOnStore(
      Object.values(KEYS).map(({ record }) => record),
      ['anna', 'bert'],
    );
  });
  afterEach(() => api.close());

  async function ask<Id extends OperationId>(
    id: Id,
    { key = KEYS.manager.key, params = { id: 'anna' }, body = {} }: Question = {},
  ): Promise<AnswerOf<Id>> {
    const operation = OPERATIONS.find((one) => one.id === id);
    const { bodyKind } = DESCRIBED[id];
    const answer = await operation?.handle(api.context, {
      authorization: `Bearer ${key}`,
      params: DESCRIBED[id].path.includes('{') ? params : {},
      body: bodyKind === 'none' ? undefined : body,
    });
    // Held to the schema of the operation, which the type is inferred from.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return operation?.result.parse(answer) as AnswerOf<Id>;
  }
  const withCode = (code: ErrorCode) => expect.objectContaining({ code });
  const session = (body: object) =>
    ask('createSession', { body: { mode: 'verify', subject: 'anna', ...body } });

  it('tells a key without the right the same of whoever exists and whoever does not', async () => {
    for (const id of OF_MANAGERS)
      for (const subject of ['anna', 'nobody']) {
        const params = { id: subject, ...(id === 'deleteReference' ? { reference: 'some' } : {}) };
        await expect(ask(id, { key: KEYS.rest.key, params })).rejects.toEqual(withCode('api.not_granted'));
      }
    expect(OF_MANAGERS).toHaveLength(6);
  });

  it('shows no other tenant anything', async () => {
    await ask('changeSubject', { body: { label: 'Anna' } });
    const key = KEYS.others.key;
    expect(await ask('searchSubjects', { key, body: { label: 'anna' } })).toMatchObject({
      total: 0,
      subjects: [],
    });
    for (const id of ['getSubjectRecord', 'changeSubject', 'unlockSubject', 'exportSubject'] as const)
      await expect(ask(id, { key })).rejects.toEqual(withCode('subject.unknown'));
    expect((await ask('getSubjectRecord')).label).toBe('Anna');
  });

  it('labels, records consent with who, when and which text, and finds all of it', async () => {
    api.time.wallAheadMs = 500;
    const nowMs = api.context.clock.wallMs();
    const consent = { by: 'front desk', textVersion: '2026-11' };
    expect(await ask('changeSubject', { body: { label: 'Anna Meier', consent } })).toMatchObject({
      subject: 'anna',
      label: 'Anna Meier',
      consent: { ...consent, atMs: nowMs },
      suspendedAtMs: null,
    });
    const found = await ask('searchSubjects', { body: { label: 'meier', consented: true } });
    expect(found).toMatchObject({ total: 1, subjects: [{ subject: 'anna' }], next: null });
    const first = await ask('searchSubjects', { body: { limit: 1 } });
    expect([first.total, first.subjects.length]).toEqual([2, 1]);
    const second = await ask('searchSubjects', { body: { limit: 1, after: first.next } });
    expect(second.subjects[0]?.subject).not.toBe(first.subjects[0]?.subject);
  });

  it('opens no session to verify or enrol a suspended subject, and conceals that where it is asked to', async () => {
    const { suspendedAtMs } = await ask('changeSubject', { body: { suspended: true } });
    expect(suspendedAtMs).toBe(api.context.clock.wallMs());
    api.time.nowMs += 1_000;
    expect((await ask('changeSubject', { body: { suspended: true } })).suspendedAtMs).toBe(suspendedAtMs);
    for (const mode of ['verify', 'enrol'])
      await expect(session({ mode })).rejects.toEqual(withCode('subject.suspended'));
    expect((await session({ concealUnknown: true })).ticket).toMatch(/^vt_/);
    expect((await ask('getSubject')).references).toBe(1);
    await ask('changeSubject', { body: { suspended: false } });
    expect((await session({})).ticket).toMatch(/^vt_/);
  });

  it('knows nobody whose time is over, from the millisecond that was set', async () => {
    const expiresAtMs = api.context.clock.wallMs() + 10;
    await ask('changeSubject', { body: { expiresAtMs } });
    api.time.nowMs += 9;
    expect((await session({})).ticket).toMatch(/^vt_/);
    api.time.nowMs += 1;
    await expect(session({})).rejects.toEqual(withCode('subject.unknown'));
    await expect(ask('getSubject')).rejects.toEqual(withCode('subject.unknown'));
  });

  it('unlocks a subject that too many failures have locked', async () => {
    const nowMs = api.context.clock.wallMs();
    for (const at of [1, 2, 3])
      await api.store.decisions.record({
        ...newDecision(`s${at}`),
        subject: 'anna',
        startedAtMs: nowMs - at,
        decidedAtMs: nowMs,
      });
    await expect(session({})).rejects.toEqual(withCode('subject.locked'));
    expect((await ask('getSubjectRecord')).lockedUntilMs).toBeGreaterThan(nowMs);
    expect(await ask('unlockSubject')).toEqual({ unlocked: true });
    expect((await ask('getSubjectRecord')).lockedUntilMs).toBeNull();
    expect((await session({})).ticket).toMatch(/^vt_/);
  });

  it('shows references and removes one by one, but never the last', async () => {
    const origin = { kind: 'photos', pictures: 3 } as const;
    const second = await api.store.references.add({ ...newReference({ seed: 9 }), origin });
    const { held } = await ask('getSubjectRecord');
    expect(held.map(({ photos, models }) => [photos, models])).toEqual([
      [null, ['faceres', 'dlib']],
      [3, ['faceres', 'dlib']],
    ]);
    const remove = (id: string, reference: string) => ask('deleteReference', { params: { id, reference } });
    await expect(remove('bert', second)).rejects.toEqual(withCode('api.not_found'));
    expect(await remove('anna', second)).toEqual({ removed: true });
    await expect(remove('anna', held[0]?.id ?? '')).rejects.toEqual(withCode('subject.last_reference'));
    expect((await ask('getSubjectRecord')).held).toEqual([held[0]]);
  });

  it('exports everything that is held, to the last bit of each template', async () => {
    const [reference] = await api.store.references.ofSubject('door', 'anna');
    await ask('changeSubject', { body: { label: 'Anna' } });
    await api.store.decisions.record({ ...newDecision('of anna'), subject: 'anna' });
    await api.store.decisions.record({ ...newDecision('of bert'), subject: 'bert' });
    const exported = await ask('exportSubject');
    expect(exported).toMatchObject({
      record: { subject: 'anna', label: 'Anna' },
      references: [{ id: reference?.referenceId }],
      keys: [],
      attempts: [{ sessionId: 'of anna', outcome: 'reject' }],
    });
    const { dlib = '' } = exported.references[0]?.embeddings ?? {};
    const bytes = Buffer.from(dlib, 'base64');
    const floats = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
    expect(floats).toEqual([...(reference?.embeddings.dlib ?? [])]);
  });

  it('has nothing left to show of an erased subject', async () => {
    await ask('changeSubject', { body: { label: 'Anna' } });
    await ask('deleteSubject');
    await expect(ask('exportSubject')).rejects.toEqual(withCode('subject.unknown'));
    await expect(ask('changeSubject')).rejects.toEqual(withCode('subject.unknown'));
    expect((await ask('searchSubjects', { body: { label: 'anna' } })).total).toBe(0);
  });
});
