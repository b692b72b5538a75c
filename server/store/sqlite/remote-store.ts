import { StoreError } from '../errors.ts';
import type { DecisionLog, ReferenceStore, Store } from '../ports.ts';
import { iteratePages } from './reference-pages.ts';
import type { StoreLine } from '../store-rpc-client.ts';
import type { StoreMethod, StoreMethods } from '../store-rpc.ts';

export interface RemoteStoreOptions {
  /** Opens a store elsewhere; resolves once that takes calls. */
  readonly connect: () => Promise<StoreLine>;
  /** Called when a store took the place of one that was lost. */
  readonly onReplaced?: () => void;
}

/**
 * A store that runs elsewhere, behind the ports. When it is lost, calls under way reject with `store.unavailable`
 * (whether a write among them was made cannot be told), and the next call opens another.
 */
export class RemoteStore implements Store {
  readonly references: ReferenceStore;
  readonly decisions: DecisionLog;
  readonly #options: RemoteStoreOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #line: StoreLine;
  #replacing: Promise<StoreLine> | null = null;
  #closed: Promise<void> | null = null;

  private constructor(options: RemoteStoreOptions, line: StoreLine) {
    this.#options = options;
    this.#line = line;
    this.references = {
      add: (...args) => this.#call('add', args),
      ofSubject: (...args) => this.#call('ofSubject', args),
      all: (onCorrupt) => iteratePages((after) => this.#call('page', [after]), onCorrupt),
      eraseSubject: (...args) => this.#call('eraseSubject', args),
      countSubjects: (...args) => this.#call('countSubjects', args),
      listSubjects: (...args) => this.#call('listSubjects', args),
      close: () => this.close(),
    };
    this.decisions = {
      record: (...args) => this.#call('record', args),
      find: (...args) => this.#call('find', args),
      begin: (...args) => this.#call('begin', args),
      endInterrupted: (...args) => this.#call('endInterrupted', args),
      lockedUntil: (...args) => this.#call('lockedUntil', args),
      list: (...args) => this.#call('listDecisions', args),
    };
  }

  /** Rejects with what `connect` rejects with. */
  static async open(options: RemoteStoreOptions): Promise<RemoteStore> {
    return new RemoteStore(options, await options.connect());
  }

  /** Lets calls under way end. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underWay).then(() => this.#line.close());
    return this.#closed;
  }

  #call<M extends StoreMethod>(method: M, args: Parameters<StoreMethods[M]>): ReturnType<StoreMethods[M]> {
    const result = this.#perform(method, args);
    const ended = result.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay.add(ended);
    void ended.then(() => this.#underWay.delete(ended));
    return result as ReturnType<StoreMethods[M]>;
  }

  async #perform<M extends StoreMethod>(method: M, args: Parameters<StoreMethods[M]>): Promise<unknown> {
    if (this.#closed !== null) throw new StoreError('store.unavailable');
    const line = this.#line.isLost ? await this.#replace() : this.#line;
    return await line.call(method, args);
  }

  #replace(): Promise<StoreLine> {
    this.#replacing ??= this.#openAnother().finally(() => {
      this.#replacing = null;
    });
    return this.#replacing;
  }

  async #openAnother(): Promise<StoreLine> {
    try {
      this.#line = await this.#options.connect();
    } catch (cause) {
      throw cause instanceof StoreError ? cause : new StoreError('store.unavailable', undefined, { cause });
    }
    this.#options.onReplaced?.();
    return this.#line;
  }
}
