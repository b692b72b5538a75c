import { z } from 'zod';
import { subjectHash, subjectId } from './fields.ts';
import { FOR_MANAGERS, MANAGER_ERRORS, type OperationDescription } from './operation.ts';
import { decision, limit, next } from './records.ts';

/** Longest label, and longest text of a consent, in characters. */
export const MAX_SUBJECT_TEXT = 200;
/** Most attempts in an export: the latest ones. */
export const MAX_EXPORTED_ATTEMPTS = 10_000;

export const text = z.string().min(1).max(MAX_SUBJECT_TEXT);
export const time = z.int().min(0);

const consent = z.object({
  by: z.string().describe('Who took it, or where.'),
  atMs: z.number(),
  textVersion: z.string().describe('Which wording was agreed to.'),
});

const record = z.object({
  subject: z.string(),
  subjectHash,
  label: z.string().nullable(),
  consent: consent.nullable(),
  suspendedAtMs: z
    .number()
    .nullable()
    .describe('Since when nobody is accepted as this subject; null: it is not.'),
  expiresAtMs: z.number().nullable().describe('When the subject is erased by itself; null: at no set time.'),
  references: z.int().positive(),
  firstEnrolledAtMs: z.number(),
  lastEnrolledAtMs: z.number(),
  lastAcceptedAtMs: z.number().nullable(),
});

const heldReference = z.object({
  id: z.string(),
  createdAtMs: z.number(),
  models: z.array(z.string()).describe('Networks that it can be compared by.'),
  photos: z
    .int()
    .positive()
    .nullable()
    .describe('Photographs that it was made of; null: frames of a session.'),
});

export const consentGiven = z.strictObject({
  by: text,
  textVersion: text,
  atMs: time.optional().describe('Absent: now.'),
});

const ONE_SUBJECT = { ...FOR_MANAGERS, params: z.strictObject({ id: subjectId }) } as const;
const ONE_SUBJECT_ERRORS = [...MANAGER_ERRORS, 'subject.unknown'] as const;

export const searchSubjects = {
  ...FOR_MANAGERS,
  method: 'POST',
  path: '/v1/subjects/search',
  summary:
    'Find subjects by label or state. What is looked for stands in the body, so that it is in no log of URLs.',
  bodyKind: 'json',
  body: z.strictObject({
    label: text.optional().describe('Whole words of the label; case and accents do not count.'),
    suspended: z.boolean().optional(),
    consented: z.boolean().optional().describe('Whether a consent is on record.'),
    expiresBeforeMs: time.optional(),
    unusedSinceMs: time.optional().describe('Neither enrolled nor accepted since.'),
    after: subjectHash.optional().describe('`next` of the page before.'),
    limit,
  }),
  answers: { 200: z.object({ total: z.int(), subjects: z.array(record), next }) },
  errors: MANAGER_ERRORS,
} as const satisfies OperationDescription;

export const getSubjectRecord = {
  ...ONE_SUBJECT,
  method: 'GET',
  path: '/v1/subjects/{id}/record',
  summary: 'What is kept of a subject: label, consent, state, and each of its references.',
  answers: {
    200: record.extend({
      lockedUntilMs: z.number().nullable().describe('Until when failed attempts lock it; null: they do not.'),
      held: z.array(heldReference),
    }),
  },
  errors: ONE_SUBJECT_ERRORS,
} as const satisfies OperationDescription;

export const changeSubject = {
  ...ONE_SUBJECT,
  method: 'POST',
  path: '/v1/subjects/{id}/record',
  summary:
    'Label, suspend or resume a subject, put consent on record, set when it expires. What is not given stays as it is.',
  bodyKind: 'json',
  body: z.strictObject({
    label: text.nullable().optional().describe('Null removes it.'),
    suspended: z.boolean().optional().describe('True: from now on nobody is accepted as this subject.'),
    consent: consentGiven.nullable().optional(),
    expiresAtMs: time.nullable().optional(),
  }),
  answers: { 200: record },
  errors: ONE_SUBJECT_ERRORS,
} as const satisfies OperationDescription;

export const unlockSubject = {
  ...ONE_SUBJECT,
  method: 'POST',
  path: '/v1/subjects/{id}/unlock',
  summary: 'End a lock-out: failed attempts from before no longer count.',
  answers: { 200: z.object({ unlocked: z.literal(true) }) },
  errors: ONE_SUBJECT_ERRORS,
} as const satisfies OperationDescription;

export const deleteReference = {
  ...FOR_MANAGERS,
  method: 'DELETE',
  path: '/v1/subjects/{id}/references/{reference}',
  summary: 'Remove one reference. The last one is not removed: erase the subject instead.',
  params: z.strictObject({ id: subjectId, reference: z.string().regex(/^[\w-]{1,64}$/) }),
  answers: { 200: z.object({ removed: z.literal(true) }) },
  errors: [...MANAGER_ERRORS, 'api.not_found', 'subject.last_reference'],
} as const satisfies OperationDescription;

export const exportSubject = {
  ...ONE_SUBJECT,
  method: 'GET',
  path: '/v1/subjects/{id}/export',
  summary: 'Everything that is held of a subject, its templates included: hand it to nobody but the person.',
  answers: {
    200: z.object({
      exportedAtMs: z.number(),
      record,
      references: z.array(
        heldReference.extend({
          embeddings: z
            .record(z.string(), z.string())
            .describe('By network: 32-bit floats, little endian, in base64.'),
        }),
      ),
      keys: z
        .array(
          z.object({
            id: z.string(),
            publicKey: z.string().describe('COSE_Key, base64url.'),
            backedUp: z.boolean(),
            createdAtMs: z.number(),
            lastUsedAtMs: z.number().nullable(),
          }),
        )
        .describe('WebAuthn keys.'),
      attempts: z.array(decision).describe(`The latest first, at most ${MAX_EXPORTED_ATTEMPTS}.`),
    }),
  },
  errors: ONE_SUBJECT_ERRORS,
} as const satisfies OperationDescription;
