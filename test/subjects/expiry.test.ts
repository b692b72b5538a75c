import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, describe, it } from 'vitest';
import { createLogger } from '../../server/observe/log.ts';
import type { Store } from '../../server/store/ports.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import { startExpiry } from '../../server/subjects/expiry.ts';
import { newDecision, newReference } from '../store/support.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('the expiry of subjects', () => {
  let folder: string;
  let store: Store;
  let clock: VirtualClock;
  let erased: string[];
  /** Called before a subject is erased. */
  let before: (subject: string) => Promise<unknown>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-expiry-'));
    store = await openSqliteStore({ path: join(folder, 'veriframe.db'), masterKey: Buffer.alloc(32, 7) });
    clock = new VirtualClock();
    erased = [];
    before = async () => undefined;
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const enrol = (subject: string, daysAgo: number, seed = 1) =>
    store.references.add(newReference({ subject, seed, createdAtMs: clock.wallMs() - daysAgo * DAY_MS }));
  const start = (eraseUnusedAfterDays: number) =>
    startExpiry(
      { part: 'subjects', eraseUnusedAfterDays },
      {
        clock,
        log: createLogger({ logLevel: 'silent' }),
        store,
        subjects: {
          async erase(tenant, subject) {
            await before(subject);
            erased.push(subject);
            return await store.references.eraseSubject(tenant, subject);
          },
        },
      },
    );
  /** Waits for the sweep that is under way: the next one is set then. */
  const swept = async () => {
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  };

  it('erases who has expired, at the start and within the hour, and nobody else', async () => {
    const atMs = clock.wallMs();
    for (const [at, subject] of ['over', 'soon', 'later', 'never'].entries())
      await enrol(subject, 400, at + 1);
    await store.subjects.change('door', 'over', { expiresAtMs: atMs });
    await store.subjects.change('door', 'soon', { expiresAtMs: atMs + HOUR_MS });
    await store.subjects.change('door', 'later', { expiresAtMs: atMs + HOUR_MS + 1 });
    const expiry = start(0);
    await swept();
    expect(erased).toEqual(['over']);
    clock.advance(HOUR_MS);
    await swept();
    expect(erased).toEqual(['over', 'soon']);
    await expiry.close();
    expect(clock.pending).toBe(0);
    expect(await store.references.countSubjects('door')).toBe(2);
  });

  it('erases who was neither enrolled nor accepted for so long; a suspended subject as well', async () => {
    await enrol('unused', 31);
    await enrol('enrolled', 29, 2);
    const restsOn = await enrol('accepted', 300, 3);
    await enrol('suspended', 31, 4);
    await store.subjects.change('door', 'suspended', { suspendedAtMs: 1 });
    const attempt = { ...newDecision('one'), subject: 'accepted', outcome: 'accept', restsOn } as const;
    await store.decisions.record({ ...attempt, decidedAtMs: clock.wallMs() - DAY_MS });
    const expiry = start(30);
    await swept();
    expect(erased.toSorted()).toEqual(['suspended', 'unused']);
    await expiry.close();
  });

  it('spares who was put off after the search found it', async () => {
    for (const [at, subject] of ['first', 'second'].entries()) {
      await enrol(subject, 1, at + 1);
      await store.subjects.change('door', subject, { expiresAtMs: 1 });
    }
    before = async (subject) => {
      const other = subject === 'first' ? 'second' : 'first';
      await store.subjects.change('door', other, { expiresAtMs: null });
    };
    const expiry = start(0);
    await swept();
    expect(erased).toHaveLength(1);
    await expiry.close();
  });

  it('goes on an hour later when the store fails', async () => {
    await enrol('over', 1);
    await store.subjects.change('door', 'over', { expiresAtMs: 1 });
    before = () => Promise.reject(new Error('busy'));
    const expiry = start(0);
    await swept();
    expect(erased).toEqual([]);
    before = async () => undefined;
    clock.advance(HOUR_MS);
    await swept();
    expect(erased).toEqual(['over']);
    await expiry.close();
  });
});
