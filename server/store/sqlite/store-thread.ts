import { parentPort, workerData } from 'node:worker_threads';
import type { StoreSettings } from '../store-rpc.ts';
import { serveStore } from '../store-rpc-server.ts';

if (parentPort === null) throw new Error('This module is the main module of a thread.');
await serveStore(parentPort, workerData as StoreSettings);
