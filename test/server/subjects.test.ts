import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { thresholdAt } from '../../server/decision/score-scales.ts';
import { createGallery, type Gallery } from '../../server/gallery/gallery.ts';
import { createLogger } from '../../server/observe/log.ts';
import type { SessionRequest } from '../../server/session/ports.ts';
import { StoreError } from '../../server/store/errors.ts';
import type { Store } from '../../server/store/ports.ts';
import { openSqliteStore } from '../../server/store/sqlite.ts';
import { Sessions } from '../../server/session-directory.ts';
import { MAX_REFERENCES, Subjects } from '../../server/subjects.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';

let folder: string;
let store: Store;
let gallery: Gallery;
let sessions: Sessions;
let subjects: Subjects;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-subjects-'));
  store = await openSqliteStore({ path: join(folder, 'subjects.db'), masterKey: randomBytes(32) });
  gallery = createGallery();
  sessions = new Sessions({ nowMs: () => 1 });
  subjects = new Subjects({
    references: store.references,
    gallery,
    sessions,
    log: createLogger({ logLevel: 'silent' }),
    nowMs: () => 1,
  });
});
afterEach(async () => {
  gallery.close();
  await store.close();
  await rm(folder, { recursive: true });
});

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

const verified = thresholdAt('mobilefacenet', 1e-4);

describe('enrolling again', () => {
  it('takes no more than verification would: a reference gained is a face that verifies for good', async () => {
    expect(await enrol('ada', faceAt(1))).toBe('stored');
    expect(await enrol('ada', faceAt(verified - 0.01))).toBe('duplicate');
    expect(await subjects.countReferences('default', 'ada')).toBe(1);
    expect(await enrol('ada', faceAt(verified + 0.01))).toBe('stored');
  });
});

describe('a reference that the store does not take', () => {
  it('is not said to be stored, is found by no search, and stands in nobody’s way afterwards', async () => {
    vi.spyOn(store.references, 'add').mockRejectedValueOnce(new StoreError('store.full'));
    expect(await enrol('ada', faceAt(1))).toBe('failed');
    expect(gallery.search('default', faceAt(1), 1)).toEqual([]);
    expect(await enrol('eve', faceAt(1))).toBe('stored');
  });
});

describe('a subject', () => {
  it('has no more references than a claim can be compared with fairly', async () => {
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
