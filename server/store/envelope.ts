import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { StoreError } from './errors.ts';

/**
 * A sealed envelope is, in order:
 *
 *     version 1 B | key id length 1 B | key id | nonce 12 B | ciphertext | tag 16 B
 *
 * AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D, section 8.2.2: at most 2^32 envelopes under one key).
 * Version and key id are authenticated together with the caller's associated data.
 */
const ENVELOPE_VERSION = 1;

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_KEY_ID_BYTES = 64;

export interface EnvelopeKey {
  /** 1 to 64 ASCII characters; readable in the envelope. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Buffer;
}

/** The associated data of an envelope. Opening it needs the same fields in the same order. */
export type AssociatedFields = readonly (string | Uint8Array)[];

/**
 * Encodes fields so that different lists never give the same bytes: their count, then for each field its length in
 * bytes and its bytes. Counts and lengths are 32-bit big-endian, strings are UTF-8.
 */
export function encodeFields(fields: AssociatedFields): Buffer {
  const parts = [uint32(fields.length)];
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field;
    parts.push(uint32(bytes.byteLength), Buffer.from(bytes));
  }
  return Buffer.concat(parts);
}

/** Encrypts `plaintext` and binds it to `fields`. The nonce is random, so each call gives other bytes. */
export function seal(key: EnvelopeKey, plaintext: Uint8Array, fields: AssociatedFields): Buffer {
  if (key.bytes.byteLength !== KEY_BYTES) throw new RangeError(`An envelope key has ${KEY_BYTES} bytes.`);
  const keyId = Buffer.from(key.id, 'ascii');
  if (keyId.byteLength === 0 || keyId.byteLength > MAX_KEY_ID_BYTES)
    throw new RangeError(`A key id has 1 to ${MAX_KEY_ID_BYTES} characters.`);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(authenticatedHeader(key.id, fields));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const header = Buffer.from([ENVELOPE_VERSION, keyId.byteLength]);
  return Buffer.concat([header, keyId, nonce, ciphertext, cipher.getAuthTag()]);
}

/** The id of the key that sealed `envelope`. Throws `store.corrupt` when the bytes are not an envelope. */
export function keyIdOf(envelope: Uint8Array): string {
  return parse(envelope).keyId;
}

/**
 * The plaintext, in memory of its own that the caller may overwrite. Throws `store.corrupt` when the envelope is
 * malformed, was changed, was sealed with another key or is bound to other fields. The error does not say which.
 */
export function openEnvelope(key: EnvelopeKey, envelope: Uint8Array, fields: AssociatedFields): Buffer {
  const { keyId, nonce, ciphertext, tag } = parse(envelope);
  if (keyId !== key.id) throw new StoreError('store.corrupt', 'An envelope names another key.');
  const decipher = createDecipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticatedHeader(keyId, fields));
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch (cause) {
    plaintext.fill(0);
    throw new StoreError('store.corrupt', 'An envelope does not open.', { cause });
  }
  return plaintext;
}

function authenticatedHeader(keyId: string, fields: AssociatedFields): Buffer {
  return encodeFields(['veriframe.envelope', Uint8Array.of(ENVELOPE_VERSION), keyId, ...fields]);
}

function parse(envelope: Uint8Array) {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  const keyIdLength = bytes[1] ?? 0;
  const nonceAt = 2 + keyIdLength;
  const ciphertextAt = nonceAt + NONCE_BYTES;
  const tagAt = bytes.byteLength - TAG_BYTES;
  if (bytes[0] !== ENVELOPE_VERSION || keyIdLength === 0 || keyIdLength > MAX_KEY_ID_BYTES)
    throw new StoreError('store.corrupt', 'An envelope has an unknown form.');
  if (tagAt < ciphertextAt) throw new StoreError('store.corrupt', 'An envelope is cut short.');
  return {
    keyId: bytes.toString('latin1', 2, nonceAt),
    nonce: bytes.subarray(nonceAt, ciphertextAt),
    ciphertext: bytes.subarray(ciphertextAt, tagAt),
    tag: bytes.subarray(tagAt),
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
