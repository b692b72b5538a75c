import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checksumOf, migrate, MIGRATIONS } from '../../server/store/sqlite/migrations.ts';
import { toStoreError } from '../../server/store/sqlite/database.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import { describeStore } from './reference-store.contract.ts';
import { createSqliteBackend, testMasterKey, type SqliteBackend } from './sqlite-backend.ts';
import { newDecision, newReference } from './support.ts';

describeStore('SQLite', createSqliteBackend);

const tails = (envelopes: readonly Buffer[]) => envelopes.map((envelope) => envelope.subarray(-64));
const open = (path: string) => openSqliteStore({ path, masterKey: testMasterKey() });

describe('SQLite store', () => {
  let backend: SqliteBackend;
  beforeEach(async () => {
    backend = await createSqliteBackend();
  });
  afterEach(() => backend.dispose());

  const rawFiles = async () => {
    const folder = dirname(backend.path);
    const names = await readdir(folder);
    return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
  };

  it('makes its files readable by the owner only, also those that others could read', async () => {
    await mkdir(dirname(backend.path), { recursive: true });
    await writeFile(backend.path, '');
    await chmod(backend.path, 0o644);
    const store = await backend.open();
    await store.references.add(newReference());
    const names = await readdir(dirname(backend.path));
    expect(names.length).toBeGreaterThan(1);
    for (const name of names)
      expect((await stat(join(dirname(backend.path), name))).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('writes neither a subject id nor an embedding in plain', async () => {
    const store = await backend.open();
    const reference = newReference({ subject: 'subject-id-that-must-not-show' });
    const restsOn = await store.references.add(reference);
    const { subject } = reference;
    const accept = { ...newDecision('s'), mode: 'enrol', outcome: 'accept', subject, restsOn } as const;
    expect(await store.decisions.record(accept)).toBe(true);
    const files = await rawFiles();
    expect(files.includes('door')).toBe(true);
    expect(files.includes(reference.subject)).toBe(false);
    const { faceres } = reference.embeddings;
    expect(files.includes(Buffer.from(faceres!.buffer, 0, 32))).toBe(false);
    await store.close();
  });

  it('leaves nothing of an erased subject in the database or its log: sealed bytes, hash, wrapped key', async () => {
    const store = await backend.open();
    for (let seed = 0; seed < 5; seed++) await store.references.add(newReference({ seed }));
    const traces = backend.meddle((database) => [
      ...database.prepare<[], Buffer>('SELECT envelope FROM reference').pluck().all(),
      ...database.prepare<[], Buffer>('SELECT subject_hash FROM reference').pluck().all(),
      ...database
        .prepare<[], Buffer>("SELECT wrapped FROM tenant_key WHERE purpose = 'data'")
        .pluck()
        .all()
        .map((wrapped) => wrapped.subarray(2 + wrapped[1])), // the part after the master key's id
    ]);
    expect(traces).toHaveLength(11);
    // A long value is split over several pages, so each piece of 16 bytes is searched for.
    const pieces = traces.flatMap((trace) =>
      Array.from({ length: Math.floor(trace.length / 16) }, (_, index) =>
        trace.subarray(index * 16, index * 16 + 16),
      ),
    );
    const before = await rawFiles();
    expect(pieces.filter((piece) => before.includes(piece)).length).toBeGreaterThan(pieces.length * 0.95);

    expect(await store.references.eraseSubject('door', 'anna')).toBe(5);
    const after = await rawFiles();
    expect(pieces.filter((piece) => after.includes(piece))).toEqual([]);
    await store.close();
  });

  it('leaves nothing of an erased subject between references of others', async () => {
    const store = await backend.open();
    for (let number = 0; number < 20; number++)
      await store.references.add(newReference({ subject: `s${number % 4}`, seed: number }));
    const envelopes = (where: string) =>
      backend.meddle((database) =>
        database.prepare<[], Buffer>(`SELECT envelope FROM reference WHERE ${where}`).pluck().all(),
      );
    const all = envelopes('true');
    await store.references.eraseSubject('door', 's2');
    const kept = envelopes('true');
    expect(kept).toHaveLength(15);
    const erased = all.filter((envelope) => kept.every((other) => !other.equals(envelope)));
    const files = await rawFiles();
    expect(tails(kept).every((tail) => files.includes(tail))).toBe(true);
    expect(tails(erased).filter((tail) => files.includes(tail))).toEqual([]);
    await store.close();
  });

  it('waits for a lock that is released in time, and rejects with store.busy for one that is not', async () => {
    const path = backend.path;
    const patient = await backend.open();
    const hasty = await openSqliteStore({ path, masterKey: testMasterKey(), busyTimeoutMs: 30 });
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    const waiting = patient.references.add(newReference());
    await expect(hasty.references.add(newReference())).rejects.toMatchObject({ code: 'store.busy' });
    expect(await hasty.references.ofSubject('door', 'anna')).toEqual([]);
    other.exec('COMMIT');
    await waiting;
    expect(await hasty.references.ofSubject('door', 'anna')).toHaveLength(1);
    other.close();
    await Promise.all([patient.close(), hasty.close()]);
  });

  it('rejects an erasure with store.busy while a reader uses the log, and finishes it when called again', async () => {
    const store = await openSqliteStore({
      path: backend.path,
      masterKey: testMasterKey(),
      busyTimeoutMs: 30,
    });
    await store.references.add(newReference());
    const reader = new Database(backend.path);
    reader.exec('BEGIN');
    const sealed = reader.prepare<[], Buffer>('SELECT envelope FROM reference').pluck().get()!.subarray(-64);
    await expect(store.references.eraseSubject('door', 'anna')).rejects.toMatchObject({ code: 'store.busy' });
    expect((await rawFiles()).includes(sealed)).toBe(true);
    reader.exec('COMMIT');
    expect(await store.references.eraseSubject('door', 'anna')).toBe(0);
    expect((await rawFiles()).includes(sealed)).toBe(false);
    reader.close();
    await store.close();
  });

  it('refuses a database written by a newer version', async () => {
    await (await backend.open()).close();
    backend.meddle((database) =>
      database.prepare('INSERT INTO migration (version, checksum) VALUES (?, ?)').run(999, 'x'),
    );
    await expect(backend.open()).rejects.toMatchObject({ code: 'store.newer_schema' });
  });

  it('refuses a database whose schema was made by other SQL', async () => {
    await (await backend.open()).close();
    backend.meddle((database) => database.prepare("UPDATE migration SET checksum = 'x'").run());
    await expect(backend.open()).rejects.toMatchObject({ code: 'store.corrupt' });
  });

  it('applies only the missing migrations, in order', () => {
    const database = new Database(':memory:');
    migrate(database);
    migrate(database, [...MIGRATIONS, { version: 999, sql: 'CREATE TABLE later (x TEXT) STRICT' }]);
    expect(database.prepare('SELECT version FROM migration ORDER BY version').pluck().all()).toEqual([
      ...MIGRATIONS.map(({ version }) => version),
      999,
    ]);
    expect(() => migrate(database)).toThrow(expect.objectContaining({ code: 'store.newer_schema' }));
    database.close();
  });

  it('keeps every decision of a database from before attempts were on record, and counts it', async () => {
    await mkdir(dirname(backend.path), { recursive: true });
    const store = await backend.open();
    await store.decisions.record(newDecision('new', { subject: 'anna', startedAtMs: 100, decidedAtMs: 200 }));
    await store.close();
    backend.meddle((database) => {
      const [row] = database
        .prepare<[], { subject_hash: Buffer; reasons: string; assurance: string }>('SELECT * FROM attempt')
        .all();
      database.exec(
        `DROP TABLE attempt; DROP TABLE subject_key; DROP TABLE kiosk_key; DROP TABLE subject; DROP TABLE subject_label;
         DROP TABLE unlocked; DROP TABLE reference_picture; DELETE FROM migration WHERE version >= 4;`,
      );
      for (const { version, sql } of MIGRATIONS) {
        if (version === 1) database.exec(sql.slice(sql.indexOf('CREATE TABLE decision')));
        else if (version < 4) database.exec(sql);
      }
      const insert = database.prepare(`
        INSERT INTO decision (tenant, session_id, subject_hash, mode, outcome, policy, reasons, assurance,
          started_at_ms, decided_at_ms, observed) VALUES ('door', ?, ?, 'verify', ?, 'standard', ?, ?, ?, ?, 0)
      `);
      for (const [at, outcome] of ['reject', 'accept', 'reject', 're-verify'].entries())
        insert.run(`old-${at}`, row.subject_hash, outcome, row.reasons, row.assurance, 100 + at, 110 + at);
    });
    const opened = await backend.open();
    expect(await opened.decisions.list('door', null, 9)).toMatchObject(
      ['re-verify', 'reject', 'accept', 'reject'].map((outcome, at) => ({
        sessionId: `old-${3 - at}`,
        outcome,
        startedAtMs: 103 - at,
        decidedAtMs: 113 - at,
      })),
    );
    const anna = { tenant: 'door', subject: 'anna', observed: false };
    const lockOut = { maxFailures: 2, windowMs: 1000 };
    expect(await opened.decisions.lockedUntil(anna, 500, lockOut)).toBe(1102);
    await opened.close();
  });

  it('takes over what was stored before subjects had records, and gives each of them one', async () => {
    const before = await backend.open();
    const referenceId = await before.references.add(newReference());
    await before.decisions.record(newDecision('old', { subject: 'anna', startedAtMs: 100 }));
    await before.close();
    backend.meddle((database) =>
      database.exec(`
        DROP TABLE subject; DROP TABLE subject_label; DROP TABLE unlocked; DROP TABLE reference_picture;
        DELETE FROM migration WHERE version = 6;
      `),
    );
    const store = await backend.open();
    expect(await store.references.ofSubject('door', 'anna')).toMatchObject([{ referenceId }]);
    expect(await store.subjects.find('door', 'anna')).toMatchObject({ subject: 'anna', label: null });
    await store.subjects.change('door', 'anna', { label: 'Anna' });
    expect(await store.decisions.ofSubject('door', 'anna', 9)).toMatchObject([{ sessionId: 'old' }]);
    await store.close();
  });

  it.each([
    ['lifts a suspension', 'UPDATE subject SET suspended_at_ms = NULL'],
    ['puts off an expiry', 'UPDATE subject SET expires_at_ms = 9000000000000'],
    ['adds a consent', 'UPDATE subject SET consented_at_ms = 1'],
    ['gives the record to another subject', 'UPDATE subject SET subject_hash = zeroblob(31) || subject_hash'],
  ])('accepts nobody by a record of a subject that somebody changed: %s', async (_what, sql) => {
    const store = await backend.open();
    const restsOn = await store.references.add(newReference());
    await store.subjects.change('door', 'anna', { suspendedAtMs: 5, expiresAtMs: 9 });
    if (sql.includes('zeroblob')) {
      await store.references.add(newReference({ subject: 'ben' }));
      const ben = await store.subjects.find('door', 'ben');
      backend.meddle((database) =>
        database
          .prepare('UPDATE subject SET subject_hash = ?')
          .run(Buffer.from(ben?.subjectHash ?? '', 'hex')),
      );
      await expect(store.subjects.stateOf('door', 'ben')).rejects.toMatchObject({ code: 'store.corrupt' });
    } else {
      backend.meddle((database) => database.exec(sql));
      const accept = {
        ...newDecision('one', { subject: 'anna' }),
        outcome: 'accept',
        restsOn,
        subject: 'anna',
      } as const;
      await expect(store.decisions.record(accept)).rejects.toMatchObject({ code: 'store.corrupt' });
      await expect(store.subjects.stateOf('door', 'anna')).rejects.toMatchObject({ code: 'store.corrupt' });
    }
    await store.close();
  });

  it('lists and erases everybody else when one subject does not open', async () => {
    const store = await backend.open();
    const damaged = await store.references.add(newReference({ seed: 1 }));
    for (const subject of ['ben', 'cem']) await store.references.add(newReference({ subject, seed: 2 }));
    await backend.flipBit(damaged);
    const found: string[] = [];
    for (let after: string | null = null; ; ) {
      const page = await store.subjects.search('door', {}, after, 1);
      expect(page.total).toBe(3);
      found.push(...page.subjects.map(({ subject }) => subject));
      after = page.next;
      if (after === null) break;
    }
    expect(found.toSorted()).toEqual(['ben', 'cem']);
    expect(await store.subjects.due(9e15, 9e15, 9)).toHaveLength(2);
    await store.close();
  });

  it('keeps no label, consent or subject id readable in its files', async () => {
    const store = await backend.open();
    await store.references.add(newReference({ subject: 'anna-7351' }));
    const consent = { by: 'Frontdesk-4711', atMs: 1, textVersion: 'Wording-0815' };
    await store.subjects.change('door', 'anna-7351', { label: 'Rumpelstilzchen', consent });
    const files = (await rawFiles()).toString('latin1').toLowerCase();
    for (const secret of ['anna-7351', 'rumpelstilzchen', 'frontdesk-4711', 'wording-0815'])
      expect([secret, files.includes(secret)]).toEqual([secret, false]);
    await store.close();
  });

  it('never changes a released migration', () => {
    expect(MIGRATIONS.map(checksumOf)).toEqual([
      'c86799da8f323ed69c675bc82b89309fc4f2bacba9e1b6795f745d799b45f9d0',
      '35e7fb9a51a2f39c13349ce5d9b3f275238987ca4f56bed469d04cdc498fc1c3',
      'd2e1fcb0b3fd6b5ff99b1bb3030c24681f96fefd277bd3f62a1bdaa3ee43e18e',
      'e0eea9823bca40e639f5bfe9256522cf8c41c0cc4976461c882162aaf854c296',
      'eb7eef9668a7b8969e890add4a424a15c3a899561565a2fa967b38849502d5b3',
      '1f0be184e95cffd648b381d00f5f5dbb379ec289d80c0dced6202b704e8854bb',
    ]);
  });

  it('refuses a database without its key record, one of another program, and a file that is no database', async () => {
    const store = await backend.open();
    await store.references.add(newReference());
    await store.close();
    backend.meddle((database) => database.exec('DELETE FROM canary'));
    await expect(backend.open()).rejects.toMatchObject({ code: 'store.corrupt' });

    const foreign = join(backend.folder, 'foreign.db');
    new Database(foreign).exec('CREATE TABLE other (x)').close();
    await expect(open(foreign)).rejects.toMatchObject({ code: 'store.corrupt' });

    const noise = join(backend.folder, 'noise.db');
    await writeFile(noise, randomBytes(8192));
    await expect(open(noise)).rejects.toMatchObject({ code: 'store.corrupt' });

    await expect(open(join(noise, 'below-a-file.db'))).rejects.toMatchObject({ code: 'store.unavailable' });
  });

  it('reports a full database as store.full', () => {
    const database = new Database(':memory:');
    database.exec('CREATE TABLE t (x)');
    database.pragma('max_page_count = 3');
    const fill = () => database.prepare('INSERT INTO t VALUES (zeroblob(1000000))').run();
    let thrown: unknown;
    try {
      fill();
    } catch (error) {
      thrown = error;
    }
    expect(toStoreError(thrown).code).toBe('store.full');
    database.close();
  });

  it('overwrites the master key it was given', async () => {
    const key = testMasterKey();
    const store = await backend.open(key);
    expect(key.every((byte) => byte === 0)).toBe(true);
    await store.close();
  });
});
