import { parentPort, workerData } from 'node:worker_threads';
import { serveStore } from '../store-rpc-server.ts';
import type { SqliteStoreOptions } from './store.ts';

if (parentPort === null) throw new Error('This module runs on a thread of its own.');
await serveStore(parentPort, workerData as SqliteStoreOptions);
