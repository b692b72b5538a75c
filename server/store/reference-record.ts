import { createHmac } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import { z } from 'zod';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../../models/ids.ts';
import type { Embeddings } from '../vision/analysis.ts';
import { faultInEmbeddings } from '../vision/embedding-faults.ts';
import { encodeFields, openEnvelope, seal, type AssociatedFields, type EnvelopeKey } from './envelope.ts';
import { StoreError } from './errors.ts';
import type { NewReference, StoredReference } from './ports.ts';

/** An origin that a newer version wrote, and this one does not know, is left out. */
const originForm = z.object({ kind: z.literal('photos'), pictures: z.int().positive() });

/** A reference as a database stores it. The fields in plain are bound into the envelope as associated data. */
export interface ReferenceRecord {
  readonly referenceId: string;
  readonly tenant: string;
  /** Keyed hash of tenant and subject, 32 bytes. */
  readonly subjectHash: Buffer;
  /** Ids of the models that made the embeddings, joined by commas, the preferred one last. */
  readonly models: string;
  readonly createdAtMs: number;
  readonly keyId: string;
  readonly envelope: Buffer;
}

/** HMAC-SHA-256 of tenant and subject: finds a subject's rows without revealing the subject's id. */
export function subjectHash(lookupKey: EnvelopeKey, tenant: string, subject: string): Buffer {
  return createHmac('sha256', lookupKey.bytes)
    .update(encodeFields(['subject', tenant, subject]))
    .digest();
}

/** HMAC-SHA-256 of tenant, subject and a picture's digest: knows the picture again without keeping anything of it. */
export function pictureHash(lookupKey: EnvelopeKey, tenant: string, subject: string, digest: string): Buffer {
  return createHmac('sha256', lookupKey.bytes)
    .update(encodeFields(['picture', tenant, subject, digest]))
    .digest();
}

/**
 * Throws `store.invalid` when the text is empty or UTF-8 cannot hold it. Two subjects with lone surrogates would become
 * one.
 */
export function assertStorableText(text: string, what: string): void {
  if (text.length === 0) throw new StoreError('store.invalid', `The ${what} is empty.`);
  if (Buffer.from(text, 'utf8').toString('utf8') !== text)
    throw new StoreError('store.invalid', `The ${what} is not well-formed Unicode.`);
}

/** Throws `store.invalid`. The error says what is wrong and never names the subject. */
export function assertStorable(reference: NewReference): void {
  assertStorableText(reference.tenant, 'tenant');
  assertStorableText(reference.subject, 'subject');
  if (!Number.isSafeInteger(reference.createdAtMs))
    throw new StoreError('store.invalid', 'The time of creation is not a whole number.');
  const fault = faultInEmbeddings(reference.embeddings);
  if (fault !== null) throw new StoreError('store.invalid', fault);
}

/** Seals a storable reference: subject and embeddings are encrypted and bound to the fields in plain. */
export function sealReference(
  referenceId: string,
  reference: NewReference,
  dataKey: EnvelopeKey,
  lookupKey: EnvelopeKey,
): ReferenceRecord {
  const place = {
    referenceId,
    tenant: reference.tenant,
    subjectHash: subjectHash(lookupKey, reference.tenant, reference.subject),
    models: modelsIn(reference.embeddings).join(','),
    createdAtMs: reference.createdAtMs,
    keyId: dataKey.id,
  };
  const embeddings = Object.fromEntries(
    Object.entries(reference.embeddings).map(([model, vector]) => [model, toLittleEndian(vector)]),
  );
  const { subject, origin } = reference;
  const payload = encode({ subject, embeddings, ...(origin === undefined ? {} : { origin }) });
  try {
    return { ...place, envelope: seal(dataKey, payload, fieldsOf(place)) };
  } finally {
    payload.fill(0);
    for (const bytes of Object.values(embeddings)) bytes.fill(0);
  }
}

/** Opens a record. Throws `store.corrupt` when any field was changed or the envelope belongs to another record. */
export function openReference(record: ReferenceRecord, dataKey: EnvelopeKey): StoredReference {
  const payload = openEnvelope(dataKey, record.envelope, fieldsOf(record));
  try {
    const { referenceId, tenant, createdAtMs } = record;
    return { ...readPayload(payload), referenceId, tenant, createdAtMs };
  } finally {
    payload.fill(0);
  }
}

function fieldsOf(place: Omit<ReferenceRecord, 'envelope'>): AssociatedFields {
  const { referenceId, tenant, subjectHash: hash, models, createdAtMs, keyId } = place;
  return ['reference', referenceId, tenant, hash, models, String(createdAtMs), keyId];
}

function modelsIn(embeddings: Embeddings): EmbeddingModelId[] {
  return EMBEDDING_MODELS.filter((model) => embeddings[model] !== undefined);
}

/** Copies the vectors, so that the caller can overwrite the payload. */
function readPayload(payload: Uint8Array): Pick<StoredReference, 'subject' | 'embeddings' | 'origin'> {
  const value = decode(payload);
  if (!isRecord(value) || typeof value['subject'] !== 'string' || !isRecord(value['embeddings']))
    throw new StoreError('store.corrupt', 'A reference has an unknown form.');
  const embeddings: Partial<Record<EmbeddingModelId, Float32Array>> = {};
  for (const model of EMBEDDING_MODELS) {
    const bytes = value['embeddings'][model];
    if (bytes instanceof Uint8Array) embeddings[model] = fromLittleEndian(bytes);
  }
  const origin = originForm.safeParse(value['origin']);
  return { subject: value['subject'], embeddings, ...(origin.success ? { origin: origin.data } : {}) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function toLittleEndian(vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(vector.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of vector.entries()) view.setFloat32(index * 4, value, true);
  return bytes;
}

function fromLittleEndian(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vector = new Float32Array(Math.floor(bytes.byteLength / 4));
  for (let index = 0; index < vector.length; index++) vector[index] = view.getFloat32(index * 4, true);
  return vector;
}
