import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { toStoreError } from './database.ts';

/** Holds no bytes: only the locks on it count. Never removed, for whoever waits for it has it open. */
const LOCK_FILE = 'server.lock';
/** Tells people who holds the lock; decides nothing. */
const HOLDER_FILE = 'server.holder.json';

/** For a server that is just ending, and for two that start at once. Milliseconds. */
const WAIT_MS = 1_000;

const HOLDER_FORM = z.object({
  pid: z.int().positive(),
  host: z.string().regex(/^[\w.-]{1,253}$/),
});

/** A connection that nothing refers to is closed when its memory is collected, and its lock with it. */
const heldByUs = new Set<Database.Database>();

/** Another server uses the data folder. `message` says in one sentence which, and what to do. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

export interface FolderLock {
  /** Safe to call twice. */
  release(): void;
}

/**
 * Takes a folder for this process alone until `release` or the process's end, however it ends. The lock is SQLite's own
 * exclusive one on an empty file, which is `fcntl`'s: the kernel gives it up with the process and hands it to no child,
 * a process id that is used again means nothing to it, and network file systems with working locks carry it between
 * machines. Holds the thread for up to a second while another holds the folder.
 *
 * Throws `FolderInUseError`, or a `StoreError` (`store.unavailable`) where the folder cannot be written.
 */
export function lockDataFolder(folder: string): FolderLock {
  const holderFile = join(folder, HOLDER_FILE);
  let database: Database.Database | undefined;
  try {
    const path = join(folder, LOCK_FILE);
    createOnce(path);
    database = new Database(path, { timeout: WAIT_MS });
    database.exec('BEGIN EXCLUSIVE');
    rmSync(holderFile, { force: true });
    writeFileSync(holderFile, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 });
  } catch (cause) {
    database?.close();
    const error = toStoreError(cause);
    if (error.code !== 'store.busy') throw error;
    throw new FolderInUseError(
      `The data folder ${folder} is in use by ${holderOf(holderFile)}, and two servers cannot share one: stop that ` +
        'server, or set VERIFRAME_DATA_DIR to another folder for this one.',
      { cause },
    );
  }
  const held = database;
  heldByUs.add(held);
  return {
    release() {
      held.close();
      heldByUs.delete(held);
    },
  };
}

/**
 * For the owner only, as SQLite would not make it. Never opens a file that is there: to close it again would give up
 * every lock that this process has on it.
 */
function createOnce(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function holderOf(file: string): string {
  try {
    const { pid, host } = HOLDER_FORM.parse(JSON.parse(readFileSync(file, 'utf8')));
    return `process ${pid} on ${host}`;
  } catch {
    return 'another process';
  }
}
