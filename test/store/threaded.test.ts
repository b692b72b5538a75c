import { setImmediate as nextTurn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openThreadedStore,
  type StoreThreadEvent,
  type ThreadedStoreOptions,
} from '../../server/store/sqlite/threaded.ts';
import { VirtualService, violations } from '../chaos/support/virtual-service.ts';
import { subject } from '../support/subjects.ts';
import { createPortBackend } from './port-backend.ts';
import { describeStore } from './reference-store.contract.ts';
import { createSqliteBackend, testMasterKey, type SqliteBackend } from './sqlite-backend.ts';
import { collect, newDecision as decision, newReference } from './support.ts';

describeStore('SQLite behind a port', createPortBackend);

describe('a store on a thread of its own', () => {
  let backend: SqliteBackend;
  let events: StoreThreadEvent[];
  beforeEach(async () => {
    backend = await createSqliteBackend();
    events = [];
  });
  afterEach(() => backend.dispose());

  const open = (changes: Partial<ThreadedStoreOptions> = {}) =>
    openThreadedStore({
      path: backend.path,
      masterKey: async () => testMasterKey(),
      onEvent: (event) => events.push(event),
      ...changes,
    });

  it('works while the main thread does not, and the main thread works while the store waits for a lock', async () => {
    const WAITING = 40;
    const store = await open({ busyTimeoutMs: 60_000 });
    const other = new Database(backend.path);
    other.exec('BEGIN EXCLUSIVE');

    const acknowledged: string[] = [];
    const record = async (sessionId: string) => {
      await store.decisions.record(decision(sessionId));
      acknowledged.push(sessionId);
    };
    const waiting = Array.from({ length: WAITING }, (_, number) => record(`waiting-${number}`));
    const asked: string[] = [];
    const service = new VirtualService({
      seed: 61,
      store: async (what) => {
        if (what === 'record') await record(`served-${asked.push(what)}`);
      },
    });
    service.arrive('genuine', subject());
    service.arrive('genuine', subject());
    while (asked.length < 2) await service.run(100);
    expect(service.clients.every(({ analysed }) => analysed > 10)).toBe(true);
    // Readers do not wait for a writer.
    expect(await store.references.ofSubject('door', 'anna')).toEqual([]);
    expect(acknowledged).toEqual([]);
    expect(service.told.size).toBe(0);

    other.exec('COMMIT');
    const written = other.prepare<[], number>('SELECT count(*) FROM attempt').pluck();
    // Nothing else runs on this thread meanwhile, so whatever is written now comes from the store's own thread.
    const giveUpAtMs = performance.now() + 120_000;
    while ((written.get() ?? 0) < WAITING + asked.length && performance.now() < giveUpAtMs) blockThread(5);
    expect(written.get()).toBe(WAITING + asked.length);
    expect(acknowledged).toEqual([]);
    other.close();

    await Promise.all(waiting);
    await service.settle(60_000);
    expect(violations(service)).toEqual([]);
    expect(service.told.size).toBe(2);
    await store.close();
    expect(events).toEqual([]);
  });

  it('rejects what was under way when its thread is lost, and goes on with another', async () => {
    let keys = 0;
    const store = await open({
      maxHeapMb: 48,
      // The write below waits for as long as it takes the thread to run out of memory.
      busyTimeoutMs: 600_000,
      masterKey: async () => {
        keys++;
        return testMasterKey();
      },
    });
    const referenceId = await store.references.add(newReference());
    const other = new Database(backend.path);
    other.exec('BEGIN IMMEDIATE');
    const waiting = store.decisions.record(decision('waiting'));
    // Needs more memory than the thread has.
    const reasons = Array.from({ length: 700_000 }, (_, at) => ({ at })) as never;
    const results = await Promise.allSettled([
      waiting,
      store.decisions.record(decision('too-large', { reasons })),
    ]);
    const lost = { status: 'rejected', reason: { name: 'StoreError', code: 'store.unavailable' } };
    expect(results).toMatchObject([lost, lost]);
    expect(events).toMatchObject([{ type: 'store-lost', detail: expect.stringContaining('memory') }]);
    other.exec('ROLLBACK');
    other.close();

    const after = await Promise.all([
      store.references.ofSubject('door', 'anna'),
      collect(store.references.all()),
      store.decisions.record(decision('after')),
    ]);
    expect(after.slice(0, 2)).toMatchObject([[{ referenceId }], [{ referenceId }]]);
    expect(events.map(({ type }) => type)).toEqual(['store-lost', 'store-replaced']);
    expect(keys).toBe(2);
    expect(await store.decisions.find('door', 'waiting')).toBeNull();
    expect(await store.decisions.find('door', 'after')).not.toBeNull();
    await store.close();
    await expect(store.decisions.find('door', 'after')).rejects.toMatchObject({ code: 'store.unavailable' });
  });

  it('waits for calls under way when it is closed, refuses what cannot cross threads, and keeps no key', async () => {
    const key = testMasterKey();
    const store = await open({ masterKey: async () => key });
    expect(key.every((byte) => byte === 0)).toBe(true);
    const unfit = decision('unfit', { reasons: [() => undefined] as never });
    await expect(store.decisions.record(unfit)).rejects.toMatchObject({ code: 'store.invalid' });
    const last = store.references.add(newReference());
    const closed = store.close();
    await expect(store.references.add(newReference())).rejects.toMatchObject({ code: 'store.unavailable' });
    await closed;
    const referenceId = await last;
    await nextTurn();
    expect(events).toEqual([]);
    const kept = backend.meddle((database) =>
      database.prepare('SELECT reference_id FROM reference').pluck().all(),
    );
    expect(kept).toEqual([referenceId]);
  });
});

/** Nothing else runs on this thread meanwhile. */
function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
