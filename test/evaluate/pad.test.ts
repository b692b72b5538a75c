import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHALLENGE_KINDS, type ChallengeKind } from '../../protocol/status.ts';
import { EvaluateError } from '../../models/evaluate/evaluate-error.ts';
import { restrictAnalysis } from '../../models/evaluate/pad/restrict-analysis.ts';
import type { Footage } from '../../models/evaluate/pad/footage.ts';
import { type Ledger, runLedger } from '../../models/evaluate/pad/ledger.ts';
import { writeLedgerChart } from '../../models/evaluate/pad/ledger-chart.ts';
import { markdownReport, readmeTable } from '../../models/evaluate/pad/ledger-text.ts';
import { evaluatePad, type PadOptions } from '../../models/evaluate/pad/pad-evaluation.ts';
import { parsePadArguments } from '../../models/evaluate/pad/pad-options.ts';
import { DRAWN_KINDS } from '../../models/evaluate/pad/drawn-kinds.ts';
import { findRecordings, presentationOf } from '../../models/evaluate/pad/recordings.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { reliefRanges } from '../../server/evidence/relief.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { preparePortrait, record, SAMPLE_PORTRAITS, stillPhoto } from '../../simulator/index.ts';
import { hash32 } from '../../simulator/seeded.ts';
import { analysisOf, seeded, type Look } from '../support/analysis-builder.ts';
import { ALL_MODELS } from '../support/session-driver.ts';
import { blinkLook, gesture } from '../support/subjects.ts';

const EVERYTHING = {
  embeddings: true,
  pad: true,
  countFaces: true,
  relief: reliefRanges(policyFor('standard').relief, ['turn', 'nod']),
} as const;
const FRAME_MS = 40;
const RISE = 10;
const HOLD = 15;
const LEAD = 2;

/** Scripted footage that stands in for drawn footage; the source's id determines its content. */
function scripted(id: string): Footage {
  const action = CHALLENGE_KINDS.find((kind) => id.includes(` ${kind} `));
  const isFlat = /print|screen|phone/.test(id);
  const axis = ['first', 'second', 'third'].findIndex((name) => id.includes(name));
  const random = seeded(hash32(...Buffer.from(id)));
  const length = action === undefined ? 160 : action === 'blink' ? 12 : 2 * RISE + HOLD + 6;
  const frames = Array.from({ length }, (_, frame) => {
    const look: Look = {
      identity: { axis },
      faceCount: id.includes('couple') ? 2 : 1,
      picture: Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(16)).join(''),
      ...(isFlat ? { bonaFideProbability: 0.02 } : {}),
      ...(action === undefined ? restingLook(frame) : actingLook(action, frame - LEAD)),
    };
    const blocks = Array.from({ length: 30 }, (_block, i) =>
      id.includes('noiseless') ? i + 1 : 1 + Math.floor(random() * 2 ** 31),
    );
    return { ...analysisOf(look, EVERYTHING, ALL_MODELS.models, random), blocks };
  });
  return { id, framesPerSecond: 1000 / FRAME_MS, frames };
}

const restingLook = (frame: number): Look => (frame % 70 > 65 ? { openness: 0.45 } : {});

function actingLook(action: ChallengeKind, frame: number): Look {
  if (action === 'blink') return blinkLook(frame * FRAME_MS);
  const there = Math.min(1, Math.max(0, frame) / RISE);
  const back = Math.min(1, Math.max(0, frame - RISE - HOLD) / RISE);
  return gesture(action, there - back);
}

/** Kinds of attack that scripted footage cannot reject. The ledger measures them with drawn frames. */
const OPEN: readonly string[] = ['noiseless'];

describe('the ledger of attacks', () => {
  const ids = new Set(DRAWN_KINDS.flatMap(({ sources }) => sources.map(({ id }) => id)));
  const footages = new Map([...ids].map((id) => [id, scripted(id)] as const));
  const present = (kinds: readonly string[], presentations: number) =>
    runLedger({
      kinds: DRAWN_KINDS.filter(({ id }) => kinds.includes(id)),
      footages,
      policy: policyFor('standard'),
      contexts: [{ tier: 'full', context: { models: { ...ALL_MODELS.models, motion: false } } }],
      scoreMotion: null,
      presentations,
      seed: 1,
      openAnalyzer: () => Promise.reject(new Error('no pictures are drawn here')),
      onSession: () => {},
    });

  it('counts the simulated person as bona fide, and reports its times', async () => {
    const { rows, sessions } = await present(['person'], 6);
    expect((await present(['person'], 2)).sessions).toEqual(sessions.slice(0, 2));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      role: 'bona fide',
      attackClass: null,
      origin: 'simulated',
      presentations: 6,
      accepted: 6,
      recordings: 3,
      people: 3,
    });
    expect(rows[0].medianOverheadMs).toBeLessThan(2_500);
    expect(rows[0].errorRate.value).toBe(0);
    expect(rows[0].errorRate.high).toBeGreaterThan(0.3);
    expect(new Set(sessions.map(({ played }) => played.asked.join())).size).toBeGreaterThan(3);
  });

  const attacks = DRAWN_KINDS.filter(({ id, role }) => role === 'attack' && !OPEN.includes(id)).map(
    ({ id }) => id,
  );
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await present(attacks, 2);
  });

  it.each(attacks)('presents %s to the session, which accepts none', (kind) => {
    const row = ledger.rows.find((one) => one.kind === kind);
    expect(row).toMatchObject({ presentations: 2, accepted: 0, closed: 0 });
    expect(row?.reasons.length).toBeGreaterThan(0);
  });
});

describe('an analysis restricted to a request', () => {
  const full = analysisOf({}, EVERYTHING, ALL_MODELS.models, seeded(1));
  const region = full.face.found ? full.face.value.region : null;

  it('contains only what a server with these models would return', () => {
    const base = { models: { embeddings: ['faceres', 'dlib'], pad: [] } } as const;
    const { face, faceCount } = restrictAnalysis(full, region, EVERYTHING, base);
    const value = face.found ? face.value : null;
    expect(Object.keys(value?.embeddings ?? {}).toSorted()).toEqual(['dlib', 'faceres']);
    expect(value?.bonaFideProbability).toBeUndefined();
    expect([value?.followed, faceCount]).toEqual([true, 1]);
    const wants = { embeddings: false, pad: false, countFaces: false };
    const bare = restrictAnalysis(full, region, wants, ALL_MODELS);
    expect(bare.face.found && bare.face.value.embeddings).toBeUndefined();
    expect(bare.faceCount).toBeUndefined();
  });

  it('counts the face as not followed where the region is elsewhere', () => {
    const away = region === null ? null : { ...region, centreX: region.centreX + region.size };
    for (const [where, followed] of [
      [null, false],
      [away, false],
      [region, true],
    ] as const) {
      const { face } = restrictAnalysis(full, where, EVERYTHING, ALL_MODELS);
      expect(face.found && face.value.followed).toBe(followed);
    }
  });
});

describe('a folder of recordings', () => {
  let folder: string;
  let out: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-pad-'));
    out = join(folder, 'out');
    const photo = stillPhoto(await preparePortrait(SAMPLE_PORTRAITS.first), 3);
    const frames = await record(photo, { fromMs: 0, toMs: 1_200, fps: 25 });
    for (const place of ['set/print/one', 'set/faces/Ann'])
      await mkdir(join(folder, place), { recursive: true });
    await mkdir(out);
    for (const [i, { jpeg }] of frames.entries())
      await writeFile(join(folder, 'set/print/one', `one_7_${i}.jpg`), jpeg);
    // As many images of one person as a recording has frames: they are photographs all the same.
    for (const number of frames.keys()) {
      const name = `Ann_${String(number + 1).padStart(4, '0')}.jpg`;
      await writeFile(join(folder, 'set/faces/Ann', name), frames[0].jpeg);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is classified by words in its paths; photographs are no recordings', async () => {
    const { recordings, notices } = await findRecordings(join(folder, 'set'));
    expect(recordings.map(({ name, presentation }) => [name, presentation])).toEqual([
      ['print/one', 'print'],
    ]);
    expect(notices).toEqual([]);
    await expect(findRecordings(join(folder, 'nowhere'))).rejects.toThrow(EvaluateError);
    expect(
      ['a/live/0001', 'clips/d3.mp4', 'x/attack_print2/a.mp4', 'replay/phone-03.mov'].map(presentationOf),
    ).toEqual(['live', 'live', 'print', 'phone']);
  });

  it('is analysed once by the real vision code and presented; the report has text, numbers and a chart', async () => {
    const options: PadOptions = {
      data: join(folder, 'set'),
      photographs: null,
      people: 1,
      policy: 'standard',
      kinds: ['recorded-print', 'recorded-print-unasked'],
      tier: 'base',
      presentations: 2,
      seed: 1,
      workers: 1,
      modelCache: modelCacheDir(),
      footageCache: join(folder, 'cache'),
      progress: () => {},
    };
    const first = await evaluatePad(options);
    expect(first.frames).toBe(30);
    expect(first.rows).toMatchObject([
      { kind: 'recorded-print-unasked', unasked: true, presentations: 2 },
      { kind: 'recorded-print', unasked: false, accepted: 0 },
    ]);
    const kept = await readdir(join(folder, 'cache'), { recursive: true });
    expect(kept.filter((name) => name.endsWith('.msgpack'))).toHaveLength(1);
    const again = await evaluatePad(options);
    expect(again.rows).toEqual(first.rows);

    const report = { ...options, ...first };
    expect(readmeTable(report)).toContain('| recorded prints | – | recorded | 2 | 1 |');
    expect(markdownReport(report)).toContain('recorded-print (base)');
    await writeLedgerChart(out, report);
    expect(await readFile(join(out, 'ledger.svg'), 'utf8')).toContain('<svg');
  });
});

describe('the arguments of the ledger', () => {
  it('have defaults, and a wrong one gives an error', () => {
    expect(parsePadArguments([])).toMatchObject({
      data: null,
      presentations: 300,
      tier: null,
      policy: 'standard',
    });
    expect(parsePadArguments(['--help'])).toBeNull();
    for (const name of ['--sessions', '--presentations'])
      expect(parsePadArguments([name, '20'])?.presentations).toBe(20);
    expect(parsePadArguments(['--kinds', 'person,late'])?.kinds).toEqual(['person', 'late']);
    for (const wrong of [['--tier', 'best'], ['--sessions', '0'], ['--policy', 'lenient'], ['--bogus']]) {
      expect(() => parsePadArguments(wrong)).toThrow(EvaluateError);
    }
  });
});
