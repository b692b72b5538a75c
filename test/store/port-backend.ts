import { MessageChannel } from 'node:worker_threads';
import { RemoteStore } from '../../server/store/remote-store.ts';
import { StoreRpcClient } from '../../server/store/store-rpc-client.ts';
import { serveStore } from '../../server/store/store-rpc-server.ts';
import { createSqliteBackend, testMasterKey, type SqliteBackend } from './sqlite-backend.ts';

/** The same database behind a message port as on another thread, with both ends on this thread. */
export async function createPortBackend(): Promise<SqliteBackend> {
  const backend = await createSqliteBackend();
  return {
    ...backend,
    open: (masterKey = testMasterKey()) =>
      RemoteStore.open({
        async connect() {
          const { port1, port2 } = new MessageChannel();
          void serveStore(port2, { path: backend.path, masterKey, busyTimeoutMs: 2000 });
          const client = new StoreRpcClient(port1);
          try {
            await client.opened();
          } catch (error) {
            port1.close();
            throw error;
          }
          return client;
        },
      }),
  };
}
