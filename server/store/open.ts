import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
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
  /** Calls back whenever the store's thread was replaced: writes of unknown end may then be in the database. */
  onReplaced(listener: () => void): void;
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
  return {
    references: store.references,
    decisions: store.decisions,
    subjectKeys: store.subjectKeys,
    kioskKeys: store.kioskKeys,
    subjects: store.subjects,
    close: () => store.close(),
    onReplaced: (listener) => void listeners.push(listener),
  };
}
