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

  /** Another process that takes the folder, with the first line that it says. */
  async function taker(...args: readonly string[]) {
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

  it('is one process’s alone until that gives it up, whoever asks how often', async () => {
    const lock = lockDataFolder(folder);
    const us = inUseBy(`process ${process.pid} on ${hostname()}`);
    for (const name of ['server.lock', 'server.holder.json'])
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await taker()).said).toBe(us);
    // The same process: the system itself would let it have the folder again, and then give up both.
    expect([refusal(), refusal()]).toEqual([us, us]);
    expect((await taker()).said).toBe(us);
    lock.release();
    lock.release();
    expect(refusal()).toBeNull();
  });

  it('stays taken, though nobody keeps what it was taken with', async () => {
    const { said } = await taker('collecting');
    expect(said).toMatch(/^held$/);
    expect(refusal()).not.toBeNull();
  });

  it('is had by one of several processes that start at once', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => taker()));
    const holders = all.filter(({ said }) => said === 'held');
    expect(holders).toHaveLength(1);
    const theirs = inUseBy(`process ${holders[0].child.pid} on ${hostname()}`);
    expect(all.filter(({ said }) => said === theirs)).toHaveLength(3);
  });

  it('is free as soon as its process was killed, though a child of that lives on', async () => {
    const { child, exited, said } = await taker('with-child');
    const [, orphan] = /^held (\d+)$/.exec(said) ?? [];
    orphans.push(Number(orphan));
    expect(refusal()).toBe(inUseBy(`process ${child.pid} on ${hostname()}`));
    child.kill('SIGKILL');
    await exited;
    expect(process.kill(Number(orphan), 0)).toBe(true);
    expect(refusal()).toBeNull();
  });

  it('is judged by the lock alone: what a file says of its holder is told at best', async () => {
    // This process’s own id, as after a restart in a container where ids are given out again.
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

  it('that is not there cannot be locked', () => {
    expect(() => lockDataFolder(join(folder, 'missing'))).toThrow(
      expect.objectContaining({ code: 'store.unavailable' }),
    );
  });
});
