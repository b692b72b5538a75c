import { Worker } from 'node:worker_threads';
import { StoreError } from '../errors.ts';
import type { Store } from '../ports.ts';
import { RemoteStore } from '../remote-store.ts';
import { StoreRpcClient } from '../store-rpc-client.ts';
import type { SqliteStoreOptions } from './store.ts';

/** What happened to the store's thread, for the log. `detail` holds no stored data. */
export type StoreThreadEvent =
  | { readonly type: 'store-lost'; readonly detail: string }
  /** A new thread serves. Writes that the lost one did not acknowledge may be in the database. */
  | { readonly type: 'store-replaced' };

export interface ThreadedStoreOptions extends Omit<SqliteStoreOptions, 'masterKey'> {
  /** Loads the 32 bytes, which are overwritten. Called once for each thread: a lost one is replaced. */
  readonly masterKey: () => Promise<Uint8Array>;
  /** Most memory for JavaScript on the thread, in MB. A call that needs more ends the thread. */
  readonly maxHeapMb?: number;
  readonly onEvent?: (event: StoreThreadEvent) => void;
}

/** A page of references or a list of decisions takes about 1 MB. */
const MAX_HEAP_MB = 256;

/**
 * `openSqliteStore` on a thread of its own. A slow disk, a database that another process has locked or a long query
 * delays its callers and nothing else in the process. Rejects as `openSqliteStore` does, and with what `masterKey`
 * rejects with. A lost thread is replaced (see `RemoteStore`). There is no time limit: callers wait for as long as the
 * disk does not answer.
 */
export async function openThreadedStore(options: ThreadedStoreOptions): Promise<Store> {
  return await RemoteStore.open({
    connect: () => startThread(options),
    onReplaced: () => options.onEvent?.({ type: 'store-replaced' }),
  });
}

async function startThread(options: ThreadedStoreOptions): Promise<StoreRpcClient> {
  const { path, busyTimeoutMs, maxHeapMb = MAX_HEAP_MB, onEvent } = options;
  const given = await options.masterKey();
  // Memory of its own can be moved to the thread, so that no copy stays here.
  const masterKey = Uint8Array.from(given);
  given.fill(0);
  const storeOptions: SqliteStoreOptions = {
    path,
    masterKey,
    ...(busyTimeoutMs === undefined ? {} : { busyTimeoutMs }),
  };
  const worker = new Worker(threadEntry(), {
    name: 'store',
    execArgv: [],
    workerData: storeOptions,
    transferList: [masterKey.buffer],
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const client = new StoreRpcClient(worker, gone);
  let detail = 'it ended';
  worker.on('error', (error) => {
    detail = error.message;
  });
  worker.on('messageerror', (error) => {
    detail = error.message;
    void worker.terminate();
  });
  worker.on('exit', () => {
    if (!client.hasFailed) onEvent?.({ type: 'store-lost', detail });
    client.fail(new StoreError('store.unavailable', `Its thread was lost: ${detail}.`));
  });
  try {
    await client.opened();
  } catch (error) {
    await gone;
    throw error;
  }
  return client;
}

/** The TypeScript module, loaded by tsx, when this module is TypeScript; the compiled module otherwise. */
function threadEntry(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./store-thread.js', import.meta.url);
  const entry = new URL('./store-thread.ts', import.meta.url).href;
  // In Node 20 `--import` registers no loader on a thread, so the thread registers it itself.
  const source = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))};
register();
await import(${JSON.stringify(entry)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}
