import { createHmac } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import { z } from 'zod';
import { encodeFields, openEnvelope, seal, type AssociatedFields, type EnvelopeKey } from './envelope.ts';
import { StoreError } from './errors.ts';
import { assertStorableText } from './reference-record.ts';
import type { SubjectState } from './subject-ports.ts';

/** A subject's record as a database stores it. The fields in plain are bound into the envelope as associated data. */
export interface SubjectRow {
  readonly tenant: string;
  /** Keyed hash of tenant and subject, 32 bytes. */
  readonly subjectHash: Buffer;
  readonly suspendedAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly consentedAtMs: number | null;
  readonly keyId: string;
  readonly envelope: Buffer;
}

/** Longest label, and longest word of a consent, in characters. */
const MAX_TEXT = 200;

const payloadForm = z.object({
  label: z.string().nullable(),
  consent: z.object({ by: z.string(), textVersion: z.string() }).nullable(),
});

/** Throws `store.invalid`. The error never repeats what was given. */
export function assertStorableState({ label, consent, suspendedAtMs, expiresAtMs }: SubjectState): void {
  const texts = [
    ['label', label],
    ['consent', consent?.by],
    ['text version', consent?.textVersion],
  ] as const;
  for (const [what, text] of texts) {
    if (text === null || text === undefined) continue;
    assertStorableText(text, what);
    if (text.length > MAX_TEXT) throw new StoreError('store.invalid', `The ${what} is too long.`);
  }
  for (const atMs of [suspendedAtMs, expiresAtMs, consent?.atMs])
    if (atMs !== null && atMs !== undefined && !Number.isSafeInteger(atMs))
      throw new StoreError('store.invalid', 'A time is not a whole number.');
}

export function sealSubject(
  place: Pick<SubjectRow, 'tenant' | 'subjectHash'>,
  { label, consent, suspendedAtMs, expiresAtMs }: SubjectState,
  dataKey: EnvelopeKey,
): SubjectRow {
  const whole = {
    ...place,
    suspendedAtMs,
    expiresAtMs,
    consentedAtMs: consent?.atMs ?? null,
    keyId: dataKey.id,
  };
  const kept = consent === null ? null : { by: consent.by, textVersion: consent.textVersion };
  return { ...whole, envelope: seal(dataKey, encode({ label, consent: kept }), fieldsOf(whole)) };
}

/** Throws `store.corrupt` when any field was changed or the envelope belongs to another record. */
export function openSubject(row: SubjectRow, dataKey: EnvelopeKey): SubjectState {
  const payload = payloadForm.safeParse(decode(openEnvelope(dataKey, row.envelope, fieldsOf(row))));
  const { suspendedAtMs, expiresAtMs, consentedAtMs } = row;
  if (!payload.success || (payload.data.consent === null) !== (consentedAtMs === null))
    throw new StoreError('store.corrupt', 'The record of a subject has an unknown form.');
  const { label, consent } = payload.data;
  return {
    label,
    consent: consent === null || consentedAtMs === null ? null : { ...consent, atMs: consentedAtMs },
    suspendedAtMs,
    expiresAtMs,
  };
}

/** Different words of a label: runs of letters and digits, in lower case and without accents (Unicode NFKD). */
export function wordsOf(label: string): readonly string[] {
  const plain = label.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return [...new Set(plain.match(/[\p{L}\p{N}]+/gu) ?? [])];
}

/** HMAC-SHA-256 of tenant and word. Equal words of a tenant have equal hashes: their frequency is not hidden. */
export function wordHash(lookupKey: EnvelopeKey, tenant: string, word: string): Buffer {
  return createHmac('sha256', lookupKey.bytes)
    .update(encodeFields(['label-word', tenant, word]))
    .digest();
}

function fieldsOf(row: Omit<SubjectRow, 'envelope'>): AssociatedFields {
  const { tenant, subjectHash, suspendedAtMs, expiresAtMs, consentedAtMs, keyId } = row;
  const times = [suspendedAtMs, expiresAtMs, consentedAtMs].map(String);
  return ['subject-record', tenant, subjectHash, ...times, keyId];
}
