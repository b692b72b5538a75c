import type { Statement } from 'better-sqlite3';
import { StoreError } from '../errors.ts';
import { assertStorableText, openReference, type ReferenceRecord, subjectHash } from '../reference-record.ts';
import {
  mayBeAccepted,
  NO_RECORD,
  type SubjectFilter,
  type SubjectRecord,
  type SubjectState,
  type SubjectStore,
} from '../subject-ports.ts';
import {
  assertStorableState,
  openSubject,
  sealSubject,
  type SubjectRow,
  wordHash,
  wordsOf,
} from '../subject-record.ts';
import type { SqliteDatabase } from './database.ts';
import type { SqliteKeys } from './keys.ts';

/** A subject as its references and attempts show it. */
interface ListedRow {
  readonly tenant: string;
  readonly subjectHash: Buffer;
  readonly references: number;
  readonly firstEnrolledAtMs: number;
  readonly lastEnrolledAtMs: number;
  readonly lastAcceptedAtMs: number | null;
  readonly firstSequence: number;
}

/** Values of a search; null: any. */
interface Wanted {
  readonly tenant: string;
  readonly hash: Buffer | null;
  /** Hexadecimal hashes of the words, as a JSON list. */
  readonly words: string;
  readonly wordCount: number;
  readonly suspended: number | null;
  readonly consented: number | null;
  readonly expiresBeforeMs: number | null;
  readonly unusedSinceMs: number | null;
  readonly after: Buffer;
  readonly limit: number;
}

/** Every subject of a tenant. */
const ALL: Omit<Wanted, 'tenant' | 'limit'> = {
  hash: null,
  words: '[]',
  wordCount: 0,
  suspended: null,
  consented: null,
  expiresBeforeMs: null,
  unusedSinceMs: null,
  after: Buffer.alloc(0),
};

const LAST_ACCEPTED = `(
  SELECT max(ended_at_ms) FROM attempt
  WHERE attempt.tenant = reference.tenant AND attempt.subject_hash = reference.subject_hash
    AND outcome = 'accept' AND mode <> 'enrol' AND observed = 0
)`;

const LISTED = `
  SELECT reference.tenant, reference.subject_hash AS subjectHash, count(*) AS "references",
    min(created_at_ms) AS firstEnrolledAtMs, max(created_at_ms) AS lastEnrolledAtMs,
    ${LAST_ACCEPTED} AS lastAcceptedAtMs, min(sequence) AS firstSequence
  FROM reference LEFT JOIN subject
    ON subject.tenant = reference.tenant AND subject.subject_hash = reference.subject_hash`;

const WANTED = `
  reference.tenant = @tenant
  AND (@hash IS NULL OR reference.subject_hash = @hash)
  AND (@wordCount = 0 OR reference.subject_hash IN (
    SELECT subject_hash FROM subject_label
    WHERE tenant = @tenant AND word_hash IN (SELECT unhex(value) FROM json_each(@words))
    GROUP BY subject_hash HAVING count(*) = @wordCount
  ))
  AND (@suspended IS NULL OR (suspended_at_ms IS NOT NULL) = @suspended)
  AND (@consented IS NULL OR (consented_at_ms IS NOT NULL) = @consented)
  AND (@expiresBeforeMs IS NULL OR expires_at_ms < @expiresBeforeMs)`;

const UNUSED = (since: string) =>
  `max(created_at_ms) < ${since} AND coalesce(${LAST_ACCEPTED}, 0) < ${since}`;

/** `SubjectStore` on SQLite; the port says what each method promises. */
export class SqliteSubjects implements SubjectStore {
  readonly #database: SqliteDatabase;
  readonly #keys: SqliteKeys;
  readonly #row: Statement<[string, Buffer], SubjectRow>;
  readonly #put: Statement<[SubjectRow]>;
  readonly #deleteWords: Statement<[string, Buffer]>;
  readonly #insertWord: Statement<[string, Buffer, Buffer]>;
  readonly #reference: Statement<[number], ReferenceRecord>;
  readonly #list: Statement<[Wanted], ListedRow>;
  readonly #count: Statement<[Wanted], number>;
  readonly #due: Statement<[{ atMs: number; unusedSinceMs: number | null; limit: number }], ListedRow>;

  constructor(database: SqliteDatabase, keys: SqliteKeys) {
    this.#database = database;
    this.#keys = keys;
    const { raw } = database;
    this.#row = raw.prepare(`
      SELECT tenant, subject_hash AS subjectHash, suspended_at_ms AS suspendedAtMs, expires_at_ms AS expiresAtMs,
        consented_at_ms AS consentedAtMs, key_id AS keyId, envelope
      FROM subject WHERE tenant = ? AND subject_hash = ?
    `);
    this.#put = raw.prepare(`
      INSERT OR REPLACE INTO subject
        (tenant, subject_hash, suspended_at_ms, expires_at_ms, consented_at_ms, key_id, envelope)
      VALUES (@tenant, @subjectHash, @suspendedAtMs, @expiresAtMs, @consentedAtMs, @keyId, @envelope)
    `);
    this.#deleteWords = raw.prepare('DELETE FROM subject_label WHERE tenant = ? AND subject_hash = ?');
    this.#insertWord = raw.prepare(
      'INSERT INTO subject_label (tenant, word_hash, subject_hash) VALUES (?, ?, ?)',
    );
    this.#reference = raw.prepare(`
      SELECT reference_id AS referenceId, tenant, subject_hash AS subjectHash, models,
        created_at_ms AS createdAtMs, key_id AS keyId, envelope
      FROM reference WHERE sequence = ?
    `);
    const found = `${LISTED} WHERE ${WANTED} AND reference.subject_hash > @after
      GROUP BY reference.subject_hash
      HAVING @unusedSinceMs IS NULL OR (${UNUSED('@unusedSinceMs')})`;
    this.#list = raw.prepare(`${found} ORDER BY reference.subject_hash LIMIT @limit`);
    this.#count = raw.prepare<[Wanted], number>(`SELECT count(*) FROM (${found})`).pluck();
    this.#due = raw.prepare(`
      ${LISTED} GROUP BY reference.tenant, reference.subject_hash
      HAVING max(expires_at_ms) <= @atMs OR (@unusedSinceMs IS NOT NULL AND ${UNUSED('@unusedSinceMs')})
      LIMIT @limit
    `);
  }

  async stateOf(tenant: string, subject: string): Promise<SubjectState> {
    return await this.#database.attempt(() => {
      const hash = this.#hashOf(tenant, subject);
      return hash === null ? NO_RECORD : this.#stateAt(tenant, hash);
    });
  }

  /** Whether somebody may be accepted as the subject. Throws `store.corrupt` when the record does not open. */
  mayBeAccepted(tenant: string, hash: Buffer, atMs: number): boolean {
    return mayBeAccepted(this.#stateAt(tenant, hash), atMs);
  }

  async find(tenant: string, subject: string): Promise<SubjectRecord | null> {
    return await this.#database.attempt(() => this.#find(tenant, subject));
  }

  async change(
    tenant: string,
    subject: string,
    changes: Partial<SubjectState>,
  ): Promise<SubjectRecord | null> {
    return await this.#database.write(() => {
      const found = this.#find(tenant, subject);
      const hash = this.#hashOf(tenant, subject);
      if (found === null || hash === null) return null;
      const { label, consent, suspendedAtMs, expiresAtMs } = { ...found, ...changes };
      const state = { label, consent, suspendedAtMs, expiresAtMs };
      assertStorableState(state);
      const dataKey = this.#keys.findOrCreate(tenant, 'data');
      this.#put.run(sealSubject({ tenant, subjectHash: hash }, state, dataKey));
      this.#deleteWords.run(tenant, hash);
      for (const word of this.#wordHashes(tenant, label ?? '')) this.#insertWord.run(tenant, word, hash);
      return { ...found, ...state };
    });
  }

  async search(
    tenant: string,
    filter: SubjectFilter,
    after: string | null,
    limit: number,
  ): Promise<{ total: number; subjects: readonly SubjectRecord[]; next: string | null }> {
    return await this.#database.attempt(() => {
      const words = this.#wordHashes(tenant, filter.label ?? '');
      // Something was asked for that no label can have.
      if ((filter.label ?? '') !== '' && words.length === 0) return { total: 0, subjects: [], next: null };
      const wanted: Wanted = {
        ...ALL,
        tenant,
        words: JSON.stringify(words.map((hash) => hash.toString('hex'))),
        wordCount: words.length,
        suspended: numberOf(filter.suspended),
        consented: numberOf(filter.consented),
        expiresBeforeMs: filter.expiresBeforeMs ?? null,
        unusedSinceMs: filter.unusedSinceMs ?? null,
        limit,
      };
      const rows = this.#list.all({ ...wanted, after: Buffer.from(after ?? '', 'hex') });
      return {
        total: this.#count.get(wanted) ?? 0,
        subjects: rows.flatMap((row) => opened(() => this.#recordOf(row))),
        next: rows.length < limit ? null : (rows.at(-1)?.subjectHash.toString('hex') ?? null),
      };
    });
  }

  async due(
    atMs: number,
    unusedSinceMs: number | null,
    limit: number,
  ): Promise<readonly { tenant: string; subject: string }[]> {
    return await this.#database.attempt(() =>
      this.#due
        .all({ atMs, unusedSinceMs, limit })
        .flatMap((row) => opened(() => ({ tenant: row.tenant, subject: this.#subjectOf(row) }))),
    );
  }

  #find(tenant: string, subject: string): SubjectRecord | null {
    const hash = this.#hashOf(tenant, subject);
    const [row] = hash === null ? [] : this.#list.all({ ...ALL, tenant, hash, limit: 1 });
    return row === undefined ? null : this.#recordOf(row, subject);
  }

  #recordOf(row: ListedRow, subject: string = this.#subjectOf(row)): SubjectRecord {
    const { tenant, firstSequence: _, subjectHash: hash, ...listed } = row;
    return { subject, subjectHash: hash.toString('hex'), ...listed, ...this.#stateAt(tenant, hash) };
  }

  /** The subject's id stands in its references alone. */
  #subjectOf({ firstSequence }: ListedRow): string {
    const record = this.#reference.get(firstSequence);
    if (record === undefined) throw new TypeError('A listed reference is gone.');
    return openReference(record, this.#keys.dataKey(record.keyId, record.tenant)).subject;
  }

  #stateAt(tenant: string, hash: Buffer): SubjectState {
    const row = this.#row.get(tenant, hash);
    return row === undefined ? NO_RECORD : openSubject(row, this.#keys.dataKey(row.keyId, tenant));
  }

  /** Null when the tenant has no lookup key, and therefore no subjects. */
  #hashOf(tenant: string, subject: string): Buffer | null {
    assertStorableText(tenant, 'tenant');
    assertStorableText(subject, 'subject');
    const lookupKey = this.#keys.find(tenant, 'lookup');
    return lookupKey === null ? null : subjectHash(lookupKey, tenant, subject);
  }

  #wordHashes(tenant: string, label: string): readonly Buffer[] {
    const lookupKey = this.#keys.find(tenant, 'lookup');
    return lookupKey === null ? [] : wordsOf(label).map((word) => wordHash(lookupKey, tenant, word));
  }
}

/** What `open` returns; nothing when it throws `store.corrupt`. */
function opened<T>(open: () => T): readonly T[] {
  try {
    return [open()];
  } catch (error) {
    if (error instanceof StoreError && error.code === 'store.corrupt') return [];
    throw error;
  }
}

function numberOf(wanted: boolean | undefined): number | null {
  return wanted === undefined ? null : Number(wanted);
}
