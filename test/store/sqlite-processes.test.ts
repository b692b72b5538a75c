import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSqliteBackend, type SqliteBackend } from './sqlite-backend.ts';
import { collect, newReference } from './support.ts';

const PROGRAM = fileURLToPath(new URL('./adding-process.ts', import.meta.url));

/** Runs a second process that adds references. Resolves with the ids that it acknowledged before it ended. */
async function addInProcess(path: string, subject: string, count: number, killAfter = Infinity) {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, path, subject, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const acknowledged: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(line);
    if (acknowledged.length === killAfter) child.kill('SIGKILL');
  }
  await closed;
  return { acknowledged, exitCode: child.exitCode, signal: child.signalCode };
}

describe('SQLite store and several processes', () => {
  let backend: SqliteBackend;
  beforeEach(async () => {
    backend = await createSqliteBackend();
  });
  afterEach(() => backend.dispose());

  it('loses no acknowledged reference to kill -9', async () => {
    const acknowledged: string[] = [];
    for (const killAfter of [1, 8, 30]) {
      const run = await addInProcess(backend.path, 'anna', 1_000_000, killAfter);
      expect(run.signal).toBe('SIGKILL');
      acknowledged.push(...run.acknowledged);
      const store = await backend.open();
      const kept = new Set((await collect(store.references.all())).map(({ referenceId }) => referenceId));
      expect(acknowledged.filter((referenceId) => !kept.has(referenceId))).toEqual([]);
      await store.close();
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(39);
  });

  it('lets two processes that start on a new file add at the same time', async () => {
    const other = addInProcess(backend.path, 'other', 60);
    const store = await backend.open();
    const ended = new AbortController();
    const adding = (async () => {
      let added = 0;
      while (!ended.signal.aborted) {
        await store.references.add(newReference({ subject: 'own' }));
        added++;
        // Each addition blocks this thread, so the other process's output is read in between.
        await new Promise((resolve) => setImmediate(resolve));
      }
      return added;
    })();
    const { acknowledged, exitCode } = await other.finally(() => {
      ended.abort();
    });
    const added = await adding;
    expect([acknowledged.length, exitCode]).toEqual([60, 0]);
    expect(await store.references.ofSubject('door', 'other')).toHaveLength(60);
    expect(await store.references.ofSubject('door', 'own')).toHaveLength(added);
    await store.close();
  });
});
