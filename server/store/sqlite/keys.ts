import type { Database, Statement } from 'better-sqlite3';
import type { EnvelopeKey } from '../envelope.ts';
import { StoreError } from '../errors.ts';
import type { KeyPurpose, Keyring, WrappedKey } from '../keyring.ts';

type Row = Omit<WrappedKey, 'wrapped'> & { readonly wrapped: Buffer };

/** Tenants' wrapped keys in SQLite. Reads are not cached, since another process may have deleted a key. */
export class SqliteKeys {
  readonly #keyring: Keyring;
  readonly #byPlace: Statement<[string, KeyPurpose], Row>;
  readonly #byId: Statement<[string], Row>;
  readonly #insert: Statement<[string, string, KeyPurpose, Uint8Array]>;
  readonly #shred: Statement<[string], { keyId: string }>;

  constructor(database: Database, keyring: Keyring) {
    this.#keyring = keyring;
    const columns = 'key_id AS keyId, tenant, purpose, wrapped';
    this.#byPlace = database.prepare(`SELECT ${columns} FROM tenant_key WHERE tenant = ? AND purpose = ?`);
    this.#byId = database.prepare(`SELECT ${columns} FROM tenant_key WHERE key_id = ?`);
    this.#insert = database.prepare(
      'INSERT INTO tenant_key (key_id, tenant, purpose, wrapped) VALUES (?, ?, ?, ?)',
    );
    this.#shred = database.prepare(`
      DELETE FROM tenant_key
      WHERE tenant = ? AND purpose = 'data'
        AND NOT EXISTS (SELECT 1 FROM reference WHERE reference.key_id = tenant_key.key_id)
        AND NOT EXISTS (SELECT 1 FROM subject_key WHERE subject_key.key_id = tenant_key.key_id)
        AND NOT EXISTS (SELECT 1 FROM subject WHERE subject.key_id = tenant_key.key_id)
      RETURNING key_id AS keyId
    `);
  }

  /** The tenant's key. Null when it has none: nothing was ever written under it. */
  find(tenant: string, purpose: KeyPurpose): EnvelopeKey | null {
    const row = this.#byPlace.get(tenant, purpose);
    return row === undefined ? null : this.#keyring.unwrap(row);
  }

  /** The tenant's key, created when it has none. Call inside a write transaction. */
  findOrCreate(tenant: string, purpose: KeyPurpose): EnvelopeKey {
    const found = this.find(tenant, purpose);
    if (found !== null) return found;
    const key = this.#keyring.create(tenant, purpose);
    this.#insert.run(key.keyId, tenant, purpose, key.wrapped);
    return this.#keyring.unwrap(key);
  }

  /** The data key with this id. Throws `store.corrupt` when there is none or it is not this tenant's. */
  dataKey(keyId: string, tenant: string): EnvelopeKey {
    const row = this.#byId.get(keyId);
    if (row === undefined)
      throw new StoreError('store.corrupt', 'A reference names a key that does not exist.');
    if (row.tenant !== tenant || row.purpose !== 'data')
      throw new StoreError('store.corrupt', 'A reference names a key of another tenant or purpose.');
    return this.#keyring.unwrap(row);
  }

  /** Deletes the tenant's data key when no reference uses it. Any copy of an erased reference then stays sealed. */
  shredUnused(tenant: string): string[] {
    return this.#shred.all(tenant).map(({ keyId }) => keyId);
  }

  /** Overwrites deleted keys in memory. Call once their deletion is committed. */
  forget(keyIds: readonly string[]): void {
    for (const keyId of keyIds) this.#keyring.forget(keyId);
  }
}
