import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createApiKeys,
  developmentApiKeys,
  generateApiKey,
  readApiKeys,
} from '../../server/identity/api-keys.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-keys-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('API keys', () => {
  it('identify the tenant that calls', () => {
    const mine = generateApiKey('mine');
    const yours = generateApiKey('yours');
    const keys = createApiKeys([mine.record, yours.record]);
    expect(keys.authenticate(`Bearer ${mine.key}`)).toEqual({
      mayAttend: false,
      mayObserve: false,
      mayVouch: false,
      mayManage: false,
      mayImport: false,
      tenant: 'mine',
      keyId: mine.record.id,
    });
    expect(keys.authenticate(`bearer  ${yours.key}`)?.tenant).toBe('yours');
  });

  it('vouch for people only where that was granted', () => {
    const desk = generateApiKey('mine', { mayAttend: true, mayObserve: true });
    const site = generateApiKey('mine');
    const keys = createApiKeys([desk.record, site.record]);
    expect(keys.authenticate(`Bearer ${desk.key}`)).toMatchObject({ mayAttend: true, mayObserve: true });
    expect(keys.authenticate(`Bearer ${site.key}`)).toMatchObject({ mayAttend: false, mayObserve: false });
  });

  it('refuse a wrong secret, a foreign secret, an unknown id and every other form', () => {
    const mine = generateApiKey('mine');
    const yours = generateApiKey('yours');
    const keys = createApiKeys([mine.record, yours.record]);
    const [, , ...secret] = yours.key.split('_');
    const other = mine.key.endsWith('A') ? 'B' : 'A';
    const wrong = [
      undefined,
      '',
      'Bearer',
      mine.key,
      `Basic ${mine.key}`,
      `Bearer ${mine.key.slice(0, -1)}${other}`,
      `Bearer ${mine.key}${other}`,
      `Bearer vf_${mine.record.id}_${secret.join('_')}`,
      `Bearer ${generateApiKey('mine').key}`,
      `Bearer vf_${mine.record.id}_${mine.record.secretSha256}`,
      `Bearer ${mine.key}, Bearer ${mine.key}`,
    ];
    for (const header of wrong) expect(keys.authenticate(header)).toBeNull();
  });

  it('are kept without their secret', () => {
    const { key, record } = generateApiKey('mine');
    const secret = key.slice(`vf_${record.id}_`.length);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(JSON.stringify(record)).not.toContain(secret);
  });

  it('are read from a file, which is refused when it is not valid', async () => {
    const path = join(folder, 'keys.json');
    const { key, record } = generateApiKey('mine');
    await writeFile(path, JSON.stringify({ keys: [record] }));
    expect((await readApiKeys(path)).authenticate(`Bearer ${key}`)?.tenant).toBe('mine');

    const invalid: unknown[] = [
      [],
      { keys: [] },
      { keys: [{ ...record, secretSha256: 'short' }] },
      { keys: [{ ...record, tenant: '../x' }] },
      { keys: [record, record] },
    ];
    for (const content of invalid) {
      await writeFile(path, JSON.stringify(content));
      await expect(readApiKeys(path)).rejects.toMatchObject({ name: 'ApiKeysError' });
    }
    await writeFile(path, '{');
    await expect(readApiKeys(path)).rejects.toMatchObject({ name: 'ApiKeysError' });
    await expect(readApiKeys(join(folder, 'absent'))).rejects.toMatchObject({ name: 'ApiKeysError' });
  });

  it('include one for development, created once in a file of mode 0600', async () => {
    const first = await developmentApiKeys(folder);
    const second = await developmentApiKeys(folder);
    expect([first.created, second.created]).toEqual([true, false]);
    expect((await stat(first.path)).mode & 0o777).toBe(0o600);
    const key = (await readFile(first.path, 'utf8')).trim();
    expect(first.keys.authenticate(`Bearer ${key}`)?.tenant).toBe('default');
    expect(second.keys.authenticate(`Bearer ${key}`)).toEqual(first.keys.authenticate(`Bearer ${key}`));
    await writeFile(first.path, 'not a key', { mode: 0o600 });
    await expect(developmentApiKeys(folder)).rejects.toMatchObject({ name: 'ApiKeysError' });
  });
});
