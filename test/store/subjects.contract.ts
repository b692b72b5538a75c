import { describe, expect, it } from 'vitest';
import type { Store } from '../../server/store/ports.ts';
import { NO_RECORD } from '../../server/store/subject-ports.ts';
import { ATTEMPT, DECISION } from './attempts.contract.ts';
import { newReference, randomEmbeddings } from './support.ts';

const CONSENT = { by: 'front desk', atMs: 1_700_000_000_500, textVersion: '2026-11' };
const DAY_MS = 86_400_000;

/** What every backend does with the records of subjects. */
export function describeSubjects({
  store,
  reopen,
}: {
  store: () => Store;
  reopen: () => Promise<void>;
}): void {
  describe('records of subjects', () => {
    const enrol = (subject: string, seed = 1) => store().references.add(newReference({ subject, seed }));
    const change = (...given: Parameters<Store['subjects']['change']>) => store().subjects.change(...given);
    const found = async (...given: Parameters<Store['subjects']['search']>) =>
      (await store().subjects.search(...given)).subjects.map(({ subject }) => subject).toSorted();
    const accept = async (sessionId: string, restsOn: string, decidedAtMs: number) =>
      await store().decisions.record({ ...DECISION, sessionId, outcome: 'accept', restsOn, decidedAtMs });

    it('has nothing of a subject without a record, and no record of whom it does not have', async () => {
      expect(await store().subjects.stateOf('door', 'anna')).toEqual(NO_RECORD);
      expect(await store().subjects.find('door', 'anna')).toBeNull();
      expect(await change('door', 'anna', { label: 'Anna' })).toBeNull();
      await enrol('anna');
      expect(await store().subjects.stateOf('door', 'anna')).toEqual(NO_RECORD);
      expect(await store().subjects.find('gate', 'anna')).toBeNull();
    });

    it('changes what is given and leaves the rest, also after reopening', async () => {
      await enrol('anna', 1);
      await enrol('anna', 3);
      await change('door', 'anna', { label: 'Anna Žofie', consent: CONSENT });
      const changed = await change('door', 'anna', { suspendedAtMs: 5, expiresAtMs: 9 });
      await reopen();
      const expected = {
        subject: 'anna',
        label: 'Anna Žofie',
        consent: CONSENT,
        suspendedAtMs: 5,
        expiresAtMs: 9,
        references: 2,
        firstEnrolledAtMs: 1_700_000_000_001,
        lastEnrolledAtMs: 1_700_000_000_003,
        lastAcceptedAtMs: null,
      };
      expect(changed).toMatchObject(expected);
      expect(await store().subjects.find('door', 'anna')).toEqual(changed);
      const [listed] = await store().references.listSubjects('door', null, 1);
      expect(changed?.subjectHash).toBe(listed?.subjectHash);
      await change('door', 'anna', { label: null, consent: null, suspendedAtMs: null, expiresAtMs: null });
      expect(await store().subjects.stateOf('door', 'anna')).toEqual(NO_RECORD);
    });

    it.each([
      ['an empty label', { label: '' }],
      ['a label that is too long', { label: 'a'.repeat(201) }],
      ['half a surrogate pair', { label: 'a\ud800' }],
      ['a consent by nobody', { consent: { ...CONSENT, by: '' } }],
      ['a time that is no whole number', { expiresAtMs: 0.5 }],
    ])('refuses %s with store.invalid and changes nothing', async (_what, changes) => {
      await enrol('anna');
      await change('door', 'anna', { label: 'Anna' });
      await expect(change('door', 'anna', changes)).rejects.toMatchObject({ code: 'store.invalid' });
      expect(await store().subjects.stateOf('door', 'anna')).toEqual({ ...NO_RECORD, label: 'Anna' });
      expect(await found('door', { label: 'anna' }, null, 9)).toEqual(['anna']);
    });

    it('finds labels by whole words, whatever their case and accents, in one tenant', async () => {
      for (const [at, label] of ['Anna Žofie Nováková', 'Anna Meier', '李小龙'].entries()) {
        await enrol(`s${at}`, at + 1);
        await change('door', `s${at}`, { label });
      }
      const by = (label: string, tenant = 'door') => found(tenant, { label }, null, 9);
      expect(await by('anna')).toEqual(['s0', 's1']);
      expect(await by('ZOFIE anna')).toEqual(['s0']);
      expect(await by('李小龙')).toEqual(['s2']);
      expect(await by('ann')).toEqual([]);
      expect(await by('—')).toEqual([]);
      expect(await by('anna', 'gate')).toEqual([]);
      await change('door', 's1', { label: 'Berta' });
      expect(await by('anna')).toEqual(['s0']);
    });

    it('finds by state, page by page, and says how many there are', async () => {
      for (const at of [0, 1, 2, 3]) await enrol(`s${at}`, at + 1);
      await change('door', 's1', { suspendedAtMs: 7 });
      await change('door', 's2', { consent: CONSENT, expiresAtMs: 100 });
      expect(await found('door', { suspended: true }, null, 9)).toEqual(['s1']);
      expect(await found('door', { suspended: false, consented: false }, null, 9)).toEqual(['s0', 's3']);
      expect(await found('door', { consented: true }, null, 9)).toEqual(['s2']);
      expect(await found('door', { expiresBeforeMs: 101 }, null, 9)).toEqual(['s2']);
      expect(await found('door', { expiresBeforeMs: 100 }, null, 9)).toEqual([]);
      const first = await store().subjects.search('door', {}, null, 3);
      const second = await store().subjects.search('door', {}, first.next, 3);
      expect([first.total, second.total, second.subjects.length, second.next]).toEqual([4, 4, 1, null]);
      const all = [...first.subjects, ...second.subjects];
      expect(new Set(all.map(({ subject }) => subject)).size).toBe(4);
    });

    it('accepts nobody as a subject that is suspended or has expired, whatever the session found before', async () => {
      const restsOn = await enrol('anna');
      expect(await accept('before', restsOn, 50)).toBe(true);
      await change('door', 'anna', { suspendedAtMs: 60 });
      expect(await accept('suspended', restsOn, 70)).toBe(false);
      expect(await store().decisions.find('door', 'suspended')).toBeNull();
      await change('door', 'anna', { suspendedAtMs: null, expiresAtMs: 100 });
      expect([await accept('in time', restsOn, 99), await accept('late', restsOn, 100)]).toEqual([
        true,
        false,
      ]);
      expect(await store().decisions.record({ ...DECISION, sessionId: 'reject' })).toBe(true);
    });

    it('knows who is due: expired, or neither enrolled nor accepted for so long', async () => {
      const atMs = 1_700_000_000_000 + 10 * DAY_MS;
      await enrol('unused', 1);
      const restsOn = await enrol('anna', 2);
      await enrol('expired', 3);
      await change('door', 'expired', { expiresAtMs: atMs });
      await accept('lately', restsOn, atMs - DAY_MS);
      const due = async (...given: Parameters<Store['subjects']['due']>) =>
        (await store().subjects.due(...given)).map(({ subject }) => subject).toSorted();
      expect(await due(atMs - 1, null, 9)).toEqual([]);
      expect(await due(atMs, null, 9)).toEqual(['expired']);
      expect(await due(atMs, atMs - 2 * DAY_MS, 9)).toEqual(['expired', 'unused']);
      expect(await due(atMs, atMs, 9)).toHaveLength(3);
      expect(await due(atMs, atMs, 1)).toHaveLength(1);
      expect(await found('door', { unusedSinceMs: atMs - 2 * DAY_MS }, null, 9)).toEqual([
        'expired',
        'unused',
      ]);
      expect(await store().subjects.find('door', 'anna')).toMatchObject({ lastAcceptedAtMs: atMs - DAY_MS });
    });

    it('ends a lock-out where it was unlocked, and counts on from there', async () => {
      const lockOut = { maxFailures: 2, windowMs: 1_000 };
      const attempt = (at: number) =>
        store().decisions.begin({ ...ATTEMPT, sessionId: `s${at}`, startedAtMs: at }, lockOut);
      const anna = { tenant: 'door', subject: 'anna', observed: false };
      for (const at of [100, 101]) await attempt(at);
      expect(await store().decisions.lockedUntil(anna, 200, lockOut)).toBe(1_100);
      await store().decisions.unlock('door', 'ben', 200);
      expect(await store().decisions.lockedUntil(anna, 200, lockOut)).toBe(1_100);
      await store().decisions.unlock('door', 'anna', 200);
      expect(await store().decisions.lockedUntil(anna, 200, lockOut)).toBeNull();
      for (const at of [201, 202]) expect(await attempt(at)).toBeNull();
      expect(await attempt(203)).toBe(1_201);
    });

    it("lists the subject's own attempts, the latest first", async () => {
      for (const [at, subject] of ['anna', 'ben', 'anna'].entries())
        await store().decisions.record({ ...DECISION, subject, sessionId: `s${at}`, decidedAtMs: 100 + at });
      const of = async (subject: string, limit: number) =>
        (await store().decisions.ofSubject('door', subject, limit)).map(({ sessionId }) => sessionId);
      expect([await of('anna', 9), await of('anna', 1), await of('cem', 9)]).toEqual([
        ['s2', 's0'],
        ['s2'],
        [],
      ]);
    });

    it('says what a reference was made of, and knows its pictures again until it is removed', async () => {
      const digest = 'ab'.repeat(32);
      const origin = { kind: 'photos', pictures: 2 } as const;
      const first = await enrol('anna');
      const second = await store().references.add({
        ...newReference({ seed: 2 }),
        origin,
        pictures: [digest],
      });
      await reopen();
      const held = await store().references.ofSubject('door', 'anna');
      expect(held.map((one) => one.origin)).toEqual([undefined, origin]);
      const known = (subject: string) => store().references.knownPictures('door', subject, [digest, 'cd']);
      expect([await known('anna'), await known('ben')]).toEqual([[digest], []]);
      const remove = (...of: [string, string]) => store().references.remove('door', ...of);
      expect([await remove('ben', second), await remove('anna', 'none')]).toEqual(['unknown', 'unknown']);
      expect([await remove('anna', second), await remove('anna', first)]).toEqual(['removed', 'last']);
      expect(await known('anna')).toEqual([]);
      expect(await store().references.ofSubject('door', 'anna')).toHaveLength(1);
    });

    it('is erased with its subject: a new enrolment begins without any of it', async () => {
      const pictures = ['ef'.repeat(32)];
      await store().references.add({ ...newReference(), pictures });
      await change('door', 'anna', { label: 'Anna', consent: CONSENT, suspendedAtMs: 5, expiresAtMs: 9 });
      await store().decisions.unlock('door', 'anna', 7);
      await store().references.eraseSubject('door', 'anna');
      expect(await store().subjects.stateOf('door', 'anna')).toEqual(NO_RECORD);
      await store().references.add(newReference({ embeddings: randomEmbeddings(9) }));
      expect(await store().subjects.stateOf('door', 'anna')).toEqual(NO_RECORD);
      expect(await found('door', { label: 'anna' }, null, 9)).toEqual([]);
      expect(await store().references.knownPictures('door', 'anna', pictures)).toEqual([]);
    });
  });
}
