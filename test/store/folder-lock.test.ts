import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderInUseError, lockDataFolder } from '../../server/store/sqlite/folder-lock.ts';

const PROGRAM = fileURLToPath(new URL('./locking-process.ts', import.meta.url));

describe('a data folder', () => {
  let folder: string;
  const processes: ChildProcess[] = [];
  const orphans: number[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-lock-'));
  });
  afterEach(async () => {
    for (const pid of orphans.splice(0)) process.kill(pid, 'SIGKILL');
    for (const one of processes.splice(0)) one.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  /** Starts another process that locks the folder. Resolves with it and with its first line of output. */
  async function startLocker(...args: readonly string[]) {
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, folder, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    processes.push(child);
    const exited = once(child, 'exit');
    const [said] = (await once(createInterface(child.stdout), 'line')) as [string];
    return { child, exited, said };
  }

  const inUseBy = (holder: string) =>
    `The data folder ${folder} is in use by ${holder}, and two servers cannot share one: stop that server, or set ` +
    'VERIFRAME_DATA_DIR to another folder for this one.';

  const refusal = () => {
    try {
      lockDataFolder(folder).release();
      return null;
    } catch (error) {
      if (!(error instanceof FolderInUseError)) throw error;
      return error.message;
    }
  };

  it('is locked for one process until that releases it, however often anybody tries', async () => {
    const lock = lockDataFolder(folder);
    const us = inUseBy(`process ${process.pid} on ${hostname()}`);
    for (const name of ['server.lock', 'server.holder.json'])
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await startLocker()).said).toBe(us);
    // In the same process the system would grant the lock again, and then release both.
    expect([refusal(), refusal()]).toEqual([us, us]);
    expect((await startLocker()).said).toBe(us);
    lock.release();
    lock.release();
    expect(refusal()).toBeNull();
  });

  it('stays locked, even if the process drops every reference to the lock', async () => {
    const { said } = await startLocker('collecting');
    expect(said).toMatch(/^held$/);
    expect(refusal()).not.toBeNull();
  });

  it('is locked by exactly one of several processes that start at once', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => startLocker()));
    const holders = all.filter(({ said }) => said === 'held');
    expect(holders).toHaveLength(1);
    const theirs = inUseBy(`process ${holders[0].child.pid} on ${hostname()}`);
    expect(all.filter(({ said }) => said === theirs)).toHaveLength(3);
  });

  it('is free as soon as its process is killed, even if a child of that process lives on', async () => {
    const { child, exited, said } = await startLocker('with-child');
    const [, orphan] = /^held (\d+)$/.exec(said) ?? [];
    orphans.push(Number(orphan));
    expect(refusal()).toBe(inUseBy(`process ${child.pid} on ${hostname()}`));
    child.kill('SIGKILL');
    await exited;
    expect(process.kill(Number(orphan), 0)).toBe(true);
    expect(refusal()).toBeNull();
  });

  it('depends on the lock alone: the file about its holder only serves the message', async () => {
    // This process’s own id, as after a restart in a container, where ids are used again.
    await writeFile(
      join(folder, 'server.holder.json'),
      JSON.stringify({ pid: process.pid, host: hostname() }),
    );
    const lock = lockDataFolder(folder);
    for (const holder of ['', 'null', '{"pid":"1","host":"a"}', '{"pid":1,"host":"a\\nb"}']) {
      await writeFile(join(folder, 'server.holder.json'), holder);
      expect(refusal()).toBe(inUseBy('another process'));
    }
    await rm(join(folder, 'server.holder.json'));
    expect(refusal()).toBe(inUseBy('another process'));
    lock.release();
  });

  it('cannot be locked when it does not exist', () => {
    expect(() => lockDataFolder(join(folder, 'missing'))).toThrow(
      expect.objectContaining({ code: 'store.unavailable' }),
    );
  });
});
