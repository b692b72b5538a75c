import { randomUUID } from 'node:crypto';
import type { Statement } from 'better-sqlite3';
import { toStoreError, type SqliteDatabase } from './database.ts';
import type { SqliteKeys } from './keys.ts';
import type {
  NewReference,
  OnCorruptReference,
  ReferenceStore,
  StoredReference,
  SubjectSummary,
} from '../ports.ts';
import {
  iteratePages,
  referencesOfSubject,
  type ReferenceItem,
  type ReferencePage,
} from '../reference-pages.ts';
import {
  assertStorable,
  assertStorableText,
  openReference,
  pictureHash,
  sealReference,
  subjectHash,
  type ReferenceRecord,
} from '../reference-record.ts';

/** References opened in one turn of the event loop. */
const PAGE = 128;

type Row = ReferenceRecord & { readonly sequence: number };

type SubjectRow = Omit<SubjectSummary, 'subjectHash'> & { readonly subjectHash: Buffer };

/** `ReferenceStore` on SQLite; the port says what each method promises. */
export class SqliteReferences implements ReferenceStore {
  readonly #database: SqliteDatabase;
  readonly #keys: SqliteKeys;
  readonly #insert: Statement<[ReferenceRecord]>;
  readonly #ofSubject: Statement<[string, Buffer], Row>;
  readonly #page: Statement<[number, number], Row>;
  readonly #delete: Statement<[string, Buffer]>;
  /** What else is kept of a subject, and goes with it. */
  readonly #forget: readonly Statement<[string, Buffer]>[];
  readonly #deleteOne: Statement<[string]>;
  readonly #deletePictures: Statement<[string]>;
  readonly #insertPicture: Statement<[string, Buffer, Buffer, string]>;
  readonly #isKnown: Statement<[string, Buffer, Buffer], 1>;
  readonly #countSubjects: Statement<[string], number>;
  readonly #listSubjects: Statement<[string, Buffer, number], SubjectRow>;

  constructor(database: SqliteDatabase, keys: SqliteKeys) {
    this.#database = database;
    this.#keys = keys;
    const { raw } = database;
    const columns = `sequence, reference_id AS referenceId, tenant, subject_hash AS subjectHash, models,
      created_at_ms AS createdAtMs, key_id AS keyId, envelope`;
    this.#insert = raw.prepare(`
      INSERT INTO reference (reference_id, tenant, subject_hash, models, created_at_ms, key_id, envelope)
      VALUES (@referenceId, @tenant, @subjectHash, @models, @createdAtMs, @keyId, @envelope)
    `);
    this.#ofSubject = raw.prepare(
      `SELECT ${columns} FROM reference WHERE tenant = ? AND subject_hash = ? ORDER BY sequence`,
    );
    this.#page = raw.prepare(`SELECT ${columns} FROM reference WHERE sequence > ? ORDER BY sequence LIMIT ?`);
    this.#delete = raw.prepare('DELETE FROM reference WHERE tenant = ? AND subject_hash = ?');
    this.#forget = [
      ...['subject_key', 'subject', 'subject_label', 'unlocked', 'reference_picture'].map(
        (table) => `DELETE FROM ${table}`,
      ),
      'UPDATE attempt SET subject_hash = NULL',
    ].map((what) => raw.prepare<[string, Buffer]>(`${what} WHERE tenant = ? AND subject_hash = ?`));
    this.#deleteOne = raw.prepare('DELETE FROM reference WHERE reference_id = ?');
    this.#deletePictures = raw.prepare('DELETE FROM reference_picture WHERE reference_id = ?');
    this.#insertPicture = raw.prepare(`
      INSERT INTO reference_picture (tenant, subject_hash, picture_hash, reference_id) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET reference_id = excluded.reference_id
    `);
    this.#isKnown = raw.prepare(
      'SELECT 1 FROM reference_picture WHERE tenant = ? AND subject_hash = ? AND picture_hash = ?',
    );
    this.#countSubjects = raw
      .prepare<[string], number>('SELECT count(DISTINCT subject_hash) FROM reference WHERE tenant = ?')
      .pluck();
    this.#listSubjects = raw.prepare(`
      SELECT subject_hash AS subjectHash, count(*) AS "references", min(created_at_ms) AS firstEnrolledAtMs,
        max(created_at_ms) AS lastEnrolledAtMs
      FROM reference WHERE tenant = ? AND subject_hash > ?
      GROUP BY subject_hash ORDER BY subject_hash LIMIT ?
    `);
  }

  async add(reference: NewReference): Promise<string> {
    assertStorable(reference);
    const referenceId = randomUUID();
    await this.#database.write(() => {
      const dataKey = this.#keys.findOrCreate(reference.tenant, 'data');
      const lookupKey = this.#keys.findOrCreate(reference.tenant, 'lookup');
      const record = sealReference(referenceId, reference, dataKey, lookupKey);
      this.#insert.run(record);
      const { tenant, subject, pictures = [] } = reference;
      for (const digest of pictures) {
        const hash = pictureHash(lookupKey, tenant, subject, digest);
        this.#insertPicture.run(tenant, record.subjectHash, hash, referenceId);
      }
    });
    return referenceId;
  }

  async knownPictures(
    tenant: string,
    subject: string,
    digests: readonly string[],
  ): Promise<readonly string[]> {
    return this.#database.attempt(() => {
      const lookupKey = this.#keys.find(tenant, 'lookup');
      const hash = this.#hashOf(tenant, subject);
      if (lookupKey === null || hash === null) return [];
      return digests.filter(
        (digest) =>
          this.#isKnown.get(tenant, hash, pictureHash(lookupKey, tenant, subject, digest)) !== undefined,
      );
    });
  }

  async remove(
    tenant: string,
    subject: string,
    referenceId: string,
  ): Promise<'removed' | 'last' | 'unknown'> {
    const result = await this.#database.write(() => {
      const hash = this.#hashOf(tenant, subject);
      const rows = hash === null ? [] : this.#ofSubject.all(tenant, hash);
      if (rows.every((row) => row.referenceId !== referenceId)) return 'unknown';
      if (rows.length === 1) return 'last';
      this.#deletePictures.run(referenceId);
      this.#deleteOne.run(referenceId);
      return 'removed';
    });
    if (result === 'removed') await this.#database.truncateLog();
    return result;
  }

  async ofSubject(
    tenant: string,
    subject: string,
    onCorrupt?: OnCorruptReference,
  ): Promise<readonly StoredReference[]> {
    return referencesOfSubject(await this.itemsOfSubject(tenant, subject), onCorrupt);
  }

  /** All of the subject's references, for `referencesOfSubject`. */
  async itemsOfSubject(tenant: string, subject: string): Promise<readonly ReferenceItem[]> {
    return this.#database.attempt(() => {
      const hash = this.#hashOf(tenant, subject);
      if (hash === null) return [];
      return this.#ofSubject.all(tenant, hash).map((row) => this.#itemOf(row));
    });
  }

  all(onCorrupt?: OnCorruptReference): AsyncGenerator<StoredReference> {
    return iteratePages((after) => this.page(after), onCorrupt);
  }

  /** The references that follow the place `after`, for `iteratePages`. */
  async page(after: number): Promise<ReferencePage> {
    const rows = await this.#database.attempt(() => this.#page.all(after, PAGE));
    const items = rows.map((row) => this.#itemOf(row));
    return { items, next: rows.length < PAGE ? null : (rows.at(-1)?.sequence ?? null) };
  }

  async eraseSubject(tenant: string, subject: string): Promise<number> {
    const erased = await this.#database.write(() => {
      const hash = this.#hashOf(tenant, subject);
      if (hash === null) return { references: 0, keyIds: [] };
      const references = this.#delete.run(tenant, hash).changes;
      for (const statement of this.#forget) statement.run(tenant, hash);
      return { references, keyIds: this.#keys.shredUnused(tenant) };
    });
    this.#keys.forget(erased.keyIds);
    await this.#database.truncateLog();
    return erased.references;
  }

  async countSubjects(tenant: string): Promise<number> {
    return this.#database.attempt(() => this.#countSubjects.get(tenant) ?? 0);
  }

  async listSubjects(
    tenant: string,
    after: string | null,
    limit: number,
  ): Promise<readonly SubjectSummary[]> {
    const rows = await this.#database.attempt(() =>
      this.#listSubjects.all(tenant, Buffer.from(after ?? '', 'hex'), limit),
    );
    return rows.map((row) => ({ ...row, subjectHash: row.subjectHash.toString('hex') }));
  }

  /** Null when the tenant has no lookup key, and therefore no subjects. */
  #hashOf(tenant: string, subject: string): Buffer | null {
    assertStorableText(tenant, 'tenant');
    assertStorableText(subject, 'subject');
    const lookupKey = this.#keys.find(tenant, 'lookup');
    return lookupKey === null ? null : subjectHash(lookupKey, tenant, subject);
  }

  #itemOf(row: Row): ReferenceItem {
    try {
      return { opens: true, reference: openReference(row, this.#keys.dataKey(row.keyId, row.tenant)) };
    } catch (cause) {
      const error = toStoreError(cause);
      if (error.code !== 'store.corrupt') throw error;
      return { opens: false, referenceId: row.referenceId, detail: error.detail };
    }
  }
}
