import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from '../../server/store/open.ts';

const quiet = { warn() {}, error() {} };

describe('the probe of the store', () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'veriframe-probe-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async function open(dataDir: string) {
    const masterKey = Buffer.alloc(32, 1).toString('base64');
    const store = await openStore({ part: 'store', dataDir, masterKey, masterKeyFile: '' }, quiet);
    ends.push(() => store.close());
    return store;
  }

  it('is good while the database answers, and fails once its file or its thread is gone', async () => {
    const folder = newFolder();
    const store = await open(folder);
    await store.probe();
    rmSync(join(folder, 'veriframe.db'));
    await expect(store.probe()).rejects.toThrow('ENOENT');
    const closed = await open(newFolder());
    await closed.close();
    await expect(closed.probe()).rejects.toMatchObject({ code: 'store.unavailable' });
  });

  it('fails on a disk without room', async ({ skip }) => {
    const folder = newFolder();
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]).status === 0;
    skip(!isMounted, 'a small disk can be mounted only by root');
    ends.push(() => spawnSync('umount', [folder]));
    const store = await open(folder);
    await expect(store.probe()).rejects.toMatchObject({ code: 'store.full' });
  });
});
