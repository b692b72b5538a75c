import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { openEnvelope, keyIdOf, seal, type AssociatedFields, type EnvelopeKey } from './envelope.ts';
import { StoreError } from './errors.ts';
import { MASTER_KEY_BYTES } from './master-key.ts';

/** A tenant's `data` key seals its references; its `lookup` key makes the keyed hashes of its subjects. */
export type KeyPurpose = 'data' | 'lookup';

/** A tenant's key as it is stored in the database. */
export interface WrappedKey {
  readonly keyId: string;
  readonly tenant: string;
  readonly purpose: KeyPurpose;
  readonly wrapped: Uint8Array;
}

const CANARY_FIELDS: AssociatedFields = ['canary'];
const CANARY_TEXT = 'veriframe';

/**
 * The keys of one store. The master key encrypts no data: a key derived from it (HKDF-SHA-256, RFC 5869) wraps random
 * 32-byte keys, one for each tenant and purpose. Each wrapped key is bound to its id, tenant and purpose.
 */
export class Keyring {
  readonly #wrappingKey: EnvelopeKey;
  readonly #unwrapped = new Map<string, EnvelopeKey>();
  #closed = false;

  /** Takes 32 bytes and overwrites them. */
  constructor(masterKey: Uint8Array) {
    if (masterKey.byteLength !== MASTER_KEY_BYTES)
      throw new RangeError(`A master key has ${MASTER_KEY_BYTES} bytes.`);
    this.#wrappingKey = {
      id: `master-${derive(masterKey, 'veriframe master key id', 8).toString('hex')}`,
      bytes: derive(masterKey, 'veriframe key wrapping', 32),
    };
    masterKey.fill(0);
  }

  /** A sealed constant. It is stored in the database to recognise the master key by. */
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

  /** Makes a random key. The caller stores the wrapped form. */
  create(tenant: string, purpose: KeyPurpose): WrappedKey {
    this.#assertOpen();
    const keyId = randomUUID();
    const bytes = randomBytes(32);
    try {
      const wrapped = seal(this.#wrappingKey, bytes, fieldsOf({ keyId, tenant, purpose }));
      return { keyId, tenant, purpose, wrapped };
    } finally {
      bytes.fill(0);
    }
  }

  /**
   * The plain key, which stays the keyring's and is overwritten by it. Throws `store.corrupt` when the wrapped key was
   * changed or belongs to another tenant or purpose.
   */
  unwrap(key: WrappedKey): EnvelopeKey {
    this.#assertOpen();
    const cacheKey = JSON.stringify([key.keyId, key.tenant, key.purpose]);
    const known = this.#unwrapped.get(cacheKey);
    if (known !== undefined) return known;
    const opened = { id: key.keyId, bytes: openEnvelope(this.#wrappingKey, key.wrapped, fieldsOf(key)) };
    this.#unwrapped.set(cacheKey, opened);
    return opened;
  }

  /** Overwrites a key that was deleted from the database. */
  forget(keyId: string): void {
    for (const [cacheKey, key] of this.#unwrapped) {
      if (key.id !== keyId) continue;
      key.bytes.fill(0);
      this.#unwrapped.delete(cacheKey);
    }
  }

  /** Overwrites every key. Safe to call twice. Afterwards every other method throws `store.unavailable`. */
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

function fieldsOf({ keyId, tenant, purpose }: Omit<WrappedKey, 'wrapped'>): AssociatedFields {
  return ['tenant-key', keyId, tenant, purpose];
}

function derive(masterKey: Uint8Array, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', info, bytes));
}
