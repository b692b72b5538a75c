import type { Database } from 'better-sqlite3';
import { StoreError } from '../errors.ts';
import { Keyring } from '../keyring.ts';
import { migrate } from './migrations.ts';
import type { Store } from '../ports.ts';
import { SqliteDatabase } from './database.ts';
import { SqliteDecisions } from './decisions.ts';
import { SqliteKeys } from './keys.ts';
import { SqliteReferences } from './references.ts';

export interface SqliteStoreOptions {
  /** Database file; made with its folder when it is not there. */
  readonly path: string;
  /** 32 bytes (see `loadMasterKey`); overwritten once the keys derived from it are made. */
  readonly masterKey: Buffer;
  /** How long a call may wait for another process's lock before `store.busy`. Milliseconds. */
  readonly busyTimeoutMs?: number;
}

export interface SqliteStore extends Store {
  readonly references: SqliteReferences;
}

/**
 * Opens the store of one node: WAL, synced at every commit, secure deletion, file mode 0600. Several processes may
 * share the file.
 *
 * Rejects with `StoreError`: `store.key_mismatch` (other master key), `store.newer_schema`, `store.corrupt` (no
 * database, or damaged), `store.busy`, `store.full`, `store.unavailable` (path not usable).
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const keyring = new Keyring(options.masterKey);
  let database: SqliteDatabase | undefined;
  try {
    const opened = await SqliteDatabase.open(options.path, options.busyTimeoutMs ?? 5000);
    database = opened;
    await opened.write(() => {
      migrate(opened.raw);
      recogniseMasterKey(opened.raw, keyring);
    });
    const close = async () => {
      keyring.close();
      opened.close();
    };
    const keys = new SqliteKeys(opened.raw, keyring);
    return {
      references: new SqliteReferences(opened, keys, close),
      decisions: new SqliteDecisions(opened, keys),
      close,
    };
  } catch (error) {
    keyring.close();
    database?.close();
    throw error;
  }
}

/** Leaves a canary in a new database; in an old one demands that the master key opens it. */
function recogniseMasterKey(raw: Database, keyring: Keyring): void {
  const canary = raw.prepare<[], Buffer>('SELECT envelope FROM canary').pluck().get();
  if (canary !== undefined) {
    keyring.checkCanary(canary);
    return;
  }
  if (raw.prepare('SELECT 1 FROM tenant_key').get() !== undefined)
    throw new StoreError('store.corrupt', 'The record of the master key is gone.');
  raw.prepare('INSERT INTO canary (only, envelope) VALUES (1, ?)').run(keyring.sealCanary());
}
