import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { StoreBackend } from './reference-store.contract.ts';

export interface SqliteBackend extends StoreBackend {
  readonly folder: string;
  readonly path: string;
  /** Runs `work` on a connection of its own to the file. */
  meddle<T>(work: (database: Database.Database) => T): T;
}

/** A new copy each time, since opening a store overwrites the key that it is given. */
export const testMasterKey = () => Buffer.alloc(32, 1);

/** A SQLite database in a folder of its own. */
export async function createSqliteBackend(): Promise<SqliteBackend> {
  const folder = await mkdtemp(join(tmpdir(), 'veriframe-store-'));
  const path = join(folder, 'data', 'veriframe.db');
  const run = async (sql: string, ...values: unknown[]): Promise<void> => {
    meddle((database) => database.prepare(sql).run(...values));
  };
  const meddle = <T>(work: (database: Database.Database) => T): T => {
    const database = new Database(path);
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  return {
    folder,
    path,
    meddle,
    open: (masterKey = testMasterKey()) => openSqliteStore({ path, masterKey, busyTimeoutMs: 2000 }),
    flipBit: async (referenceId) =>
      meddle((database) => {
        const envelope = database
          .prepare<[string], Buffer>('SELECT envelope FROM reference WHERE reference_id = ?')
          .pluck()
          .get(referenceId);
        if (envelope === undefined) throw new Error('There is no such reference.');
        envelope[envelope.length >> 1] ^= 1;
        database
          .prepare('UPDATE reference SET envelope = ? WHERE reference_id = ?')
          .run(envelope, referenceId);
      }),
    moveTo: (referenceId, ofReferenceId) =>
      run(
        `UPDATE reference SET (tenant, subject_hash) =
           (SELECT tenant, subject_hash FROM reference WHERE reference_id = ?)
         WHERE reference_id = ?`,
        ofReferenceId,
        referenceId,
      ),
    redate: (referenceId, createdAtMs) =>
      run('UPDATE reference SET created_at_ms = ? WHERE reference_id = ?', createdAtMs, referenceId),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
