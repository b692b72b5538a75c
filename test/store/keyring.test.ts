import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Keyring } from '../../server/store/keyring.ts';
import { loadMasterKey } from '../../server/store/master-key.ts';

const failing = (code: string) => expect.objectContaining({ code });

const masterKey = () => Buffer.alloc(32, 3);
const isZero = (bytes: Buffer) => bytes.every((byte) => byte === 0);

describe('keyring', () => {
  it('unwraps its own keys, also after a restart with the same master key', () => {
    const wrapped = new Keyring(masterKey()).create('door', 'data');
    const restarted = new Keyring(masterKey());
    const key = restarted.unwrap(wrapped);
    expect(key.id).toBe(wrapped.keyId);
    expect(key.bytes).toHaveLength(32);
    expect(restarted.unwrap(wrapped)).toBe(key);
  });

  it('makes a new key for each call', () => {
    const keyring = new Keyring(masterKey());
    const keys = [1, 2].map(() => keyring.unwrap(keyring.create('door', 'data')));
    expect(keys[0].id).not.toBe(keys[1].id);
    expect(keys[0].bytes.equals(keys[1].bytes)).toBe(false);
  });

  it.each([
    ['tenant', { tenant: 'gate' }],
    ['purpose', { purpose: 'lookup' as const }],
    ['id', { keyId: 'other' }],
  ])('does not unwrap a key moved to another %s, even one it has unwrapped before', (_, changes) => {
    const keyring = new Keyring(masterKey());
    const wrapped = keyring.create('door', 'data');
    keyring.unwrap(wrapped);
    expect(() => keyring.unwrap({ ...wrapped, ...changes })).toThrow(failing('store.corrupt'));
  });

  it('distinguishes another master key from a damaged canary', () => {
    const keyring = new Keyring(masterKey());
    const canary = keyring.sealCanary();
    expect(() => keyring.checkCanary(canary)).not.toThrow();
    expect(() => new Keyring(Buffer.alloc(32, 4)).checkCanary(canary)).toThrow(failing('store.key_mismatch'));
    canary[canary.length - 1] ^= 1;
    expect(() => keyring.checkCanary(canary)).toThrow(failing('store.corrupt'));
  });

  it('overwrites a key that it forgets, and every key when it closes', () => {
    const keyring = new Keyring(masterKey());
    const [forgotten, kept] = [1, 2].map(() => keyring.unwrap(keyring.create('door', 'data')));
    keyring.forget(forgotten.id);
    expect([isZero(forgotten.bytes), isZero(kept.bytes)]).toEqual([true, false]);
    keyring.close();
    keyring.close();
    expect(isZero(kept.bytes)).toBe(true);
    expect(() => keyring.create('door', 'data')).toThrow(failing('store.unavailable'));
  });
});

describe('master key', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'veriframe-master-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('is generated into a file of mode 0600 and read from it the next time', async () => {
    const first = await loadMasterKey({ dataDir });
    const second = await loadMasterKey({ dataDir, masterKey: '', masterKeyFile: '' });
    expect([first.created, second.created]).toEqual([true, false]);
    expect(first.key).toHaveLength(32);
    expect(second.key.equals(first.key)).toBe(true);
    const path = join(dataDir, 'master.key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const fromText = await loadMasterKey({ dataDir, masterKey: await readFile(path, 'latin1') });
    expect(fromText.key.equals(first.key)).toBe(true);
  });

  it('is read from the configured text or file', async () => {
    const key = Buffer.alloc(32, 250);
    const masterKeyFile = join(dataDir, 'elsewhere');
    await writeFile(masterKeyFile, `${key.toString('base64')}\n`, { mode: 0o600 });
    expect((await loadMasterKey({ dataDir, masterKeyFile })).key.equals(key)).toBe(true);
    expect((await loadMasterKey({ dataDir, masterKey: key.toString('base64') })).key.equals(key)).toBe(true);
    await expect(stat(join(dataDir, 'master.key'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['too short', Buffer.alloc(31, 1).toString('base64')],
    ['too long', Buffer.alloc(33, 1).toString('base64')],
    ['hexadecimal', Buffer.alloc(32, 1).toString('hex')],
    ['with a stray character', `*${Buffer.alloc(32, 1).toString('base64')}`],
  ])('is refused with store.invalid when %s, without being shown', async (_, text) => {
    const error = await loadMasterKey({ dataDir, masterKey: text }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'store.invalid' });
    expect(String(error)).not.toContain(text);
  });
});
