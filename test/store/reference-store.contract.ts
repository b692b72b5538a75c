import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreError } from '../../server/store/errors.ts';
import type { Store } from '../../server/store/ports.ts';
import { ATTEMPT, DECISION, describeAttempts, NO_LOCK_OUT } from './attempts.contract.ts';
import { describeSubjects } from './subjects.contract.ts';
import { collect, newReference, randomEmbeddings } from './support.ts';

/** A database of one kind, and ways to change it without the store. */
export interface StoreBackend {
  /** Opens the same database each time, by default with its own master key. */
  open(masterKey?: Buffer): Promise<Store>;
  /** Changes one bit of the sealed part of a reference. */
  flipBit(referenceId: string): Promise<void>;
  /** Gives one reference's row the tenant and subject of another's. */
  moveTo(referenceId: string, ofReferenceId: string): Promise<void>;
  /** Changes the time of creation of a reference's row. */
  redate(referenceId: string, createdAtMs: number): Promise<void>;
  dispose(): Promise<void>;
}

const codeOf = (error: StoreError) => error.code;

/** What every backend of the store ports must do. */
export function describeStore(name: string, createBackend: () => Promise<StoreBackend>): void {
  describe(`${name}: store contract`, () => {
    let backend: StoreBackend;
    let store: Store;

    beforeEach(async () => {
      backend = await createBackend();
      store = await backend.open();
    });
    afterEach(async () => {
      await store.close();
      await backend.dispose();
    });

    const reopen = async () => {
      await store.close();
      store = await backend.open();
    };

    it('returns every embedding bit for bit, with subject, tenant and time, also after reopening', async () => {
      const reference = newReference({
        embeddings: randomEmbeddings(7, ['faceres', 'dlib', 'mobilefacenet']),
      });
      const referenceId = await store.references.add(reference);
      const expected = { ...reference, referenceId };
      expect(await store.references.ofSubject('door', 'anna')).toEqual([expected]);
      await reopen();
      expect(await store.references.ofSubject('door', 'anna')).toEqual([expected]);
      expect(await collect(store.references.all())).toEqual([expected]);
    });

    it('returns several references of a subject in order of creation', async () => {
      const ids: string[] = [];
      for (const seed of [3, 1, 2]) ids.push(await store.references.add(newReference({ seed })));
      const found = await store.references.ofSubject('door', 'anna');
      expect(found.map(({ referenceId }) => referenceId)).toEqual(ids);
      expect(await store.references.countSubjects('door')).toBe(1);
    });

    it('iterates over more references than fit one page, in order of creation', async () => {
      const ids: string[] = [];
      const embeddings = randomEmbeddings(1, ['dlib']);
      for (let number = 0; number < 300; number++)
        ids.push(await store.references.add(newReference({ subject: `subject-${number}`, embeddings })));
      const all = await collect(store.references.all());
      expect(all.map(({ referenceId }) => referenceId)).toEqual(ids);
      expect(await store.references.countSubjects('door')).toBe(300);
    });

    it('takes writes while it is being iterated over', async () => {
      await store.references.add(newReference({ subject: 'first' }));
      const seen: string[] = [];
      for await (const { subject } of store.references.all()) {
        if (subject === 'first') await store.references.add(newReference({ subject: 'second' }));
        seen.push(subject);
      }
      expect(seen[0]).toBe('first');
      expect(await store.references.countSubjects('door')).toBe(2);
    });

    it('keeps tenants apart', async () => {
      await store.references.add(newReference({ tenant: 'door' }));
      expect(await store.references.ofSubject('gate', 'anna')).toEqual([]);
      expect(await store.references.countSubjects('gate')).toBe(0);
      expect(await store.references.eraseSubject('gate', 'anna')).toBe(0);
      expect(await store.references.ofSubject('door', 'anna')).toHaveLength(1);
    });

    it('stores subject ids of any script byte for byte, and different Unicode forms as different subjects', async () => {
      const subjects = [
        'Žofie',
        'Zˇofie',
        'é',
        'e\u0301',
        '李小龙',
        '👩🏽‍🚀',
        "Robert'); DROP TABLE reference;--",
        ' x ',
        'a\0b',
      ];
      for (const subject of subjects) await store.references.add(newReference({ subject }));
      for (const subject of subjects) {
        const found = await store.references.ofSubject('door', subject);
        expect(found.map((reference) => reference.subject)).toEqual([subject]);
      }
      expect(await store.references.countSubjects('door')).toBe(subjects.length);
    });

    it.each([
      ['half a surrogate pair as subject', { subject: 'a\ud800' }],
      ['an empty subject', { subject: '' }],
      ['an empty tenant', { tenant: '' }],
      ['no embedding', { embeddings: {} }],
      ['an embedding that is not normalised', { embeddings: { dlib: new Float32Array(128).fill(1) } }],
      ['an embedding with NaN', { embeddings: { dlib: new Float32Array(128).fill(NaN) } }],
      ['a time that is no whole number', { createdAtMs: 0.5 }],
    ])('refuses %s with store.invalid and stores nothing', async (_, changes) => {
      await expect(store.references.add(newReference(changes))).rejects.toMatchObject({
        code: 'store.invalid',
      });
      expect(await collect(store.references.all())).toEqual([]);
    });

    it('stores every one of many simultaneous references', async () => {
      const ids = await Promise.all(
        Array.from({ length: 40 }, (_, seed) =>
          store.references.add(newReference({ subject: `s${seed % 8}`, seed })),
        ),
      );
      expect(new Set(ids).size).toBe(40);
      expect(await store.references.countSubjects('door')).toBe(8);
      await reopen();
      const kept = (await collect(store.references.all())).map(({ referenceId }) => referenceId);
      expect(kept.toSorted()).toEqual(ids.toSorted());
    });

    it('refuses another master key with store.key_mismatch and still opens with its own', async () => {
      await store.references.add(newReference());
      await store.close();
      await expect(backend.open(Buffer.alloc(32, 9))).rejects.toMatchObject({ code: 'store.key_mismatch' });
      store = await backend.open();
      expect(await store.references.ofSubject('door', 'anna')).toHaveLength(1);
    });

    describe('a reference that was tampered with', () => {
      /** What every method says when the reference `spoiltId` of `owner` cannot be opened. */
      const readAll = async (owner: readonly [tenant: string, subject: string]) => {
        const { references } = store;
        const corrupt: [string, string][] = [];
        const note = (referenceId: string, error: StoreError) => corrupt.push([referenceId, error.code]);
        const readable = await collect(references.all(note));
        return {
          ofOwner: await references.ofSubject(...owner).catch(codeOf),
          all: await collect(references.all()).catch(codeOf),
          ofBen: (await references.ofSubject('door', 'ben')).length,
          corrupt,
          spoiltIsReadable: readable.some(({ referenceId }) => referenceId === spoiltId),
          benIsReadable: readable.some(({ subject }) => subject === 'ben'),
        };
      };
      const onlyItIsLost = () => ({
        ofOwner: 'store.corrupt',
        all: 'store.corrupt',
        ofBen: 1,
        corrupt: [[spoiltId, 'store.corrupt']],
        spoiltIsReadable: false,
        benIsReadable: true,
      });
      let spoiltId: string;
      beforeEach(async () => {
        spoiltId = await store.references.add(newReference({ subject: 'anna' }));
        await store.references.add(newReference({ subject: 'ben', seed: 2 }));
      });

      it('does not open after a changed bit', async () => {
        await backend.flipBit(spoiltId);
        expect(await readAll(['door', 'anna'])).toEqual(onlyItIsLost());
      });

      it('does not open with a changed time of creation', async () => {
        await backend.redate(spoiltId, 1);
        expect(await readAll(['door', 'anna'])).toEqual(onlyItIsLost());
      });

      it('does not open in the row of another subject, who could otherwise be impersonated', async () => {
        const victimId = await store.references.add(newReference({ subject: 'victim', seed: 3 }));
        await backend.moveTo(spoiltId, victimId);
        expect(await readAll(['door', 'victim'])).toEqual(onlyItIsLost());
      });

      it('does not open in the row of another tenant', async () => {
        const victimId = await store.references.add(
          newReference({ tenant: 'gate', subject: 'anna', seed: 3 }),
        );
        await backend.moveTo(spoiltId, victimId);
        expect(await readAll(['gate', 'anna'])).toEqual(onlyItIsLost());
      });

      it('is reported and left out when asked for, as long as another of its subject opens', async () => {
        const reported: [string, string][] = [];
        const opened = async () => {
          reported.length = 0;
          const found = await store.references.ofSubject('door', 'anna', (referenceId, { code }) =>
            reported.push([referenceId, code]),
          );
          return found.map(({ referenceId }) => referenceId);
        };
        const goodId = await store.references.add(newReference({ subject: 'anna', seed: 4 }));
        expect([await opened(), reported]).toEqual([[spoiltId, goodId], []]);
        await backend.flipBit(spoiltId);
        expect([await opened(), reported]).toEqual([[goodId], [[spoiltId, 'store.corrupt']]]);
        await expect(store.references.ofSubject('door', 'anna')).rejects.toMatchObject({
          code: 'store.corrupt',
        });
        // No list, since an empty one would say that nobody is enrolled.
        await backend.flipBit(goodId);
        await expect(opened()).rejects.toMatchObject({ code: 'store.corrupt' });
        expect(reported.map(([referenceId]) => referenceId)).toEqual([spoiltId, goodId]);
        expect(await store.references.ofSubject('door', 'nobody', () => undefined)).toEqual([]);
      });
    });

    it('erases all references of one subject and none of another', async () => {
      for (const seed of [1, 2]) await store.references.add(newReference({ seed }));
      await store.references.add(newReference({ subject: 'ben' }));
      expect(await store.references.eraseSubject('door', 'anna')).toBe(2);
      expect(await store.references.ofSubject('door', 'anna')).toEqual([]);
      expect(await store.references.eraseSubject('door', 'anna')).toBe(0);
      await reopen();
      expect((await collect(store.references.all())).map(({ subject }) => subject)).toEqual(['ben']);
    });

    it('takes references again after the last one of a tenant was erased', async () => {
      await store.references.add(newReference());
      await store.references.eraseSubject('door', 'anna');
      await store.references.add(newReference({ seed: 2 }));
      await reopen();
      expect(await store.references.ofSubject('door', 'anna')).toHaveLength(1);
    });

    it('returns a decision as it was recorded, with a hash in place of the subject, also after reopening', async () => {
      await store.decisions.record(DECISION);
      await reopen();
      const { subject, ...plain } = DECISION;
      const found = await store.decisions.find('door', 'session-1');
      expect(found).toEqual({ ...plain, subjectHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(JSON.stringify(found)).not.toContain(subject);
      expect(await store.decisions.find('gate', 'session-1')).toBeNull();
      expect(await store.decisions.find('door', 'session-2')).toBeNull();
    });

    it('gives a subject one hash within a tenant, another in another tenant, and none when there is no subject', async () => {
      const hashOf = async (changes: { sessionId: string; subject?: string | null; tenant?: string }) => {
        const decision = { ...DECISION, ...changes };
        await store.decisions.record(decision);
        return (await store.decisions.find(decision.tenant, decision.sessionId))?.subjectHash;
      };
      const hash = await hashOf({ sessionId: 'a' });
      expect(await hashOf({ sessionId: 'b' })).toBe(hash);
      expect(await hashOf({ sessionId: 'c', subject: 'ben' })).not.toBe(hash);
      expect(await hashOf({ sessionId: 'd', tenant: 'gate' })).not.toBe(hash);
      expect(await hashOf({ sessionId: 'e', subject: null })).toBeNull();
    });

    it('keeps the first decision of a session', async () => {
      const restsOn = await store.references.add(newReference());
      const accept = { ...DECISION, outcome: 'accept', restsOn } as const;
      expect(await store.decisions.record(DECISION)).toBe(true);
      expect(await store.decisions.record(DECISION)).toBe(true);
      expect(await store.decisions.record(accept)).toBe(false);
      expect((await store.decisions.find('door', 'session-1'))?.outcome).toBe('reject');
    });

    it('records an accept while the reference that it rests on is stored, and not once it is erased', async () => {
      const restsOn = await store.references.add(newReference());
      await store.references.add(newReference({ subject: 'ben', seed: 2 }));
      const accept = (
        sessionId: string,
        changes: { subject?: string; tenant?: string; restsOn?: string } = {},
      ) =>
        store.decisions.record({
          ...DECISION,
          sessionId,
          outcome: 'accept',
          restsOn,
          ...changes,
        });
      expect(await accept('before')).toBe(true);
      expect(await accept('of another subject', { subject: 'ben' })).toBe(false);
      expect(await accept('of another tenant', { tenant: 'gate' })).toBe(false);
      expect(await accept('of nothing', { restsOn: 'nothing' })).toBe(false);
      // Called one after another without waiting, as two sessions and a relying party would.
      const [inTime, erased, late] = await Promise.all([
        accept('in time'),
        store.references.eraseSubject('door', 'anna'),
        accept('late'),
      ]);
      expect([inTime, erased, late]).toEqual([true, 1, false]);
      expect(await accept('before'), 'what is on record stays on record').toBe(true);
      const listed = await store.decisions.list('door', null, 10);
      expect(listed.map(({ sessionId, subjectHash }) => [sessionId, subjectHash])).toEqual([
        ['in time', null],
        ['before', null],
      ]);
      await store.references.add(newReference({ seed: 3 }));
      expect(await accept('enrolled again')).toBe(false);
    });

    describeAttempts({ store: () => store, reopen });
    describeSubjects({ store: () => store, reopen });

    it("lists a tenant's decisions page by page, the latest first", async () => {
      for (const at of [3, 1, 4, 2, 5])
        await store.decisions.record({
          ...DECISION,
          sessionId: `session-${at}`,
          decidedAtMs: DECISION.decidedAtMs + Math.min(at, 4),
        });
      await store.decisions.record({ ...DECISION, tenant: 'gate' });
      const first = await store.decisions.list('door', null, 3);
      expect(first.map(({ sessionId }) => sessionId)).toEqual(['session-5', 'session-4', 'session-3']);
      expect(first[0]).toEqual(await store.decisions.find('door', 'session-5'));
      const second = await store.decisions.list('door', first[2] ?? null, 3);
      expect(second.map(({ sessionId }) => sessionId)).toEqual(['session-2', 'session-1']);
      expect(await store.decisions.list('nobody', null, 3)).toEqual([]);
    });

    it("lists a tenant's subjects by hash, page by page, each once", async () => {
      for (const [seed, subject] of ['anna', 'ben', 'anna', 'cem'].entries())
        await store.references.add(newReference({ seed, subject }));
      await store.references.add(newReference({ tenant: 'gate' }));
      const all = await store.references.listSubjects('door', null, 10);
      expect(all.map(({ references }) => references).toSorted((a, b) => a - b)).toEqual([1, 1, 2]);
      expect(all.map(({ subjectHash }) => subjectHash)).toEqual(
        all.map(({ subjectHash }) => subjectHash).toSorted(),
      );
      await store.decisions.record(DECISION);
      const anna = all.find(({ references }) => references === 2);
      expect(anna?.subjectHash).toBe((await store.decisions.find('door', 'session-1'))?.subjectHash);
      expect((anna?.lastEnrolledAtMs ?? 0) - (anna?.firstEnrolledAtMs ?? 0)).toBe(2);
      const [first] = await store.references.listSubjects('door', null, 1);
      expect(await store.references.listSubjects('door', first?.subjectHash ?? null, 10)).toEqual(
        all.slice(1),
      );
    });

    it('removes the link from decisions to an erased subject and keeps the decisions', async () => {
      await store.references.add(newReference());
      await store.decisions.record(DECISION);
      await store.decisions.record({ ...DECISION, sessionId: 'session-2', subject: 'ben' });
      await store.references.eraseSubject('door', 'anna');
      expect(await store.decisions.find('door', 'session-1')).toMatchObject({
        outcome: 'reject',
        subjectHash: null,
      });
      expect((await store.decisions.find('door', 'session-2'))?.subjectHash).not.toBeNull();
    });

    it('rejects every call after close with store.unavailable, and can be closed twice', async () => {
      await store.close();
      await store.close();
      const unavailable = { code: 'store.unavailable' };
      await expect(store.references.add(newReference())).rejects.toMatchObject(unavailable);
      await expect(store.references.ofSubject('door', 'anna')).rejects.toMatchObject(unavailable);
      await expect(collect(store.references.all())).rejects.toMatchObject(unavailable);
      await expect(store.references.eraseSubject('door', 'anna')).rejects.toMatchObject(unavailable);
      await expect(store.references.countSubjects('door')).rejects.toMatchObject(unavailable);
      await expect(store.decisions.record(DECISION)).rejects.toMatchObject(unavailable);
      await expect(store.decisions.find('door', 'session-1')).rejects.toMatchObject(unavailable);
      await expect(store.decisions.begin(ATTEMPT, NO_LOCK_OUT)).rejects.toMatchObject(unavailable);
      await expect(store.decisions.endInterrupted(1)).rejects.toMatchObject(unavailable);
    });
  });
}
