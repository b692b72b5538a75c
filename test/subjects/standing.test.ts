import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { thresholdAt } from '../../server/matching/score-scales.ts';
import { createLogger } from '../../server/observe/log.ts';
import { SessionDirectory } from '../../server/sessions/directory.ts';
import type { Store } from '../../server/store/ports.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import { createGallery, type Gallery } from '../../server/subjects/gallery/gallery.ts';
import { Subjects } from '../../server/subjects/subjects.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';

let folder: string;
let store: Store;
let gallery: Gallery;
let subjects: Subjects;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-subjects-'));
  store = await openSqliteStore({ path: join(folder, 'veriframe.db'), masterKey: Buffer.alloc(32, 7) });
  gallery = createGallery();
  subjects = new Subjects({
    references: store.references,
    records: store.subjects,
    gallery,
    sessions: new SessionDirectory({ nowMs: () => 1 }),
    log: createLogger({ logLevel: 'silent' }),
    nowMs: () => 1,
    wallMs: () => 1,
  });
});
afterEach(async () => {
  gallery.close();
  await store.close();
  await rm(folder, { recursive: true });
});

const enrol = async (subject: string, face: Embeddings) => {
  const request = {
    sessionId: 'one',
    tenant: 'default',
    mode: 'enrol',
    subject,
    policy: 'standard',
  } as const;
  const whole = { ...request, audience: null, nonce: null, createdAtMs: 0 };
  return (await subjects.enrol(whole, face, () => true)).result;
};

/** A face whose MobileFaceNet cosine with `faceAt(1)` is `cosine`. */
function faceAt(cosine: number): Embeddings {
  const mobilefacenet = new Float32Array(192);
  mobilefacenet[0] = cosine;
  mobilefacenet[1] = Math.sqrt(1 - cosine ** 2);
  return { mobilefacenet };
}

const verified = thresholdAt('mobilefacenet', 1e-4);

describe('a suspended subject', () => {
  const suspend = (suspendedAtMs: number | null) =>
    store.subjects.change('default', 'ada', { suspendedAtMs });
  const found = async () => (await subjects.search('default', faceAt(1))).map(({ subject }) => subject);

  it('is neither verified nor found until it is resumed, and keeps its references', async () => {
    await enrol('ada', faceAt(1));
    await suspend(1);
    expect(await subjects.ofSubject('default', 'ada')).toEqual([]);
    expect(await found()).toEqual([]);
    expect(await subjects.countReferences('default', 'ada')).toBe(1);
    await suspend(null);
    expect(await subjects.ofSubject('default', 'ada')).toHaveLength(1);
    expect(await found()).toEqual(['ada']);
  });

  it('enrols neither again nor by another id', async () => {
    await enrol('ada', faceAt(1));
    await suspend(1);
    expect([await enrol('ada', faceAt(1)), await enrol('eve', faceAt(1))]).toEqual(['failed', 'duplicate']);
  });

  it('makes way, once it has expired, for an enrolment that has none of what was before', async () => {
    await enrol('ada', faceAt(1));
    await store.subjects.change('default', 'ada', { label: 'Ada', expiresAtMs: 1 });
    expect(await subjects.countReferences('default', 'ada')).toBe(0);
    expect(await enrol('ada', faceAt(0))).toBe('stored');
    expect(await store.subjects.stateOf('default', 'ada')).toMatchObject({ label: null, expiresAtMs: null });
    expect(await found()).toEqual(['ada']);
    expect(await subjects.countReferences('default', 'ada')).toBe(1);
  });
});

describe('removing one reference', () => {
  it('takes it out of the search and leaves the others in it', async () => {
    for (const cosine of [1, verified + 0.01]) await enrol('ada', faceAt(cosine));
    const [first, second] = await subjects.ofSubject('default', 'ada');
    expect(await subjects.removeReference('default', 'ada', second?.referenceId ?? '')).toBe('removed');
    expect(gallery.size).toBe(1);
    const left = await subjects.search('default', faceAt(1));
    expect(left.map(({ referenceId }) => referenceId)).toEqual([first?.referenceId]);
  });
});
