import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { thresholdAt } from '../../server/matching/score-scales.ts';
import { createGallery, type Gallery } from '../../server/subjects/gallery/gallery.ts';
import { createLogger } from '../../server/observe/log.ts';
import type { SessionRequest } from '../../server/session/ports.ts';
import { StoreError, type StoreErrorCode } from '../../server/store/errors.ts';
import type { ReferenceStore, Store } from '../../server/store/ports.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import { SessionDirectory } from '../../server/sessions/directory.ts';
import { MAX_REFERENCES, Subjects } from '../../server/subjects/subjects.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';
import { deferred } from '../support/deferred.ts';

let folder: string;
let store: Store;
let gallery: Gallery;
let sessions: SessionDirectory;
let subjects: Subjects;
let faults: Fault[];
let logged: Record<string, unknown>[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-subjects-'));
  store = await openSqliteStore({
    path: join(folder, 'subjects.db'),
    masterKey: randomBytes(32),
    busyTimeoutMs: 50,
  });
  gallery = createGallery();
  sessions = new SessionDirectory({ nowMs: () => 1 });
  faults = [];
  logged = [];
  const log = pino(
    { base: null, formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  );
  subjects = made(failing(store.references), log);
});
const made = (references: ReferenceStore, log = createLogger({ logLevel: 'silent' })) =>
  new Subjects({
    references,
    records: store.subjects,
    gallery,
    sessions,
    log,
    nowMs: () => 1,
    wallMs: () => 1,
  });
afterEach(async () => {
  gallery.close();
  await store.close();
  await rm(folder, { recursive: true });
});

/** A call to the store that rejects: before it does anything, or after it has done everything. */
interface Fault {
  readonly of: 'add' | 'eraseSubject' | 'ofSubject';
  readonly when: 'before' | 'after';
  readonly code: StoreErrorCode;
}

/** The store with `faults`, each of which makes the next call of its kind fail. */
function failing(references: ReferenceStore): ReferenceStore {
  const guarded =
    <Args extends unknown[], Result>(of: Fault['of'], call: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      const fault = faults.find((one) => one.of === of);
      faults = faults.filter((one) => one !== fault);
      if (fault?.when !== 'before') {
        const result = await call(...args);
        if (fault === undefined) return result;
      }
      throw new StoreError(fault.code);
    };
  return {
    add: guarded('add', (reference) => references.add(reference)),
    eraseSubject: guarded('eraseSubject', (...place) => references.eraseSubject(...place)),
    ofSubject: guarded('ofSubject', (...place) => references.ofSubject(...place)),
    all: (onCorrupt) => references.all(onCorrupt),
    countSubjects: (tenant) => references.countSubjects(tenant),
    listSubjects: (...page) => references.listSubjects(...page),
    knownPictures: (...pictures) => references.knownPictures(...pictures),
    remove: (...place) => references.remove(...place),
  };
}

const enrolmentOf = (subject: string, sessionId = 'one'): SessionRequest => ({
  sessionId,
  tenant: 'default',
  mode: 'enrol',
  subject,
  policy: 'standard',
  audience: null,
  nonce: null,
  createdAtMs: 0,
});

const enrol = async (subject: string, face: Embeddings, isAwaited = () => true) =>
  (await subjects.enrol(enrolmentOf(subject), face, isAwaited)).result;

/** A face whose MobileFaceNet cosine with `faceAt(1)` is `cosine`. */
function faceAt(cosine: number): Embeddings {
  const mobilefacenet = new Float32Array(192);
  mobilefacenet[0] = cosine;
  mobilefacenet[1] = Math.sqrt(1 - cosine ** 2);
  return { mobilefacenet };
}

const unit = (dimensions: number) => Float32Array.from({ length: dimensions }, (_, at) => (at === 0 ? 1 : 0));

const verified = thresholdAt('mobilefacenet', 1e-4);

describe('enrolling again', () => {
  it('takes only a face that verification would accept, since the new reference verifies it from then on', async () => {
    expect(await enrol('ada', faceAt(1))).toBe('stored');
    expect(await enrol('ada', faceAt(verified - 0.01))).toBe('duplicate');
    expect(await subjects.countReferences('default', 'ada')).toBe(1);
    expect(await enrol('ada', faceAt(verified + 0.01))).toBe('stored');
  });

  it('takes no face that is like a later reference, but not like the first', async () => {
    const atAngle = (angleDeg: number) => faceAt(Math.cos((angleDeg * Math.PI) / 180));
    const [near, far] = [50, 70];
    for (const angle of [0, near]) expect(await enrol('ada', atAngle(angle))).toBe('stored');
    expect(Math.cos(((far - near) * Math.PI) / 180)).toBeGreaterThan(verified);
    expect(await enrol('ada', atAngle(far))).toBe('duplicate');
  });

  it('keeps the first reference among the candidates of a search, before the one that fits', async () => {
    for (const cosine of [1, verified + 0.01]) expect(await enrol('ada', faceAt(cosine))).toBe('stored');
    const found = await subjects.search('default', faceAt(verified + 0.01));
    expect(found.map(({ embeddings }) => embeddings.mobilefacenet?.[0].toFixed(2))).toEqual([
      '1.00',
      (verified + 0.01).toFixed(2),
    ]);
    expect(await subjects.search('default', faceAt(1))).toHaveLength(1);
  });
});

describe('a reference that the store rejects', () => {
  it('is not reported as stored, is found by no search, and does not prevent a later enrolment', async () => {
    faults = [{ of: 'add', when: 'before', code: 'store.full' }];
    expect(await enrol('ada', faceAt(1))).toBe('failed');
    expect(gallery.search('default', faceAt(1), 1)).toEqual([]);
    expect(await enrol('eve', faceAt(1))).toBe('stored');
  });
});

describe('a reference that the store wrote and rejected all the same', () => {
  it('is reported as stored, and is found', async () => {
    faults = [{ of: 'add', when: 'after', code: 'store.unavailable' }];
    expect(await enrol('ada', faceAt(1))).toBe('stored');
    expect(gallery.search('default', faceAt(1), 1)).toMatchObject([{ subject: 'ada' }]);
    expect(await subjects.search('default', faceAt(1))).toMatchObject([{ subject: 'ada' }]);
    expect(await enrol('eve', faceAt(1))).toBe('duplicate');
    expect(await subjects.erase('default', 'ada')).toBe(1);
  });
});

describe('an enrolment whose session no longer waits', () => {
  it('stores nothing', async () => {
    expect(await enrol('ada', faceAt(1), () => false)).toBe('failed');
    expect(await store.references.countSubjects('default')).toBe(0);
  });
});

describe('a subject', () => {
  it('has a limited number of references, since each one adds false matches', async () => {
    for (let i = 0; i < MAX_REFERENCES; i++) expect(await enrol('ada', faceAt(1 - i / 1_000))).toBe('stored');
    expect(await enrol('ada', faceAt(1))).toBe('failed');
    expect(await subjects.countReferences('default', 'ada')).toBe(MAX_REFERENCES);
  });
});

describe('a face that is enrolled', () => {
  it('is refused as another subject, also when two sessions ask at once, until it is erased', async () => {
    const both = ['ada', 'eve'].map((subject) => enrol(subject, faceAt(1)));
    expect(await Promise.all(both)).toEqual(['stored', 'duplicate']);
    expect(await subjects.erase('default', 'ada')).toBe(1);
    expect(await enrol('eve', faceAt(1))).toBe('stored');
  });
});

describe('an erasure', () => {
  const found = async (tenant = 'default') =>
    (await subjects.search(tenant, faceAt(1))).map(({ subject }) => subject);
  const indexed = () => gallery.search('default', faceAt(1), 5).map(({ subject }) => subject);

  it.each([
    ['before', 'store.busy'],
    ['after', 'store.busy'],
    ['before', 'store.full'],
    ['before', 'store.unavailable'],
    ['after', 'store.unavailable'],
  ] as const)('that fails %s the rows are gone (%s) leaves nobody to be recognised, and asking again finishes it', async (when, code) => {
    await enrol('ada', faceAt(1));
    await enrol('ada', faceAt(0.99));
    faults = [{ of: 'eraseSubject', when, code }];
    await expect(subjects.erase('default', 'ada')).rejects.toMatchObject({ code: 'subject.busy' });
    expect(subjects.isBeingErased('default', 'ada')).toBe(true);
    expect([await found(), indexed()]).toEqual([[], []]);
    expect(await subjects.ofSubject('default', 'ada')).toEqual([]);
    expect(await subjects.countReferences('default', 'ada')).toBe(0);
    faults = [{ of: 'eraseSubject', when: 'before', code }];
    expect(await enrol('ada', faceAt(1))).toBe('failed');

    // As when the store's thread was replaced: the remaining rows are not loaded again.
    await subjects.load(() => undefined);
    expect([await found(), indexed()]).toEqual([[], []]);

    faults = [{ of: 'eraseSubject', when: 'before', code }];
    await expect(subjects.erase('default', 'ada')).rejects.toMatchObject({ code: 'subject.busy' });
    expect(await subjects.erase('default', 'ada')).toBe(2);
    expect(subjects.isBeingErased('default', 'ada')).toBe(false);
    expect(await store.references.ofSubject('default', 'ada')).toEqual([]);
    expect(await subjects.erase('default', 'ada')).toBe(0);
    expect(await enrol('ada', faceAt(1))).toBe('stored');
    expect(await found()).toEqual(['ada']);
  });

  it('that cannot remove its traces while somebody reads the database is not finished until it can', async () => {
    await enrol('ada', faceAt(1));
    const reader = new Database(join(folder, 'subjects.db'));
    reader.exec('BEGIN');
    expect(reader.prepare('SELECT count(*) FROM reference').pluck().get()).toBe(1);
    await expect(subjects.erase('default', 'ada')).rejects.toMatchObject({ code: 'subject.busy' });
    expect(await store.references.ofSubject('default', 'ada')).toEqual([]);
    expect([await found(), indexed()]).toEqual([[], []]);
    reader.close();
    expect(await subjects.erase('default', 'ada')).toBe(1);
  });

  it('that was not finished is finished before the subject is enrolled again', async () => {
    await enrol('ada', faceAt(1));
    faults = [{ of: 'eraseSubject', when: 'before', code: 'store.busy' }];
    await expect(subjects.erase('default', 'ada')).rejects.toMatchObject({ code: 'subject.busy' });
    // Another face than the one still stored: that reference must not make it a duplicate.
    const another = { mobilefacenet: unit(192).toReversed() };
    expect(await enrol('ada', another)).toBe('stored');
    expect(await subjects.search('default', another)).toMatchObject([{ subject: 'ada' }]);
    expect(await subjects.countReferences('default', 'ada')).toBe(1);
    expect(await subjects.erase('default', 'ada')).toBe(1);
  });

  it('that no further call can finish rejects with the store’s error, and leaves nobody to be recognised', async () => {
    await enrol('ada', faceAt(1));
    faults = [{ of: 'eraseSubject', when: 'before', code: 'store.corrupt' }];
    await expect(subjects.erase('default', 'ada')).rejects.toMatchObject({ code: 'store.corrupt' });
    expect([await found(), indexed()]).toEqual([[], []]);
  });

  it('takes effect when it is requested, for this subject of this tenant only', async () => {
    await enrol('ada', faceAt(1));
    const other = { ...enrolmentOf('ada'), tenant: 'gate' };
    await subjects.enrol(other, faceAt(1), () => true);
    const searched = found();
    const read = subjects.ofSubject('default', 'ada');
    const erased = subjects.erase('default', 'ada');
    expect(subjects.isBeingErased('default', 'ada')).toBe(true);
    expect(subjects.isBeingErased('gate', 'ada')).toBe(false);
    expect([await searched, await read]).toEqual([[], []]);
    expect(await erased).toBe(1);
    expect(await found('gate')).toEqual(['ada']);
    expect(await subjects.countReferences('gate', 'ada')).toBe(1);
  });

  it('is not undone by a load of the gallery that has already read the subject', async () => {
    await enrol('ada', faceAt(1));
    const { references } = store;
    const reading = deferred<void>();
    const erased = deferred<void>();
    const slow: ReferenceStore = {
      ...failing(references),
      async *all(onCorrupt) {
        for await (const reference of references.all(onCorrupt)) {
          reading.resolve();
          await erased.promise;
          yield reference;
        }
      },
    };
    subjects = made(slow);
    const loaded = subjects.load(() => undefined);
    await reading.promise;
    expect(await subjects.erase('default', 'ada')).toBe(1);
    erased.resolve();
    await loaded;
    expect([await found(), indexed()]).toEqual([[], []]);
  });

  it('is not undone by an enrolment that was requested before, and does not prevent one after', async () => {
    const [before, running, other, after] = ['before', 'running', 'other', 'after'];
    sessions.announce(enrolmentOf('ada', before), 100);
    sessions.announce(enrolmentOf('ada', running), 100);
    sessions.started(enrolmentOf('ada', running));
    sessions.announce(enrolmentOf('eve', other), 100);
    const enrolBy = async (subject: string, sessionId: string) =>
      (await subjects.enrol(enrolmentOf(subject, sessionId), faceAt(1), () => true)).result;
    // The enrolment is under way when the erasure is requested, of a subject that is not stored yet.
    const underWay = enrolBy('ada', running);
    expect(await subjects.erase('default', 'ada')).toBe(0);
    expect(await underWay).toBe('erased');
    expect(await enrolBy('ada', before)).toBe('erased');
    expect(await store.references.countSubjects('default')).toBe(0);
    expect(await enrolBy('eve', other)).toBe('stored');
    await subjects.erase('default', 'eve');
    sessions.announce(enrolmentOf('ada', after), 100);
    expect(await enrolBy('ada', after)).toBe('stored');
  });
});

describe('a subject that the gallery finds and the store does not know', () => {
  it('is not a candidate, and does not prevent an enrolment', async () => {
    await enrol('ada', faceAt(1));
    await store.references.eraseSubject('default', 'ada');
    expect(gallery.search('default', faceAt(1), 5)).toMatchObject([{ subject: 'ada' }]);
    expect(await subjects.search('default', faceAt(1))).toEqual([]);
    expect(await enrol('eve', faceAt(1))).toBe('stored');
  });

  it('is not a candidate either when its references share no model with the probe', async () => {
    await enrol('ada', faceAt(1));
    await store.references.eraseSubject('default', 'ada');
    const createdAtMs = 1;
    await store.references.add({
      tenant: 'default',
      subject: 'ada',
      embeddings: { dlib: unit(128) },
      createdAtMs,
    });
    expect(await subjects.search('default', faceAt(1))).toEqual([]);
  });
});

describe('a subject of whom a reference cannot be opened', () => {
  /** Damages the reference that was stored as the `number`th, beginning with 1. */
  function damage(number: number): void {
    const file = new Database(join(folder, 'subjects.db'));
    file.prepare('UPDATE reference SET envelope = zeroblob(length(envelope)) WHERE sequence = ?').run(number);
    file.close();
  }

  it('keeps nobody else from being recognised or enrolled, and is not taken for nobody', async () => {
    await enrol('ada', faceAt(1));
    const another = { mobilefacenet: unit(192).toReversed() };
    expect(await enrol('bob', another)).toBe('stored');
    damage(1);
    for (const read of [store.references, subjects])
      await expect(read.ofSubject('default', 'ada')).rejects.toMatchObject({ code: 'store.corrupt' });
    expect(gallery.search('default', faceAt(1), 5).map(({ subject }) => subject)).toContain('ada');
    expect(await subjects.search('default', another)).toMatchObject([{ subject: 'bob' }]);
    await expect(subjects.search('default', faceAt(1))).rejects.toMatchObject({ code: 'store.corrupt' });
    expect(await enrol('eve', faceAt(1))).toBe('failed');
    const third = { mobilefacenet: Float32Array.from({ length: 192 }, (_, at) => (at === 96 ? 1 : 0)) };
    expect(await enrol('cyd', third)).toBe('stored');
  });

  it('is verified by its other references, and the log has the code and nothing of whom', async () => {
    await enrol('ada', faceAt(1));
    await enrol('ada', faceAt(0.99));
    logged.length = 0;
    damage(1);
    const [reference, ...more] = await subjects.ofSubject('default', 'ada');
    expect([reference?.embeddings, more]).toEqual([faceAt(0.99), []]);
    expect(await subjects.countReferences('default', 'ada')).toBe(1);
    const said = logged.map(({ msg, code, level }) => ({ msg, code, level }));
    expect(said).toEqual(
      [1, 2].map(() => ({ msg: 'a reference does not open', code: 'store.corrupt', level: 'error' })),
    );
    expect(JSON.stringify(logged)).not.toContain('ada');
  });

  it('takes no further reference: whether a face is its own cannot be ruled out without all of them', async () => {
    await enrol('ada', faceAt(1));
    await enrol('ada', faceAt(0.99));
    damage(1);
    expect(await enrol('ada', faceAt(1))).toBe('failed');
    const other = { mobilefacenet: unit(192).toReversed() };
    expect(await enrol('ada', other), 'not a duplicate: it may be the face of the damaged one').toBe(
      'failed',
    );
    await expect(subjects.search('default', faceAt(1))).rejects.toMatchObject({ code: 'store.corrupt' });
    expect(await subjects.erase('default', 'ada')).toBe(2);
    expect(await enrol('ada', faceAt(1))).toBe('stored');
  });

  it('does not make a store that is busy look empty', async () => {
    await enrol('ada', faceAt(1));
    faults = [{ of: 'ofSubject', when: 'before', code: 'store.busy' }];
    await expect(subjects.search('default', faceAt(1))).rejects.toMatchObject({ code: 'store.busy' });
  });
});
