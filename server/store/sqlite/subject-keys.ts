import type { Statement } from 'better-sqlite3';
import type { NewSubjectKey, SubjectKey, SubjectKeyStore } from '../key-ports.ts';
import { assertStorableText, subjectHash } from '../reference-record.ts';
import {
  credentialHash,
  openSubjectKey,
  sealSubjectKey,
  type SubjectKeyRecord,
  userHandle,
} from '../subject-key-record.ts';
import type { SqliteDatabase } from './database.ts';
import type { SqliteKeys } from './keys.ts';

/** `SubjectKeyStore` on SQLite; the port says what each method promises. */
export class SqliteSubjectKeys implements SubjectKeyStore {
  readonly #database: SqliteDatabase;
  readonly #keys: SqliteKeys;
  readonly #insert: Statement<[SubjectKeyRecord]>;
  readonly #ofSubject: Statement<[string, Buffer], SubjectKeyRecord>;
  readonly #one: Statement<[string, Buffer, Buffer], SubjectKeyRecord>;
  readonly #registered: Statement<[string, Buffer], 1>;
  readonly #update: Statement<[SubjectKeyRecord]>;
  readonly #delete: Statement<[string, Buffer, Buffer]>;

  constructor(database: SqliteDatabase, keys: SqliteKeys) {
    this.#database = database;
    this.#keys = keys;
    const { raw } = database;
    const select = `SELECT tenant, subject_hash AS subjectHash, credential_hash AS credentialHash,
      created_at_ms AS createdAtMs, key_id AS keyId, envelope FROM subject_key`;
    const one = 'tenant = ? AND subject_hash = ? AND credential_hash = ?';
    this.#insert = raw.prepare(`
      INSERT INTO subject_key (tenant, subject_hash, credential_hash, created_at_ms, key_id, envelope)
      VALUES (@tenant, @subjectHash, @credentialHash, @createdAtMs, @keyId, @envelope)
      ON CONFLICT DO NOTHING
    `);
    this.#ofSubject = raw.prepare(`${select} WHERE tenant = ? AND subject_hash = ? ORDER BY sequence`);
    this.#one = raw.prepare(`${select} WHERE ${one}`);
    this.#registered = raw.prepare('SELECT 1 FROM subject_key WHERE tenant = ? AND credential_hash = ?');
    this.#update = raw.prepare(`
      UPDATE subject_key SET envelope = @envelope, key_id = @keyId
      WHERE tenant = @tenant AND subject_hash = @subjectHash AND credential_hash = @credentialHash
    `);
    this.#delete = raw.prepare(`DELETE FROM subject_key WHERE ${one}`);
  }

  /** Stores a new key. Call inside a write transaction. Does nothing when the tenant has a key of this id. */
  insert(tenant: string, subject: string, key: NewSubjectKey): void {
    const lookupKey = this.#keys.findOrCreate(tenant, 'lookup');
    const place = {
      tenant,
      subjectHash: subjectHash(lookupKey, tenant, subject),
      credentialHash: credentialHash(lookupKey, tenant, key.credentialId),
    };
    const stored = { ...key, lastUsedAtMs: null };
    this.#insert.run(sealSubjectKey(place, stored, this.#keys.findOrCreate(tenant, 'data')));
  }

  async ofSubject(tenant: string, subject: string): Promise<readonly SubjectKey[]> {
    assertStorableText(subject, 'subject');
    return await this.#database.attempt(() => {
      const lookupKey = this.#keys.find(tenant, 'lookup');
      if (lookupKey === null) return [];
      return this.#ofSubject
        .all(tenant, subjectHash(lookupKey, tenant, subject))
        .map((row) => openSubjectKey(row, this.#keys.dataKey(row.keyId, tenant)));
    });
  }

  async userHandle(tenant: string, subject: string): Promise<string> {
    assertStorableText(tenant, 'tenant');
    assertStorableText(subject, 'subject');
    return await this.#database.write(() =>
      userHandle(this.#keys.findOrCreate(tenant, 'lookup'), tenant, subject).toString('base64url'),
    );
  }

  async isRegistered(tenant: string, credentialId: string): Promise<boolean> {
    return await this.#database.attempt(() => {
      const lookupKey = this.#keys.find(tenant, 'lookup');
      if (lookupKey === null) return false;
      return this.#registered.get(tenant, credentialHash(lookupKey, tenant, credentialId)) !== undefined;
    });
  }

  async use(
    tenant: string,
    subject: string,
    credentialId: string,
    counter: number,
    atMs: number,
  ): Promise<boolean> {
    return await this.#database.write(() => {
      const place = this.#placeOf(tenant, subject, credentialId);
      const row = place === null ? undefined : this.#one.get(tenant, place.subjectHash, place.credentialHash);
      if (place === null || row === undefined) return false;
      const dataKey = this.#keys.dataKey(row.keyId, tenant);
      const key = openSubjectKey(row, dataKey);
      const counts = counter > 0 || key.counter > 0;
      if (counts && counter <= key.counter) return false;
      this.#update.run(sealSubjectKey(place, { ...key, counter, lastUsedAtMs: atMs }, dataKey));
      return true;
    });
  }

  async remove(tenant: string, subject: string, credentialId: string): Promise<boolean> {
    return await this.#database.write(() => {
      const place = this.#placeOf(tenant, subject, credentialId);
      if (place === null) return false;
      return this.#delete.run(tenant, place.subjectHash, place.credentialHash).changes > 0;
    });
  }

  /** Null when the tenant has no lookup key, and therefore no keys. */
  #placeOf(tenant: string, subject: string, credentialId: string) {
    const lookupKey = this.#keys.find(tenant, 'lookup');
    if (lookupKey === null) return null;
    return {
      tenant,
      subjectHash: subjectHash(lookupKey, tenant, subject),
      credentialHash: credentialHash(lookupKey, tenant, credentialId),
    };
  }
}
