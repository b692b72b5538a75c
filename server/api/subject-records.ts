import { VeriframeError } from '../../protocol/errors.ts';
import type { AnswerOf } from '../../protocol/http/operations.ts';
import { MAX_EXPORTED_ATTEMPTS } from '../../protocol/http/subject-records.ts';
import type { StoredReference } from '../store/ports.ts';
import type { SubjectRecord } from '../store/subject-ports.ts';
import type { ApiContext } from './context.ts';
import { tenantOperation } from './operation.ts';
import { viewOf as attemptView } from './records.ts';

export const searchSubjects = tenantOperation(
  'searchSubjects',
  async ({ subjectRecords }, { caller: { tenant }, body: { after, limit, ...filter } }) => {
    const { total, subjects, next } = await subjectRecords.search(tenant, filter, after ?? null, limit);
    return { total, subjects: subjects.map(viewOf), next };
  },
);

export const getSubjectRecord = tenantOperation(
  'getSubjectRecord',
  async (context, { caller: { tenant }, params: { id } }) => {
    const { attempts, clock, lockOut } = context;
    const record = await recordOf(context, tenant, id);
    const attempted = { tenant, subject: id, observed: false };
    const lockedUntilMs = await attempts.lockedUntil(attempted, clock.wallMs(), lockOut);
    return { ...viewOf(record), lockedUntilMs, held: (await heldOf(context, tenant, id)).map(heldView) };
  },
);

export const changeSubject = tenantOperation(
  'changeSubject',
  async (context, { caller: { tenant }, params: { id }, body }) => {
    const { subjectRecords, clock } = context;
    const nowMs = clock.wallMs();
    const { label, suspended, consent, expiresAtMs } = body;
    const before = await recordOf(context, tenant, id);
    const changed = await subjectRecords.change(tenant, id, {
      ...(label === undefined ? {} : { label }),
      ...(suspended === undefined
        ? {}
        : { suspendedAtMs: suspended ? (before.suspendedAtMs ?? nowMs) : null }),
      ...(consent === undefined
        ? {}
        : { consent: consent === null ? null : { ...consent, atMs: consent.atMs ?? nowMs } }),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    });
    if (changed === null) throw new VeriframeError('subject.unknown');
    return viewOf(changed);
  },
);

export const unlockSubject = tenantOperation(
  'unlockSubject',
  async (context, { caller: { tenant }, params: { id } }) => {
    await recordOf(context, tenant, id);
    await context.attempts.unlock(tenant, id, context.clock.wallMs());
    return { unlocked: true } as const;
  },
);

export const deleteReference = tenantOperation(
  'deleteReference',
  async ({ subjects }, { caller: { tenant }, params: { id, reference } }) => {
    const result = await subjects.removeReference(tenant, id, reference);
    if (result === 'unknown') throw new VeriframeError('api.not_found');
    if (result === 'last') throw new VeriframeError('subject.last_reference');
    return { removed: true } as const;
  },
);

export const exportSubject = tenantOperation(
  'exportSubject',
  async (context, { caller: { tenant }, params: { id } }) => {
    const { attempts, subjectKeys, clock } = context;
    const record = await recordOf(context, tenant, id);
    const [held, keys, ended] = await Promise.all([
      heldOf(context, tenant, id),
      subjectKeys.ofSubject(tenant, id),
      attempts.ofSubject(tenant, id, MAX_EXPORTED_ATTEMPTS),
    ]);
    return {
      exportedAtMs: clock.wallMs(),
      record: viewOf(record),
      references: held.map((reference) => ({
        ...heldView(reference),
        embeddings: Object.fromEntries(
          Object.entries(reference.embeddings).map(([model, vector]) => [model, littleEndianOf(vector)]),
        ),
      })),
      keys: keys.map(({ credentialId, publicKey, backedUp, createdAtMs, lastUsedAtMs }) => ({
        id: credentialId,
        publicKey: Buffer.from(publicKey).toString('base64url'),
        backedUp,
        createdAtMs,
        lastUsedAtMs,
      })),
      attempts: ended.map(attemptView),
    };
  },
);

/** @throws VeriframeError `subject.unknown`, also of a subject whose erasure is not finished */
async function recordOf(
  { subjectRecords, subjects }: ApiContext,
  tenant: string,
  subject: string,
): Promise<SubjectRecord> {
  const record = await subjectRecords.find(tenant, subject);
  if (record === null || subjects.isBeingErased(tenant, subject)) throw new VeriframeError('subject.unknown');
  return record;
}

/** Those that do not open are left out: there is nothing to be shown of them. */
async function heldOf(
  { references }: ApiContext,
  tenant: string,
  subject: string,
): Promise<readonly StoredReference[]> {
  return await references.ofSubject(tenant, subject, () => undefined);
}

function viewOf(record: SubjectRecord): AnswerOf<'changeSubject'> {
  const { consent } = record;
  return { ...record, consent: consent === null ? null : { ...consent } };
}

function heldView({ referenceId, createdAtMs, embeddings, origin }: StoredReference) {
  return {
    id: referenceId,
    createdAtMs,
    models: Object.keys(embeddings),
    photos: origin?.pictures ?? null,
  };
}

function littleEndianOf(vector: Float32Array): string {
  const bytes = Buffer.alloc(4 * vector.length);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, 4 * at);
  return bytes.toString('base64');
}
