import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readOrCreateSecretFile } from '../../server/identity/secret-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-secret-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const fresh = () => randomBytes(32);

describe('secret file', () => {
  it('is created once with mode 0600 in a private folder and read back the next time', async () => {
    const path = join(folder, 'deep', 'key');
    const first = await readOrCreateSecretFile(path, fresh);
    const second = await readOrCreateSecretFile(path, fresh);
    expect(first.created).toBe(true);
    expect(second).toEqual({ bytes: first.bytes, created: false });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'deep'))).mode & 0o777).toBe(0o700);
  });

  it('is created by one of many simultaneous callers, read alike by all, and leaves no draft', async () => {
    const path = join(folder, 'key');
    const all = await Promise.all(Array.from({ length: 24 }, () => readOrCreateSecretFile(path, fresh)));
    expect(new Set(all.map((one) => one.bytes.toString('hex'))).size).toBe(1);
    expect(all.filter((one) => one.created)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['key']);
  });

  it.skipIf(process.platform === 'win32').each([0o640, 0o604, 0o660])(
    'refuses a file others may touch (mode %o) and does not replace it (not checked on Windows)',
    async (mode) => {
      const path = join(folder, 'key');
      await writeFile(path, 'secret');
      await chmod(path, mode);
      await expect(readOrCreateSecretFile(path, fresh)).rejects.toMatchObject({ code: 'secret.permissions' });
    },
  );

  it('refuses an empty file, an empty creation and a folder', async () => {
    const empty = join(folder, 'empty');
    await writeFile(empty, '', { mode: 0o600 });
    await expect(readOrCreateSecretFile(empty, fresh)).rejects.toMatchObject({ code: 'secret.empty' });
    await expect(readOrCreateSecretFile(join(folder, 'new'), () => Buffer.alloc(0))).rejects.toMatchObject({
      code: 'secret.empty',
    });
    await mkdir(join(folder, 'dir'), { mode: 0o700 });
    await expect(readOrCreateSecretFile(join(folder, 'dir'), fresh)).rejects.toMatchObject({
      code: 'secret.not_a_file',
    });
  });

  it('leaves nothing behind when the creator fails', async () => {
    const failing = readOrCreateSecretFile(join(folder, 'key'), () =>
      Promise.reject(new Error('no entropy')),
    );
    await expect(failing).rejects.toThrow('no entropy');
    expect(await readdir(folder)).toEqual([]);
  });
});
