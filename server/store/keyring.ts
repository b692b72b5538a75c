import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { openEnvelope, keyIdOf, seal, type AssociatedFields, type EnvelopeKey } from './envelope.ts';
import { StoreError } from './errors.ts';
import { MASTER_KEY_BYTES } from './master-key.ts';

/** `data` keys seal a tenant's references; the `lookup` key makes the keyed hashes of its subjects. */
export type KeyPurpose = 'data' | 'lookup';

/** A tenant's key as it stands in the database. */
export interface WrappedKey {
  readonly keyId: string;
  readonly tenant: string;
  readonly purpose: KeyPurpose;
  readonly wrapped: Uint8Array;
}

const CANARY_FIELDS: AssociatedFields = ['canary'];
const CANARY_TEXT = 'veriframe';

/**
 * The keys of one store. The key-encryption key never touches data: a key derived from it (HKDF-SHA-256,
 * RFC 5869) wraps random 32-byte keys, one for each tenant and purpose, and each wrap is bound to its place.
 */
export class Keyring {
  readonly #wrappingKey: EnvelopeKey;
  readonly #unwrapped = new Map<string, EnvelopeKey>();
  #closed = false;

  /** Takes 32 bytes and overwrites them. */
  constructor(masterKey: Buffer) {
    if (masterKey.byteLength !== MASTER_KEY_BYTES)
      throw new RangeError(`A master key has ${MASTER_KEY_BYTES} bytes.`);
    this.#wrappingKey = {
      id: `master-${derive(masterKey, 'veriframe master key id', 8).toString('hex')}`,
      bytes: derive(masterKey, 'veriframe key wrapping', 32),
    };
    masterKey.fill(0);
  }

  /** A sealed constant, kept in the database to recognise the master key by. */
  sealCanary(): Buffer {
    this.#assertOpen();
    return seal(this.#wrappingKey, Buffer.from(CANARY_TEXT), CANARY_FIELDS);
  }

  /** Throws `store.key_mismatch` when the canary was sealed by another master key, `store.corrupt` when damaged. */
  checkCanary(canary: Uint8Array): void {
    this.#assertOpen();
    if (keyIdOf(canary) !== this.#wrappingKey.id) throw new StoreError('store.key_mismatch');
    openEnvelope(this.#wrappingKey, canary, CANARY_FIELDS);
  }

  /** Makes a key; the caller stores the wrapped form. */
  create(tenant: string, purpose: KeyPurpose): WrappedKey {
    this.#assertOpen();
    const keyId = randomUUID();
    const bytes = randomBytes(32);
    try {
      const wrapped = seal(this.#wrappingKey, bytes, placeOf({ keyId, tenant, purpose }));
      return { keyId, tenant, purpose, wrapped };
    } finally {
      bytes.fill(0);
    }
  }

  /** The key behind a wrapped one. Owned by the keyring. Throws `store.corrupt` when it was changed or moved. */
  unwrap(key: WrappedKey): EnvelopeKey {
    this.#assertOpen();
    const cacheKey = JSON.stringify([key.keyId, key.tenant, key.purpose]);
    const known = this.#unwrapped.get(cacheKey);
    if (known !== undefined) return known;
    const opened = { id: key.keyId, bytes: openEnvelope(this.#wrappingKey, key.wrapped, placeOf(key)) };
    this.#unwrapped.set(cacheKey, opened);
    return opened;
  }

  /** Overwrites a key that was shredded in the database. */
  forget(keyId: string): void {
    for (const [cacheKey, key] of this.#unwrapped) {
      if (key.id !== keyId) continue;
      key.bytes.fill(0);
      this.#unwrapped.delete(cacheKey);
    }
  }

  /** Overwrites every key. Safe to call twice; all else throws `store.unavailable` afterwards. */
  close(): void {
    this.#closed = true;
    this.#wrappingKey.bytes.fill(0);
    for (const key of this.#unwrapped.values()) key.bytes.fill(0);
    this.#unwrapped.clear();
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('store.unavailable');
  }
}

function placeOf({ keyId, tenant, purpose }: Omit<WrappedKey, 'wrapped'>): AssociatedFields {
  return ['tenant-key', keyId, tenant, purpose];
}

function derive(masterKey: Buffer, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', info, bytes));
}
