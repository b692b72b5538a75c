import { Worker } from 'node:worker_threads';
import { StoreError } from '../errors.ts';
import type { Store } from '../ports.ts';
import { RemoteStore } from './remote-store.ts';
import { StoreLine } from '../store-rpc-client.ts';
import type { StoreSettings } from '../store-rpc.ts';

/** What befalls the store's thread, for logs. `detail` holds nothing of what is stored. */
export type StoreThreadEvent =
  | { readonly type: 'store-lost'; readonly detail: string }
  /** Another thread serves; writes of unknown end may be in the database. */
  | { readonly type: 'store-replaced' };

export interface ThreadedStoreOptions {
  /** Database file; made with its folder when it is not there. */
  readonly path: string;
  /** Finds the 32 bytes, which are overwritten; asked again for a thread that takes the place of a lost one. */
  readonly masterKey: () => Promise<Uint8Array>;
  /** As for `openSqliteStore`. */
  readonly busyTimeoutMs?: number;
  /** Of JavaScript on the thread; a call that needs more ends it. */
  readonly maxHeapMb?: number;
  readonly onEvent?: (event: StoreThreadEvent) => void;
}

/** A page of references and a list of decisions take some 1 MB. */
const MAX_HEAP_MB = 256;

/**
 * `openSqliteStore` on a thread of its own: a slow disk, a database that somebody else has locked or a long query
 * holds up those who wait for it and nobody else. Rejects as `openSqliteStore` does, and with what `masterKey`
 * rejects with. A lost thread is replaced (see `RemoteStore`); `close` lets calls under way end. It has no time limit
 * of its own: a disk that never answers keeps its callers waiting.
 */
export async function openThreadedStore(options: ThreadedStoreOptions): Promise<Store> {
  return await RemoteStore.open({
    connect: () => startThread(options),
    onReplaced: () => options.onEvent?.({ type: 'store-replaced' }),
  });
}

async function startThread(options: ThreadedStoreOptions): Promise<StoreLine> {
  const { path, busyTimeoutMs, maxHeapMb = MAX_HEAP_MB, onEvent } = options;
  const given = await options.masterKey();
  // In memory of its own, so that it can be moved to the thread and not copied.
  const masterKey = Uint8Array.from(given);
  given.fill(0);
  const settings: StoreSettings = {
    path,
    masterKey,
    ...(busyTimeoutMs === undefined ? {} : { busyTimeoutMs }),
  };
  const worker = new Worker(threadEntry(), {
    name: 'store',
    execArgv: [],
    workerData: settings,
    transferList: [masterKey.buffer],
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const line = new StoreLine(worker, gone);
  let detail = 'it ended';
  worker.on('error', (error) => {
    detail = error.message;
  });
  worker.on('messageerror', (error) => {
    detail = error.message;
    void worker.terminate();
  });
  worker.on('exit', () => {
    if (!line.isLost) onEvent?.({ type: 'store-lost', detail });
    line.lose(new StoreError('store.unavailable', `Its thread was lost: ${detail}.`));
  });
  try {
    await line.opened();
  } catch (error) {
    await gone;
    throw error;
  }
  return line;
}

/** TypeScript through tsx when this module is TypeScript, and the compiled file otherwise. */
function threadEntry(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./store-thread.js', import.meta.url);
  const entry = new URL('./store-thread.ts', import.meta.url).href;
  // Node 20 does not let `--import` register a loader on a thread.
  const source = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))};
register();
await import(${JSON.stringify(entry)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}
