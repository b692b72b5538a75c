/** The part of a worker's global scope that the SDK's workers use. The DOM library has no type for it. */
export interface WorkerScope<Request, Reply> {
  fetch: typeof fetch;
  addEventListener(type: 'message', listener: (event: MessageEvent<Request>) => void): void;
  postMessage(reply: Reply, transfer: Transferable[]): void;
}

/** The global scope of the worker that calls this. */
export function workerScope<Request, Reply>(): WorkerScope<Request, Reply> {
  // The DOM library gives the global scope the type of a window.
  return globalThis as unknown as WorkerScope<Request, Reply>;
}
