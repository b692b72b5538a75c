import type { MessagePort } from 'node:worker_threads';
import { StoreError } from './errors.ts';
import type { StoreFault, StoreMethod, StoreMethods, StoreReply, StoreRequest } from './store-rpc.ts';

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: StoreError) => void;
}

/** A `MessagePort`, or the `Worker` at whose other end `serveStore` runs. */
export interface StorePort extends Pick<MessagePort, 'postMessage'> {
  on(name: 'message', hear: (reply: StoreReply) => void): unknown;
}

/** The caller's end of a port that `serveStore` serves. Every promise it gives settles, with a `StoreError` at worst. */
export class StoreLine {
  readonly #port: StorePort;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opening: Promise<void>;
  readonly #closing: Promise<void>;
  #resolveOpening = () => {};
  #rejectOpening: (error: StoreError) => void = () => {};
  #resolveClosing = () => {};
  #calls = 0;
  #lost: StoreError | null = null;

  /** `gone` resolves when nothing is left of what serves the other end. */
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
    // Whoever opens a line waits for this; one that is lost later has nobody left to tell.
    this.#opening.catch(() => undefined);
    port.on('message', (reply) => this.#hear(reply));
  }

  get isLost(): boolean {
    return this.#lost !== null;
  }

  /** Resolves when the store takes calls, rejects with what it was refused for. */
  opened(): Promise<void> {
    return this.#opening;
  }

  call<M extends StoreMethod>(method: M, args: Parameters<StoreMethods[M]>): ReturnType<StoreMethods[M]> {
    const result = new Promise<never>((resolve, reject) => {
      if (this.#lost !== null) {
        reject(this.#lost);
        return;
      }
      const call = this.#calls++;
      try {
        this.#post({ type: 'call', call, method, args });
      } catch (cause) {
        reject(new StoreError('store.invalid', 'It cannot be handed to another thread.', { cause }));
        return;
      }
      this.#waiting.set(call, { resolve, reject });
    });
    return result as ReturnType<StoreMethods[M]>;
  }

  /** Resolves when the store is closed, or gone. */
  close(): Promise<void> {
    if (this.#lost === null) this.#post({ type: 'close' });
    return this.#closing;
  }

  /** Nobody serves the other end any more. */
  lose(error: StoreError): void {
    this.#lost ??= error;
    this.#rejectOpening(error);
    this.#resolveClosing();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #post(request: StoreRequest): void {
    this.#port.postMessage(request, []);
  }

  #hear(reply: StoreReply): void {
    switch (reply.type) {
      case 'opened':
        this.#resolveOpening();
        break;
      case 'refused':
        this.lose(errorOf(reply.fault));
        break;
      case 'done':
        this.#take(reply.call)?.resolve(reply.result as never);
        break;
      case 'failed':
        this.#take(reply.call)?.reject(errorOf(reply.fault));
        break;
      case 'closed':
        this.lose(new StoreError('store.unavailable'));
        break;
    }
  }

  #take(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    return waiting;
  }
}

function errorOf({ code, detail, cause }: StoreFault): StoreError {
  return new StoreError(code, detail, cause === undefined ? {} : { cause: new Error(cause) });
}
