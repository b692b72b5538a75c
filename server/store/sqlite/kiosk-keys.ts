import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Statement } from 'better-sqlite3';
import { encodeFields, type EnvelopeKey } from '../envelope.ts';
import { StoreError } from '../errors.ts';
import type { KioskKey, KioskKeyStore } from '../key-ports.ts';
import { assertStorableText } from '../reference-record.ts';
import type { SqliteDatabase } from './database.ts';
import type { SqliteKeys } from './keys.ts';

interface Row {
  readonly tenant: string;
  readonly keyId: string;
  readonly name: string;
  readonly publicKey: Buffer;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
  readonly mac: Buffer;
}

/** `KioskKeyStore` on SQLite; the port says what each method promises. */
export class SqliteKioskKeys implements KioskKeyStore {
  readonly #database: SqliteDatabase;
  readonly #keys: SqliteKeys;
  readonly #insert: Statement<[Row]>;
  readonly #find: Statement<[string, string], Row>;
  readonly #list: Statement<[string], Row>;
  readonly #revoke: Statement<[Row]>;

  constructor(database: SqliteDatabase, keys: SqliteKeys) {
    this.#database = database;
    this.#keys = keys;
    const { raw } = database;
    const select = `SELECT tenant, kiosk_key_id AS keyId, name, public_key AS publicKey,
      created_at_ms AS createdAtMs, revoked_at_ms AS revokedAtMs, mac FROM kiosk_key WHERE tenant = ?`;
    this.#insert = raw.prepare(`
      INSERT INTO kiosk_key (tenant, kiosk_key_id, name, public_key, created_at_ms, revoked_at_ms, mac)
      VALUES (@tenant, @keyId, @name, @publicKey, @createdAtMs, @revokedAtMs, @mac) ON CONFLICT DO NOTHING
    `);
    this.#find = raw.prepare(`${select} AND kiosk_key_id = ?`);
    this.#list = raw.prepare(`${select} ORDER BY created_at_ms, kiosk_key_id`);
    this.#revoke = raw.prepare(`
      UPDATE kiosk_key SET revoked_at_ms = @revokedAtMs, mac = @mac
      WHERE tenant = @tenant AND kiosk_key_id = @keyId AND revoked_at_ms IS NULL
    `);
  }

  async add(tenant: string, key: Omit<KioskKey, 'revokedAtMs'>): Promise<boolean> {
    assertStorableText(tenant, 'tenant');
    assertStorableText(key.name, 'name');
    return await this.#database.write(() => {
      const lookupKey = this.#keys.findOrCreate(tenant, 'lookup');
      const row = { ...key, tenant, publicKey: Buffer.from(key.publicKey), revokedAtMs: null };
      return this.#insert.run({ ...row, mac: macOf(lookupKey, row) }).changes > 0;
    });
  }

  async find(tenant: string, keyId: string): Promise<KioskKey | null> {
    return await this.#database.attempt(() => {
      const row = this.#find.get(tenant, keyId);
      const key = row === undefined ? null : this.#checked(row);
      return key?.revokedAtMs === null ? key : null;
    });
  }

  async list(tenant: string): Promise<readonly KioskKey[]> {
    return await this.#database.attempt(() => this.#list.all(tenant).map((row) => this.#checked(row)));
  }

  async revoke(tenant: string, keyId: string, atMs: number): Promise<boolean> {
    return await this.#database.write(() => {
      const row = this.#find.get(tenant, keyId);
      const lookupKey = this.#keys.find(tenant, 'lookup');
      if (row === undefined || lookupKey === null) return false;
      const revoked = { ...row, revokedAtMs: atMs };
      return this.#revoke.run({ ...revoked, mac: macOf(lookupKey, revoked) }).changes > 0;
    });
  }

  #checked(row: Row): KioskKey {
    const lookupKey = this.#keys.find(row.tenant, 'lookup');
    if (lookupKey === null || !timingSafeEqual(macOf(lookupKey, row), row.mac))
      throw new StoreError('store.corrupt', "A kiosk's key was changed.");
    const { keyId, name, publicKey, createdAtMs, revokedAtMs } = row;
    return { keyId, name, publicKey: Uint8Array.from(publicKey), createdAtMs, revokedAtMs };
  }
}

function macOf(lookupKey: EnvelopeKey, row: Omit<Row, 'mac'>): Buffer {
  const { tenant, keyId, name, publicKey, createdAtMs, revokedAtMs } = row;
  const fields = ['kiosk-key', tenant, keyId, name, publicKey, String(createdAtMs), String(revokedAtMs)];
  return createHmac('sha256', lookupKey.bytes).update(encodeFields(fields)).digest();
}
