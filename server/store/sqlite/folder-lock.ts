import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { toStoreError } from './database.ts';

/** Stays empty: only the locks on it matter. Never removed, because a process that waits for the lock has it open. */
const LOCK_FILE = 'server.lock';
/** Says in the error message who holds the lock. Has no part in the locking. */
const HOLDER_FILE = 'server.holder.json';

/** Long enough for a server that is stopping, or for another that starts at the same moment. */
const WAIT_MS = 1_000;

const HOLDER_FORM = z.object({
  pid: z.int().positive(),
  host: z.string().regex(/^[\w.-]{1,253}$/),
});

/** Keeps connections from garbage collection, which would close them and release their locks. */
const heldByUs = new Set<Database.Database>();

/** Another server uses the data folder. `message` says which one and what to do. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

export interface FolderLock {
  /** Safe to call twice. */
  release(): void;
}

/**
 * Locks a folder for this process alone, until `release` or the end of the process, however it ends. The lock is
 * SQLite's exclusive lock on an empty file, an `fcntl` lock: the kernel releases it with the process and gives it to no
 * child, a process id that is used again does not matter, and a network file system that supports locks shares it
 * between machines. Blocks the thread for up to a second while another process holds the folder.
 *
 * Throws `FolderInUseError`, or a `StoreError` (`store.unavailable`) when the folder cannot be written.
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
 * Creates the file readable by its owner only, which SQLite would not. Never opens an existing file: closing it again
 * would release every lock that this process holds on it.
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
