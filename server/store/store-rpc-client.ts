import type { MessagePort } from 'node:worker_threads';
import { StoreError } from './errors.ts';
import type { StoreFault, StoreMethod, StoreMethods, StoreReply, StoreRequest } from './store-rpc.ts';

interface PendingCall {
  readonly resolve: (result: never) => void;
  readonly reject: (error: StoreError) => void;
}

/** A `MessagePort` whose other end `serveStore` serves, or the `Worker` that does. */
interface StorePort extends Pick<MessagePort, 'postMessage'> {
  on(name: 'message', onMessage: (reply: StoreReply) => void): unknown;
}

/**
 * The calling end of a port that `serveStore` serves. Every promise that it returns settles; a rejection is always a
 * `StoreError`.
 */
export class StoreRpcClient {
  readonly #port: StorePort;
  readonly #pending = new Map<number, PendingCall>();
  readonly #opening: Promise<void>;
  readonly #closing: Promise<void>;
  #resolveOpening = () => {};
  #rejectOpening: (error: StoreError) => void = () => {};
  #resolveClosing = () => {};
  #calls = 0;
  #failure: StoreError | null = null;

  /** @param gone resolves when the thread that serves the other end has ended */
  constructor(port: StorePort, gone: Promise<unknown> = Promise.resolve()) {
    this.#port = port;
    this.#opening = new Promise((resolve, reject) => {
      this.#resolveOpening = resolve;
      this.#rejectOpening = reject;
    });
    const closed = new Promise<void>((resolve) => {
      this.#resolveClosing = resolve;
    });
    this.#closing = Promise.all([closed, gone]).then(() => undefined);
    // Only the caller who opens the store waits for this. A later failure must not count as an unhandled rejection.
    this.#opening.catch(() => undefined);
    port.on('message', (reply) => this.#onMessage(reply));
  }

  /** The store has closed, refused to open or failed: every further call rejects. */
  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  /** Resolves when the store takes calls. Rejects with the reason for which it could not be opened. */
  opened(): Promise<void> {
    return this.#opening;
  }

  call<M extends StoreMethod>(method: M, args: Parameters<StoreMethods[M]>): ReturnType<StoreMethods[M]> {
    const result = new Promise<never>((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      const call = this.#calls++;
      try {
        this.#post({ type: 'call', call, method, args });
      } catch (cause) {
        reject(new StoreError('store.invalid', 'It cannot be handed to another thread.', { cause }));
        return;
      }
      this.#pending.set(call, { resolve, reject });
    });
    return result as ReturnType<StoreMethods[M]>;
  }

  /** Resolves when the store has closed or its thread has ended. */
  close(): Promise<void> {
    if (this.#failure === null) this.#post({ type: 'close' });
    return this.#closing;
  }

  /** The other end no longer answers: rejects every call that waits and every later one. The first error counts. */
  fail(error: StoreError): void {
    this.#failure ??= error;
    this.#rejectOpening(error);
    this.#resolveClosing();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #post(request: StoreRequest): void {
    this.#port.postMessage(request, []);
  }

  #onMessage(reply: StoreReply): void {
    switch (reply.type) {
      case 'opened':
        this.#resolveOpening();
        break;
      case 'refused':
        this.fail(errorOf(reply.fault));
        break;
      case 'done':
        this.#takePending(reply.call)?.resolve(reply.result as never);
        break;
      case 'failed':
        this.#takePending(reply.call)?.reject(errorOf(reply.fault));
        break;
      case 'closed':
        this.fail(new StoreError('store.unavailable'));
        break;
    }
  }

  #takePending(call: number): PendingCall | undefined {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    return pending;
  }
}

function errorOf({ code, detail, cause }: StoreFault): StoreError {
  return new StoreError(code, detail, cause === undefined ? {} : { cause: new Error(cause) });
}
