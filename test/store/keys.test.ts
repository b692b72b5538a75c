import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewSubjectKey } from '../../server/store/key-ports.ts';
import type { Store } from '../../server/store/ports.ts';
import { createPortBackend } from './port-backend.ts';
import { createSqliteBackend, type SqliteBackend } from './sqlite-backend.ts';
import { newDecision, newReference } from './support.ts';

const AT_MS = 1_700_000_000_000;

const keyOf = (credentialId: string, change: Partial<NewSubjectKey> = {}): NewSubjectKey => ({
  credentialId,
  publicKey: new Uint8Array([1, 2, 3]),
  counter: 0,
  backedUp: false,
  createdAtMs: AT_MS,
  ...change,
});

describe.each([
  ['SQLite', createSqliteBackend],
  ['SQLite behind a port', createPortBackend],
])('keys in %s', (_name, createBackend) => {
  let backend: SqliteBackend;
  let store: Store;
  beforeEach(async () => {
    backend = await createBackend();
    store = await backend.open();
  });
  afterEach(async () => {
    await store.close();
    await backend.dispose();
  });

  let sessions = 0;
  /** Enrols the subject where it is not, and accepts a session that registers the key. */
  const register = async (subject: string, key: NewSubjectKey, tenant = 'door') => {
    const restsOn = await store.references.add(newReference({ tenant, subject }));
    const accept = { outcome: 'accept', subject, tenant, restsOn, registers: key } as const;
    return await store.decisions.record({ ...newDecision(`session-${(sessions += 1)}`), ...accept });
  };
  const idsOf = async (subject: string, tenant = 'door') =>
    (await store.subjectKeys.ofSubject(tenant, subject)).map(({ credentialId }) => credentialId);

  it('are stored with the accept that they were registered in, and with no other ending', async () => {
    expect(await register('anna', keyOf('a'))).toBe(true);
    const accept = { outcome: 'accept', subject: 'anna', restsOn: 'gone', registers: keyOf('b') } as const;
    expect(await store.decisions.record({ ...newDecision('erased'), ...accept })).toBe(false);
    expect(await store.subjectKeys.ofSubject('door', 'anna')).toEqual([
      { ...keyOf('a'), lastUsedAtMs: null },
    ]);
    for (const [tenant, subject] of [
      ['door', 'bert'],
      ['gate', 'anna'],
    ] as const)
      expect(await idsOf(subject, tenant)).toEqual([]);
  });

  it('belong to one subject of a tenant: another cannot take one over, another tenant does not see it', async () => {
    await register('anna', keyOf('a'));
    await register('bert', keyOf('a', { publicKey: new Uint8Array([9]) }));
    await register('cleo', keyOf('a'), 'gate');
    expect([await idsOf('anna'), await idsOf('bert'), await idsOf('cleo', 'gate')]).toEqual([
      ['a'],
      [],
      ['a'],
    ]);
    expect(await store.subjectKeys.isRegistered('door', 'a')).toBe(true);
    expect(await store.subjectKeys.isRegistered('door', 'b')).toBe(false);
    expect(await store.subjectKeys.isRegistered('elsewhere', 'a')).toBe(false);
  });

  it('have the same user handle for a subject each time, and another for every other one', async () => {
    const handleOf = (tenant: string, subject: string) => store.subjectKeys.userHandle(tenant, subject);
    const handle = await handleOf('door', 'anna');
    expect(handle).toMatch(/^[\w-]{43}$/);
    expect(await handleOf('door', 'anna')).toBe(handle);
    expect(new Set([handle, await handleOf('door', 'bert'), await handleOf('gate', 'anna')]).size).toBe(3);
  });

  it('note each signature, and refuse a counter that did not rise, also at once from two sides', async () => {
    await register('anna', keyOf('a'));
    const use = (counter: number, subject = 'anna', tenant = 'door') =>
      store.subjectKeys.use(tenant, subject, 'a', counter, AT_MS + 5);
    expect(await use(0)).toBe(true);
    expect((await Promise.all([use(1), use(1)])).toSorted()).toEqual([false, true]);
    expect([
      await use(1),
      await use(0),
      await use(7),
      await use(8, 'bert'),
      await use(8, 'anna', 'gate'),
    ]).toEqual([false, false, true, false, false]);
    expect(await store.subjectKeys.ofSubject('door', 'anna')).toMatchObject([
      { counter: 7, lastUsedAtMs: AT_MS + 5 },
    ]);
  });

  it('are removed one by one, and all with their subject', async () => {
    for (const id of ['a', 'b', 'c']) await register('anna', keyOf(id));
    expect(await store.subjectKeys.remove('door', 'bert', 'b')).toBe(false);
    expect(await store.subjectKeys.remove('door', 'anna', 'b')).toBe(true);
    expect(await idsOf('anna')).toEqual(['a', 'c']);
    await store.references.eraseSubject('door', 'anna');
    expect(await idsOf('anna')).toEqual([]);
    expect(await store.subjectKeys.use('door', 'anna', 'a', 9, AT_MS)).toBe(false);
    backend.meddle((database) =>
      expect(database.prepare("SELECT count(*) FROM tenant_key WHERE purpose = 'data'").pluck().get()).toBe(
        0,
      ),
    );
  });

  it('are not readable in the files, and open nowhere else', async () => {
    await register('anna', keyOf('credential-of-anna'));
    await register('bert', keyOf('b'));
    await store.close();
    const folder = dirname(backend.path);
    const files = Buffer.concat(
      await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name)))),
    );
    expect(files.includes('credential-of-anna')).toBe(false);
    backend.meddle((database) =>
      database.exec(
        'UPDATE subject_key SET envelope = (SELECT envelope FROM subject_key WHERE sequence = 1) WHERE sequence = 2',
      ),
    );
    store = await backend.open();
    await expect(store.subjectKeys.ofSubject('door', 'bert')).rejects.toMatchObject({
      code: 'store.corrupt',
    });
    expect(await idsOf('anna')).toEqual(['credential-of-anna']);
  });

  const kiosk = { keyId: 'k', name: 'door 1', publicKey: new Uint8Array(32).fill(5), createdAtMs: AT_MS };

  it('of kiosks are found by their tenant until they are revoked, for good', async () => {
    expect(await store.kioskKeys.add('door', kiosk)).toBe(true);
    expect(await store.kioskKeys.add('door', { ...kiosk, name: 'again' })).toBe(false);
    expect(await store.kioskKeys.find('door', 'k')).toEqual({ ...kiosk, revokedAtMs: null });
    expect([await store.kioskKeys.find('gate', 'k'), await store.kioskKeys.find('door', 'x')]).toEqual([
      null,
      null,
    ]);
    expect(await store.kioskKeys.revoke('gate', 'k', AT_MS)).toBe(false);
    expect(await store.kioskKeys.revoke('door', 'k', AT_MS + 1)).toBe(true);
    expect(await store.kioskKeys.revoke('door', 'k', AT_MS + 2)).toBe(false);
    expect(await store.kioskKeys.find('door', 'k')).toBeNull();
    expect(await store.kioskKeys.add('door', kiosk)).toBe(false);
    expect(await store.kioskKeys.list('door')).toEqual([{ ...kiosk, revokedAtMs: AT_MS + 1 }]);
  });

  it.each([
    'UPDATE kiosk_key SET public_key = zeroblob(32)',
    "UPDATE kiosk_key SET name = 'other'",
    "UPDATE kiosk_key SET tenant = 'gate'",
  ])('of kiosks cannot be enrolled by writing to the database: %s', async (sql) => {
    await store.kioskKeys.add('door', kiosk);
    await store.kioskKeys.add('gate', { ...kiosk, keyId: 'other' });
    backend.meddle((database) => database.exec(sql));
    for (const tenant of ['door', 'gate']) {
      const found = await store.kioskKeys.find(tenant, 'k').catch((error: { code: string }) => error.code);
      expect([null, 'store.corrupt']).toContain(found);
    }
  });

  it('of kiosks that were revoked cannot be made good again by writing to the database', async () => {
    await store.kioskKeys.add('door', kiosk);
    await store.kioskKeys.revoke('door', 'k', AT_MS);
    backend.meddle((database) => database.exec('UPDATE kiosk_key SET revoked_at_ms = NULL'));
    await expect(store.kioskKeys.find('door', 'k')).rejects.toMatchObject({ code: 'store.corrupt' });
  });
});
