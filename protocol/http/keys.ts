import { z } from 'zod';
import { subjectId } from './fields.ts';
import {
  FOR_VOUCHERS,
  KEY_ERRORS,
  type OperationDescription,
  VOUCHER_ERRORS,
  WITH_KEY,
} from './operation.ts';

const SUBJECT_KEYS = '/v1/subjects/{id}/keys';
const KIOSK_KEYS = '/v1/kiosk-keys';

const subjectKey = z.object({
  id: z.string().describe('Id of the WebAuthn credential, base64url.'),
  backedUp: z.boolean().describe('A copy of it is kept elsewhere, as its maker says.'),
  createdAtMs: z.number(),
  lastUsedAtMs: z.number().nullable().describe('Null: it has not signed since its registration.'),
});

export const listSubjectKeys = {
  ...WITH_KEY,
  method: 'GET',
  path: SUBJECT_KEYS,
  summary: 'WebAuthn keys of a subject; none where the subject has none or does not exist.',
  params: z.strictObject({ id: subjectId }),
  answers: { 200: z.object({ keys: z.array(subjectKey) }) },
  errors: KEY_ERRORS,
} as const satisfies OperationDescription;

export const deleteSubjectKey = {
  ...WITH_KEY,
  method: 'DELETE',
  path: `${SUBJECT_KEYS}/{key}`,
  summary: 'Remove a WebAuthn key of a subject: from now on it proves nothing.',
  params: z.strictObject({
    id: subjectId,
    key: z.string().regex(/^[\w-]{1,1400}$/, 'must be 1 to 1400 of A-Z a-z 0-9 _ - (base64url)'),
  }),
  answers: { 200: z.object({ removed: z.literal(true) }) },
  errors: [...KEY_ERRORS, 'api.not_found'],
} as const satisfies OperationDescription;

const kioskKeyId = z.string().regex(/^[\w-]{22}$/, 'must be 22 of A-Z a-z 0-9 _ - (base64url)');

const kioskKey = z.object({
  id: kioskKeyId.describe('Hash of the public key, base64url.'),
  name: z.string(),
  publicKey: z.string().describe('32 bytes of Ed25519, base64url.'),
  createdAtMs: z.number(),
  revokedAtMs: z.number().nullable().describe('Null: it is good.'),
});

export const addKioskKey = {
  ...FOR_VOUCHERS,
  method: 'POST',
  path: KIOSK_KEYS,
  summary: 'Enrol the public key that a kiosk signs its frames with.',
  bodyKind: 'json',
  body: z.strictObject({
    name: z.string().min(1).max(64).describe('For whoever reads the list.'),
    publicKey: z
      .string()
      .regex(/^[\w-]{43}$/, 'must be 32 bytes in base64url: 43 of A-Z a-z 0-9 _ -')
      .describe('32 bytes of Ed25519, base64url.'),
  }),
  answers: { 201: kioskKey },
  errors: VOUCHER_ERRORS,
} as const satisfies OperationDescription;

export const listKioskKeys = {
  ...FOR_VOUCHERS,
  method: 'GET',
  path: KIOSK_KEYS,
  summary: "The tenant's kiosk keys, those that were revoked included.",
  answers: { 200: z.object({ keys: z.array(kioskKey) }) },
  errors: VOUCHER_ERRORS,
} as const satisfies OperationDescription;

export const revokeKioskKey = {
  ...FOR_VOUCHERS,
  method: 'DELETE',
  path: `${KIOSK_KEYS}/{id}`,
  summary:
    'Revoke a kiosk key: sessions that begin from now on are not signed by it. It cannot be enrolled again.',
  params: z.strictObject({ id: kioskKeyId }),
  answers: { 200: z.object({ revoked: z.literal(true) }) },
  errors: [...VOUCHER_ERRORS, 'api.not_found'],
} as const satisfies OperationDescription;
