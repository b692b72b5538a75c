import type { Database } from 'better-sqlite3';
import { StoreError } from '../errors.ts';
import { Keyring } from '../keyring.ts';
import { migrate } from './migrations.ts';
import type { Store } from '../ports.ts';
import { SqliteDatabase } from './database.ts';
import { SqliteDecisions } from './decisions.ts';
import { SqliteKeys } from './keys.ts';
import { SqliteKioskKeys } from './kiosk-keys.ts';
import { SqliteReferences } from './references.ts';
import { SqliteSubjectKeys } from './subject-keys.ts';
import { SqliteSubjects } from './subjects.ts';

export interface SqliteStoreOptions {
  /** Database file; created, with its folder, when it does not exist. */
  readonly path: string;
  /** 32 bytes (see `loadMasterKey`); overwritten once the keys are derived from it. */
  readonly masterKey: Uint8Array;
  /** How long a call waits for another process's lock before it rejects with `store.busy`. */
  readonly busyTimeoutMs?: number;
}

export interface SqliteStore extends Store {
  readonly references: SqliteReferences;
}

/**
 * Opens a store in one SQLite file: write-ahead log, synced at every commit, secure deletion, file mode 0600. Several
 * processes may share the file.
 *
 * Rejects with `StoreError`: `store.key_mismatch` (another master key), `store.newer_schema`, `store.corrupt` (not a
 * database of this server, or damaged), `store.busy`, `store.full`, `store.unavailable` (the path cannot be used).
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const keyring = new Keyring(options.masterKey);
  let database: SqliteDatabase | undefined;
  try {
    const opened = await SqliteDatabase.open(options.path, options.busyTimeoutMs ?? 5000);
    database = opened;
    await opened.write(() => {
      migrate(opened.raw);
      checkMasterKey(opened.raw, keyring);
    });
    const close = async () => {
      keyring.close();
      opened.close();
    };
    const keys = new SqliteKeys(opened.raw, keyring);
    const subjectKeys = new SqliteSubjectKeys(opened, keys);
    const subjects = new SqliteSubjects(opened, keys);
    return {
      references: new SqliteReferences(opened, keys),
      decisions: new SqliteDecisions(opened, keys, { subjectKeys, subjects }),
      subjectKeys,
      subjects,
      kioskKeys: new SqliteKioskKeys(opened, keys),
      close,
    };
  } catch (error) {
    keyring.close();
    database?.close();
    throw error;
  }
}

/** Stores a canary in a new database. In an existing one, checks that the master key opens the canary. */
function checkMasterKey(raw: Database, keyring: Keyring): void {
  const canary = raw.prepare<[], Buffer>('SELECT envelope FROM canary').pluck().get();
  if (canary !== undefined) {
    keyring.checkCanary(canary);
    return;
  }
  if (raw.prepare('SELECT 1 FROM tenant_key').get() !== undefined)
    throw new StoreError('store.corrupt', 'The record of the master key is gone.');
  raw.prepare('INSERT INTO canary (only, envelope) VALUES (1, ?)').run(keyring.sealCanary());
}
