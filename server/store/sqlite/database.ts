import { chmodSync, closeSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { StoreError, type StoreErrorCode } from '../errors.ts';

/** How long one attempt may block the thread while it waits for a lock. The event loop runs between attempts. */
const BLOCKING_WAIT_MS = 10;
const RETRY_PAUSE_MS = 15;

/** "VFRM" in ASCII: marks the file as ours (SQLite's `application_id`). */
const APPLICATION_ID = 0x5646524d;

const CODES: readonly (readonly [prefix: string, code: StoreErrorCode])[] = [
  ['SQLITE_BUSY', 'store.busy'],
  ['SQLITE_LOCKED', 'store.busy'],
  ['SQLITE_FULL', 'store.full'],
  ['SQLITE_CORRUPT', 'store.corrupt'],
  ['SQLITE_NOTADB', 'store.corrupt'],
  ['SQLITE_CONSTRAINT', 'store.invalid'],
];

/** The `StoreError` for anything that SQLite throws. A `StoreError` is returned as it is. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const sqliteCode = error instanceof Database.SqliteError ? error.code : '';
  const code = CODES.find(([prefix]) => sqliteCode.startsWith(prefix))?.[1] ?? 'store.unavailable';
  return new StoreError(code, undefined, { cause: error });
}

interface FileIdentity {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

function identityOf(path: string, descriptor: number): FileIdentity {
  const { dev, ino } = fstatSync(descriptor);
  closeSync(descriptor);
  return { path, device: dev, inode: ino };
}

function isStillThere({ path, device, inode }: FileIdentity): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  return now !== undefined && now.dev === device && now.ino === inode;
}

/** One SQLite file, readable by its owner only, durable at every commit. Waits for locks and lets the thread go on. */
export class SqliteDatabase {
  readonly raw: Database.Database;
  readonly #file: FileIdentity;
  readonly #busyTimeoutMs: number;
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(raw: Database.Database, file: FileIdentity, busyTimeoutMs: number) {
    this.raw = raw;
    this.#file = file;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  /**
   * Opens or creates the file with mode 0600; SQLite gives the write-ahead log the same mode. Calls that find the file
   * locked are repeated for `busyTimeoutMs`, then reject with `store.busy`.
   */
  static async open(path: string, busyTimeoutMs: number): Promise<SqliteDatabase> {
    let raw: Database.Database;
    let file: FileIdentity;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      file = identityOf(path, openSync(path, 'a', 0o600));
      chmodSync(path, 0o600);
      raw = new Database(path, { timeout: BLOCKING_WAIT_MS });
    } catch (error) {
      throw toStoreError(error);
    }
    const database = new SqliteDatabase(raw, file, busyTimeoutMs);
    try {
      await database.attempt(() => configure(raw));
    } catch (error) {
      raw.close();
      throw error;
    }
    return database;
  }

  /** Runs synchronous work, and repeats it while the file is locked. The work must be safe to repeat. */
  async attempt<T>(work: () => T, giveUpAtMs = performance.now() + this.#busyTimeoutMs): Promise<T> {
    for (;;) {
      try {
        return work();
      } catch (cause) {
        const error = toStoreError(cause);
        if (error.code !== 'store.busy' || performance.now() >= giveUpAtMs) throw error;
      }
      // SQLite does not announce that a lock is released, so it has to be tried again.
      await delay(RETRY_PAUSE_MS);
      // Node runs all timers that are due before other events. Several waiting attempts would otherwise keep their
      // timers due for ever and starve those events.
      await nextTurn();
    }
  }

  /**
   * One write transaction: all of it or nothing. It takes the write lock first, so that no other process can write
   * between its reads and its writes. Transactions run in the order of the calls, so only one at a time waits for the
   * lock. Rejects with `store.unavailable` when the file was removed or replaced: SQLite would go on writing to a
   * deleted file.
   */
  async write<T>(work: () => T): Promise<T> {
    const giveUpAtMs = performance.now() + this.#busyTimeoutMs;
    const write = this.#lastWrite.then(() =>
      this.attempt(() => this.raw.transaction(work).immediate(), giveUpAtMs),
    );
    this.#lastWrite = write.catch(() => undefined);
    const result = await write;
    if (!isStillThere(this.#file)) throw new StoreError('store.unavailable', 'The file is gone.');
    return result;
  }

  /** Moves the write-ahead log into the file and empties it, so that the log keeps no deleted data. */
  truncateLog(): Promise<void> {
    return this.attempt(() => {
      const result = this.raw.prepare<[], { busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)').get();
      if (result?.busy !== 0) throw new StoreError('store.busy');
    });
  }

  close(): void {
    this.raw.close();
  }
}

function configure(raw: Database.Database): void {
  const applicationId = raw.pragma('application_id', { simple: true });
  const tables = raw.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (applicationId !== APPLICATION_ID && tables !== 0)
    throw new StoreError('store.corrupt', 'The file is a database of another program.');
  if (raw.pragma('journal_mode = WAL', { simple: true }) !== 'wal')
    throw new StoreError('store.unavailable', 'The file system cannot hold a write-ahead log.');
  raw.pragma('synchronous = FULL');
  raw.pragma('foreign_keys = ON');
  raw.pragma('secure_delete = ON');
  raw.pragma('temp_store = MEMORY');
  raw.pragma('trusted_schema = OFF');
  if (applicationId !== APPLICATION_ID) raw.pragma(`application_id = ${APPLICATION_ID}`);
}
