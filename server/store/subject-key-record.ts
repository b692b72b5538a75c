import { createHmac } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import { z } from 'zod';
import { encodeFields, openEnvelope, seal, type AssociatedFields, type EnvelopeKey } from './envelope.ts';
import { StoreError } from './errors.ts';
import type { SubjectKey } from './key-ports.ts';

/** A subject's key as a database stores it. The fields in plain are bound into the envelope as associated data. */
export interface SubjectKeyRecord {
  readonly tenant: string;
  /** Keyed hash of tenant and subject, 32 bytes. */
  readonly subjectHash: Buffer;
  /** Keyed hash of tenant and credential, 32 bytes. */
  readonly credentialHash: Buffer;
  readonly createdAtMs: number;
  readonly keyId: string;
  readonly envelope: Buffer;
}

const payloadForm = z.object({
  credentialId: z.string(),
  publicKey: z.instanceof(Uint8Array),
  counter: z.int().min(0),
  backedUp: z.boolean(),
  lastUsedAtMs: z.number().nullable(),
});

/** HMAC-SHA-256 of tenant and credential id: finds a key without revealing whose authenticator it is. */
export function credentialHash(lookupKey: EnvelopeKey, tenant: string, credentialId: string): Buffer {
  return createHmac('sha256', lookupKey.bytes)
    .update(encodeFields(['credential', tenant, credentialId]))
    .digest();
}

/** HMAC-SHA-256 of tenant and subject, for the devices that keep it. It is another one than finds rows. */
export function userHandle(lookupKey: EnvelopeKey, tenant: string, subject: string): Buffer {
  return createHmac('sha256', lookupKey.bytes)
    .update(encodeFields(['user-handle', tenant, subject]))
    .digest();
}

export function sealSubjectKey(
  place: Omit<SubjectKeyRecord, 'envelope' | 'keyId' | 'createdAtMs'>,
  { createdAtMs, ...key }: SubjectKey,
  dataKey: EnvelopeKey,
): SubjectKeyRecord {
  const whole = { ...place, createdAtMs, keyId: dataKey.id };
  return { ...whole, envelope: seal(dataKey, encode(key), fieldsOf(whole)) };
}

/** Throws `store.corrupt` when any field was changed or the envelope belongs to another record. */
export function openSubjectKey(record: SubjectKeyRecord, dataKey: EnvelopeKey): SubjectKey {
  const payload = payloadForm.safeParse(decode(openEnvelope(dataKey, record.envelope, fieldsOf(record))));
  if (!payload.success) throw new StoreError('store.corrupt', 'A key of a subject has an unknown form.');
  const { publicKey } = payload.data;
  return { ...payload.data, publicKey: Uint8Array.from(publicKey), createdAtMs: record.createdAtMs };
}

function fieldsOf(place: Omit<SubjectKeyRecord, 'envelope'>): AssociatedFields {
  const { tenant, subjectHash, credentialHash: credential, createdAtMs, keyId } = place;
  return ['subject-key', tenant, subjectHash, credential, String(createdAtMs), keyId];
}
