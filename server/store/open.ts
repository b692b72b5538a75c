import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from './errors.ts';
import { loadMasterKey } from './master-key.ts';
import type { Store } from './ports.ts';
import { lockDataFolder } from './sqlite/folder-lock.ts';
import { openThreadedStore } from './sqlite/threaded.ts';

export interface StoreSettings {
  readonly part: 'store';
  readonly dataDir: string;
  /** 32 bytes in base64; empty: read from a file. */
  readonly masterKey: string;
  /** Empty: `master.key` in the data folder. */
  readonly masterKeyFile: string;
}

interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Makes the data folder where there is none, and takes it for this process alone until `close`.
 * Rejects with `FolderInUseError` while another server holds it.
 */
export async function openDataFolder({ dataDir }: StoreSettings): Promise<{ close(): void }> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockDataFolder(dataDir);
  return { close: () => lock.release() };
}

export interface OpenStore extends Store {
  /** Rejects when the database does not answer, is gone, or has no room for more records (`store.full`). */
  probe(): Promise<void>;
  /** Calls back whenever the store's thread was replaced: writes of unknown end may then be in the database. */
  onReplaced(listener: () => void): void;
}

/** Below this SQLite's log may not grow by one more write. */
const LEAST_FREE_BYTES = 8 * 2 ** 20;

async function probe(store: Pick<Store, 'decisions'>, path: string): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize < LEAST_FREE_BYTES) throw new StoreError('store.full');
  await access(path, constants.W_OK);
  await store.decisions.list('', null, 1);
}

/** Opens the database in the data folder. Rejects as `loadMasterKey` and `openThreadedStore` do. */
export async function openStore(settings: StoreSettings, log: Log): Promise<OpenStore> {
  const listeners: (() => void)[] = [];
  const store = await openThreadedStore({
    path: join(settings.dataDir, 'veriframe.db'),
    masterKey: async () => (await loadMasterKey(settings)).key,
    onEvent(event) {
      if (event.type === 'store-lost') log.error(event, 'store');
      else {
        log.warn(event, 'store');
        for (const listener of listeners) listener();
      }
    },
  });
  const path = join(settings.dataDir, 'veriframe.db');
  return {
    probe: async () => await probe(store, path),
    references: store.references,
    decisions: store.decisions,
    subjectKeys: store.subjectKeys,
    kioskKeys: store.kioskKeys,
    subjects: store.subjects,
    close: () => store.close(),
    onReplaced: (listener) => void listeners.push(listener),
  };
}
