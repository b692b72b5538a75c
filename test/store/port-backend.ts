import { MessageChannel } from 'node:worker_threads';
import { RemoteStore } from '../../server/store/sqlite/remote-store.ts';
import { StoreLine } from '../../server/store/store-rpc-client.ts';
import { serveStore } from '../../server/store/store-rpc-server.ts';
import type { StoreBackend } from './reference-store.contract.ts';
import { createSqliteBackend, testMasterKey } from './sqlite-backend.ts';

/** The same database behind a port, as on another thread, with both ends on this one. */
export async function createPortBackend(): Promise<StoreBackend> {
  const backend = await createSqliteBackend();
  return {
    ...backend,
    open: (masterKey = testMasterKey()) =>
      RemoteStore.open({
        async connect() {
          const { port1, port2 } = new MessageChannel();
          void serveStore(port2, { path: backend.path, masterKey, busyTimeoutMs: 2000 });
          const line = new StoreLine(port1);
          try {
            await line.opened();
          } catch (error) {
            port1.close();
            throw error;
          }
          return line;
        },
      }),
  };
}
