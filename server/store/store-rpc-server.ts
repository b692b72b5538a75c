import type { MessagePort } from 'node:worker_threads';
import { toStoreError } from './sqlite/database.ts';
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite/store.ts';
import { faultOf, type StoreMethods, type StoreReply, type StoreRequest } from './store-rpc.ts';

/** Opens a SQLite store and serves it to the other end of `port` until that sends `close`. Never rejects. */
export async function serveStore(port: MessagePort, options: SqliteStoreOptions): Promise<void> {
  const reply = (message: StoreReply) => port.postMessage(message);
  let store: SqliteStore;
  try {
    store = await openSqliteStore(options);
  } catch (error) {
    reply({ type: 'refused', fault: faultOf(toStoreError(error)) });
    return;
  }
  const methods = methodsOf(store);
  const answer = async ({ call, method, args }: Extract<StoreRequest, { type: 'call' }>) => {
    try {
      const run = methods[method] as (...given: unknown[]) => Promise<unknown>;
      reply({ type: 'done', call, result: await run(...args) });
    } catch (error) {
      reply({ type: 'failed', call, fault: faultOf(toStoreError(error)) });
    }
  };
  port.on('message', (request: StoreRequest) => {
    if (request.type === 'call') {
      void answer(request);
      return;
    }
    void store.close().then(() => {
      reply({ type: 'closed' });
      port.close();
    });
  });
  reply({ type: 'opened' });
}

function methodsOf({ references, decisions, subjectKeys, kioskKeys, subjects }: SqliteStore): StoreMethods {
  return {
    add: (...given) => references.add(...given),
    knownPictures: (...given) => references.knownPictures(...given),
    removeReference: (...given) => references.remove(...given),
    itemsOfSubject: (...given) => references.itemsOfSubject(...given),
    page: (...given) => references.page(...given),
    eraseSubject: (...given) => references.eraseSubject(...given),
    countSubjects: (...given) => references.countSubjects(...given),
    listSubjects: (...given) => references.listSubjects(...given),
    record: (...given) => decisions.record(...given),
    find: (...given) => decisions.find(...given),
    begin: (...given) => decisions.begin(...given),
    endInterrupted: (...given) => decisions.endInterrupted(...given),
    lockedUntil: (...given) => decisions.lockedUntil(...given),
    listDecisions: (...given) => decisions.list(...given),
    attemptsOf: (...given) => decisions.ofSubject(...given),
    unlock: (...given) => decisions.unlock(...given),
    subjectKeysOf: (...given) => subjectKeys.ofSubject(...given),
    userHandleOf: (...given) => subjectKeys.userHandle(...given),
    isSubjectKey: (...given) => subjectKeys.isRegistered(...given),
    useSubjectKey: (...given) => subjectKeys.use(...given),
    removeSubjectKey: (...given) => subjectKeys.remove(...given),
    addKioskKey: (...given) => kioskKeys.add(...given),
    findKioskKey: (...given) => kioskKeys.find(...given),
    listKioskKeys: (...given) => kioskKeys.list(...given),
    revokeKioskKey: (...given) => kioskKeys.revoke(...given),
    stateOfSubject: (...given) => subjects.stateOf(...given),
    findSubject: (...given) => subjects.find(...given),
    changeSubject: (...given) => subjects.change(...given),
    searchSubjects: (...given) => subjects.search(...given),
    dueSubjects: (...given) => subjects.due(...given),
  };
}
