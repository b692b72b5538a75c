import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../models/evaluate/seeded-random.ts';
import { skipping } from '../../models/evaluate/pad/live-picture.ts';
import { openSessions } from '../../models/evaluate/report-command.ts';
import { evaluatePad } from '../../models/evaluate/pad/pad-evaluation.ts';
import { restrictAnalysis } from '../../models/evaluate/pad/restrict-analysis.ts';
import { playSession, type LivePresenter } from '../../models/evaluate/pad/session-player.ts';
import { openRecords } from '../../models/evaluate/pad/subject-records.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { analysisOf, seeded } from '../support/analysis-builder.ts';
import { ALL_MODELS } from '../support/session-driver.ts';

const EVERYTHING = { embeddings: true, pad: true, countFaces: true } as const;

describe('a kind whose pictures are made while its sessions run', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-live-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is analysed by the server’s workers as the session asks, counted, and told line by line', async () => {
    const write = await openSessions(folder);
    const { rows, frames } = await evaluatePad({
      data: null,
      photographs: null,
      people: 1,
      policy: 'standard',
      kinds: ['stills-thin'],
      tier: 'base',
      presentations: 1,
      seed: 1,
      workers: 1,
      modelCache: modelCacheDir(),
      footageCache: join(folder, 'cache'),
      progress: () => {},
      onSession: write,
    });
    expect(frames).toBe(0);
    expect(rows).toMatchObject([
      { kind: 'stills-thin', attackClass: 'cheap injection', presentations: 1, recordings: 1, accepted: 0 },
    ]);
    // Four frames a second are too few to judge anybody by.
    expect(rows[0].reasons[0].reasons).toContain('connection-too-slow');
    const [line, end] = (await readFile(join(folder, 'sessions.jsonl'), 'utf8')).split('\n');
    expect(JSON.parse(line)).toMatchObject({ kind: 'stills-thin', recording: 'first', succeeded: false });
    expect(end).toBe('');
  });
});

describe('a client that asks to skip', () => {
  const random = seeded(3);
  const still = (): LivePresenter => ({
    lookAt: () => async (region, options) =>
      restrictAnalysis(analysisOf({}, EVERYTHING, ALL_MODELS.models, random), region, options, ALL_MODELS),
  });
  const play = (presenter: LivePresenter) =>
    playSession({
      presenter,
      policy: policyFor('standard'),
      context: ALL_MODELS,
      references: [],
      mode: 'enrol',
      random: seededRandom(8),
      framesPerSecond: 20,
      scoreMotion: null,
    });

  it('gets another challenge in its place, once', async () => {
    const plain = await play(still());
    const [first] = plain.asked;
    const skipped = await play(skipping(still(), first));
    expect(skipped.asked[0]).toBe(first);
    expect(skipped.asked[1]).not.toBe(first);
    expect(skipped.asked.length).toBeGreaterThan(plain.asked.length);
  });
});

describe('the records that a chain of enrolments meets', () => {
  const axis = (place: number) => {
    const mobilefacenet = new Float32Array(128);
    mobilefacenet[place] = 1;
    return { mobilefacenet };
  };

  it('take a further reference of the same face, by the server’s rules, and no other face', async () => {
    const records = openRecords();
    expect((await records.enrol(axis(0))).result).toBe('stored');
    expect((await records.enrol(axis(0))).result).toBe('stored');
    expect((await records.enrol(axis(1))).result).toBe('duplicate');
    expect(await records.all()).toHaveLength(2);
  });
});
