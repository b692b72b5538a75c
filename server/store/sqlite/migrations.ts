import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { StoreError } from '../errors.ts';

export interface Migration {
  readonly version: number;
  /** Released SQL never changes: every database stores its checksum. */
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE canary (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        envelope BLOB NOT NULL
      ) STRICT;

      CREATE TABLE tenant_key (
        key_id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        purpose TEXT NOT NULL CHECK (purpose IN ('data', 'lookup')),
        wrapped BLOB NOT NULL,
        UNIQUE (tenant, purpose)
      ) STRICT;

      CREATE TABLE reference (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        reference_id TEXT NOT NULL UNIQUE,
        tenant TEXT NOT NULL,
        subject_hash BLOB NOT NULL CHECK (length(subject_hash) = 32),
        models TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        key_id TEXT NOT NULL REFERENCES tenant_key (key_id),
        envelope BLOB NOT NULL
      ) STRICT;
      CREATE INDEX reference_of_subject ON reference (tenant, subject_hash);
      CREATE INDEX reference_of_key ON reference (key_id);

      CREATE TABLE decision (
        tenant TEXT NOT NULL,
        session_id TEXT NOT NULL,
        subject_hash BLOB,
        mode TEXT NOT NULL,
        outcome TEXT NOT NULL,
        policy TEXT NOT NULL,
        reasons TEXT NOT NULL,
        assurance TEXT NOT NULL,
        started_at_ms INTEGER NOT NULL,
        decided_at_ms INTEGER NOT NULL,
        PRIMARY KEY (tenant, session_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX decision_of_subject ON decision (tenant, subject_hash) WHERE subject_hash IS NOT NULL;
    `,
  },
  {
    version: 2,
    sql: `
      CREATE INDEX decision_by_time ON decision (tenant, decided_at_ms, session_id);
    `,
  },
  {
    version: 3,
    sql: `
      ALTER TABLE decision ADD COLUMN observed INTEGER NOT NULL DEFAULT 0 CHECK (observed IN (0, 1));
    `,
  },
  {
    // An attempt is recorded from its beginning. It is open, or it has a decision or the code of an error.
    version: 4,
    sql: `
      CREATE TABLE attempt (
        tenant TEXT NOT NULL,
        session_id TEXT NOT NULL,
        subject_hash BLOB,
        mode TEXT NOT NULL,
        observed INTEGER NOT NULL CHECK (observed IN (0, 1)),
        policy TEXT NOT NULL,
        started_at_ms INTEGER NOT NULL,
        ended_at_ms INTEGER,
        outcome TEXT,
        reasons TEXT,
        assurance TEXT,
        code TEXT,
        excused INTEGER NOT NULL DEFAULT 0 CHECK (excused IN (0, 1)),
        PRIMARY KEY (tenant, session_id),
        CHECK ((ended_at_ms IS NOT NULL) = (outcome IS NOT NULL) + (code IS NOT NULL)),
        CHECK ((outcome IS NULL) = (reasons IS NULL) AND (outcome IS NULL) = (assurance IS NULL))
      ) STRICT, WITHOUT ROWID;

      INSERT INTO attempt (tenant, session_id, subject_hash, mode, observed, policy, started_at_ms, ended_at_ms,
        outcome, reasons, assurance)
      SELECT tenant, session_id, subject_hash, mode, observed, policy, started_at_ms, decided_at_ms,
        outcome, reasons, assurance
      FROM decision;
      DROP TABLE decision;

      CREATE INDEX attempt_of_subject ON attempt (tenant, subject_hash, started_at_ms)
        WHERE subject_hash IS NOT NULL;
      CREATE INDEX attempt_accepted ON attempt (tenant, subject_hash, ended_at_ms)
        WHERE subject_hash IS NOT NULL AND outcome = 'accept';
      CREATE INDEX attempt_by_end ON attempt (tenant, ended_at_ms, session_id) WHERE ended_at_ms IS NOT NULL;
      CREATE INDEX attempt_open ON attempt (started_at_ms) WHERE ended_at_ms IS NULL;
    `,
  },
  {
    // A WebAuthn credential belongs to one subject of a tenant.
    version: 5,
    sql: `
      CREATE TABLE subject_key (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        tenant TEXT NOT NULL,
        subject_hash BLOB NOT NULL CHECK (length(subject_hash) = 32),
        credential_hash BLOB NOT NULL CHECK (length(credential_hash) = 32),
        created_at_ms INTEGER NOT NULL,
        key_id TEXT NOT NULL REFERENCES tenant_key (key_id),
        envelope BLOB NOT NULL,
        UNIQUE (tenant, credential_hash)
      ) STRICT;
      CREATE INDEX subject_key_of_subject ON subject_key (tenant, subject_hash);
      CREATE INDEX subject_key_of_key ON subject_key (key_id);

      CREATE TABLE kiosk_key (
        tenant TEXT NOT NULL,
        kiosk_key_id TEXT NOT NULL,
        name TEXT NOT NULL,
        public_key BLOB NOT NULL CHECK (length(public_key) = 32),
        created_at_ms INTEGER NOT NULL,
        revoked_at_ms INTEGER,
        mac BLOB NOT NULL CHECK (length(mac) = 32),
        PRIMARY KEY (tenant, kiosk_key_id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    // What is kept of a subject beside its references. Columns in plain are bound into the envelope.
    version: 6,
    sql: `
      CREATE TABLE subject (
        tenant TEXT NOT NULL,
        subject_hash BLOB NOT NULL CHECK (length(subject_hash) = 32),
        suspended_at_ms INTEGER,
        expires_at_ms INTEGER,
        consented_at_ms INTEGER,
        key_id TEXT NOT NULL REFERENCES tenant_key (key_id),
        envelope BLOB NOT NULL,
        PRIMARY KEY (tenant, subject_hash)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX subject_of_data_key ON subject (key_id);

      CREATE TABLE subject_label (
        tenant TEXT NOT NULL,
        word_hash BLOB NOT NULL CHECK (length(word_hash) = 32),
        subject_hash BLOB NOT NULL CHECK (length(subject_hash) = 32),
        PRIMARY KEY (tenant, word_hash, subject_hash)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX subject_label_of_subject ON subject_label (tenant, subject_hash);

      CREATE TABLE unlocked (
        tenant TEXT NOT NULL,
        subject_hash BLOB NOT NULL CHECK (length(subject_hash) = 32),
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (tenant, subject_hash)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE reference_picture (
        tenant TEXT NOT NULL,
        subject_hash BLOB NOT NULL CHECK (length(subject_hash) = 32),
        picture_hash BLOB NOT NULL CHECK (length(picture_hash) = 32),
        reference_id TEXT NOT NULL,
        PRIMARY KEY (tenant, subject_hash, picture_hash)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX picture_of_reference ON reference_picture (reference_id);
    `,
  },
];

/** SHA-256 of a migration's SQL without its indentation, in hexadecimal. */
export function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.sql.replaceAll(/\s+/g, ' ').trim()).digest('hex');
}

/**
 * Brings the schema up to date. Call inside a write transaction. Throws `store.newer_schema` when the database has a
 * migration that this version does not know, `store.corrupt` when the SQL of a known one was different.
 */
export function migrate(database: Database, migrations: readonly Migration[] = MIGRATIONS): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS migration (
      version INTEGER PRIMARY KEY,
      checksum TEXT NOT NULL
    ) STRICT;
  `);
  const applied = database
    .prepare<[], { version: number; checksum: string }>('SELECT version, checksum FROM migration')
    .all();
  if (applied.some(({ version }) => migrations.every((known) => known.version !== version)))
    throw new StoreError('store.newer_schema');
  const checksums = new Map(applied.map(({ version, checksum }) => [version, checksum]));
  const remember = database.prepare('INSERT INTO migration (version, checksum) VALUES (?, ?)');
  for (const migration of migrations) {
    const checksum = checksumOf(migration);
    const before = checksums.get(migration.version);
    if (before === checksum) continue;
    if (before !== undefined)
      throw new StoreError('store.corrupt', `Migration ${migration.version} was applied in another form.`);
    database.exec(migration.sql);
    remember.run(migration.version, checksum);
  }
}
