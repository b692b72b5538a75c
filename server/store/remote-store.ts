import { StoreError } from './errors.ts';
import type { KioskKeyStore, SubjectKeyStore } from './key-ports.ts';
import type { DecisionLog, ReferenceStore, Store } from './ports.ts';
import { iteratePages, referencesOfSubject } from './reference-pages.ts';
import type { SubjectStore } from './subject-ports.ts';
import type { StoreRpcClient } from './store-rpc-client.ts';
import type { StoreMethod, StoreMethods } from './store-rpc.ts';

export interface RemoteStoreOptions {
  /** Opens a store on another thread. Resolves when it takes calls. */
  readonly connect: () => Promise<StoreRpcClient>;
  /** Called when a new store has replaced one that failed. */
  readonly onReplaced?: () => void;
}

/**
 * The ports of a store that runs on another thread. When that store fails, calls under way reject with
 * `store.unavailable`, and it is unknown whether a write among them was made. The next call opens a new store.
 */
export class RemoteStore implements Store {
  readonly references: ReferenceStore;
  readonly decisions: DecisionLog;
  readonly subjectKeys: SubjectKeyStore;
  readonly kioskKeys: KioskKeyStore;
  readonly subjects: SubjectStore;
  readonly #options: RemoteStoreOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #client: StoreRpcClient;
  #replacing: Promise<StoreRpcClient> | null = null;
  #closed: Promise<void> | null = null;

  private constructor(options: RemoteStoreOptions, client: StoreRpcClient) {
    this.#options = options;
    this.#client = client;
    this.references = {
      add: (...args) => this.#call('add', args),
      knownPictures: (...args) => this.#call('knownPictures', args),
      remove: (...args) => this.#call('removeReference', args),
      ofSubject: async (tenant, subject, onCorrupt) =>
        referencesOfSubject(await this.#call('itemsOfSubject', [tenant, subject]), onCorrupt),
      all: (onCorrupt) => iteratePages((after) => this.#call('page', [after]), onCorrupt),
      eraseSubject: (...args) => this.#call('eraseSubject', args),
      countSubjects: (...args) => this.#call('countSubjects', args),
      listSubjects: (...args) => this.#call('listSubjects', args),
    };
    this.decisions = {
      record: (...args) => this.#call('record', args),
      find: (...args) => this.#call('find', args),
      begin: (...args) => this.#call('begin', args),
      endInterrupted: (...args) => this.#call('endInterrupted', args),
      lockedUntil: (...args) => this.#call('lockedUntil', args),
      list: (...args) => this.#call('listDecisions', args),
      ofSubject: (...args) => this.#call('attemptsOf', args),
      unlock: (...args) => this.#call('unlock', args),
    };
    this.subjectKeys = {
      ofSubject: (...args) => this.#call('subjectKeysOf', args),
      userHandle: (...args) => this.#call('userHandleOf', args),
      isRegistered: (...args) => this.#call('isSubjectKey', args),
      use: (...args) => this.#call('useSubjectKey', args),
      remove: (...args) => this.#call('removeSubjectKey', args),
    };
    this.kioskKeys = {
      add: (...args) => this.#call('addKioskKey', args),
      find: (...args) => this.#call('findKioskKey', args),
      list: (...args) => this.#call('listKioskKeys', args),
      revoke: (...args) => this.#call('revokeKioskKey', args),
    };
    this.subjects = {
      stateOf: (...args) => this.#call('stateOfSubject', args),
      find: (...args) => this.#call('findSubject', args),
      change: (...args) => this.#call('changeSubject', args),
      search: (...args) => this.#call('searchSubjects', args),
      due: (...args) => this.#call('dueSubjects', args),
    };
  }

  /** Rejects with what `connect` rejects with. */
  static async open(options: RemoteStoreOptions): Promise<RemoteStore> {
    return new RemoteStore(options, await options.connect());
  }

  /** Waits for calls under way. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underWay).then(() => this.#client.close());
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
    const client = this.#client.hasFailed ? await this.#replace() : this.#client;
    return await client.call(method, args);
  }

  #replace(): Promise<StoreRpcClient> {
    this.#replacing ??= this.#openAnother().finally(() => {
      this.#replacing = null;
    });
    return this.#replacing;
  }

  async #openAnother(): Promise<StoreRpcClient> {
    try {
      this.#client = await this.#options.connect();
    } catch (cause) {
      throw cause instanceof StoreError ? cause : new StoreError('store.unavailable', undefined, { cause });
    }
    this.#options.onReplaced?.();
    return this.#client;
  }
}
