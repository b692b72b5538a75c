import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EvaluateError } from '../../models/evaluate/evaluate-error.ts';
import {
  evaluateBonaFide,
  type BonaFideEvaluation,
  type BonaFideOptions,
} from '../../models/evaluate/pad/bona-fide/evaluation.ts';
import { compressed } from '../../models/evaluate/pad/bona-fide/compressed.ts';
import { findLiving, framesPerSecondOf } from '../../models/evaluate/pad/bona-fide/living.ts';
import {
  BONA_FIDE_OPTIONS,
  BONA_FIDE_USAGE,
  parseBonaFideArguments,
} from '../../models/evaluate/pad/bona-fide/options.ts';
import type { BonaFideSession } from '../../models/evaluate/pad/bona-fide/session.ts';
import { boundsByPerson } from '../../models/evaluate/bounds-by-person.ts';
import { summarise } from '../../models/evaluate/pad/bona-fide/summary.ts';
import { markdownReport, terminalTable } from '../../models/evaluate/pad/bona-fide/text.ts';
import { wandering } from '../../models/evaluate/pad/bona-fide/wandering.ts';
import type { Footage } from '../../models/evaluate/pad/footage.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { createFlatPuppet, record, SAMPLE_PORTRAITS } from '../../simulator/index.ts';
import { analysisOf, seeded, type Look } from '../support/analysis-builder.ts';
import { ALL_MODELS } from '../support/session-driver.ts';

/** Time for some 600 images that are drawn and analysed on a busy machine. */
const DRAWING_MS = 900_000;

const EVERYTHING = { embeddings: true, pad: true, countFaces: true } as const;

function scripted(looks: readonly Look[], id = 'scripted'): Footage {
  const random = seeded(3);
  const frames = looks.map((look) => analysisOf(look, EVERYTHING, ALL_MODELS.models, random));
  return { id, framesPerSecond: 25, frames };
}

const times = (count: number, look: (i: number) => Look = () => ({})) =>
  Array.from({ length: count }, (_, i) => look(i));

describe('drawn people', () => {
  let folder: string;
  let options: BonaFideOptions;
  let evaluation: BonaFideEvaluation;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-bona-fide-'));
    options = {
      data: null,
      portraits: null,
      people: 2,
      sessions: 1,
      policies: ['blink-only'],
      tier: 'base',
      seed: 1,
      workers: 1,
      modelCache: modelCacheDir(),
      footageCache: join(folder, 'cache'),
      progress: () => {},
    };
    evaluation = await evaluateBonaFide(options);
  }, DRAWING_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('enrol and verify, calm and lively, at 25 and 12 fps, one of them compressed', () => {
    const { rows } = evaluation.report;
    const cell = (condition: string, mode: string) =>
      rows.find((row) => row.condition === condition && row.mode === mode);
    for (const mode of ['verify', 'enrol']) {
      for (const condition of ['calm', 'lively', 'calm, 12 fps', 'lively, 12 fps'])
        expect(cell(condition, mode)).toMatchObject({ policy: 'blink-only', sessions: 2, people: 2 });
      for (const condition of ['calm, compressed', 'lively, compressed'])
        expect(cell(condition, mode)).toMatchObject({ sessions: 1, people: 1 });
      expect(cell('calm', mode)?.errorRate.value).toBe(0);
    }
    expect(evaluation.sessions).toHaveLength(20);
  });

  it('are called a simulation in every report, and no report names a person', () => {
    const text = markdownReport(evaluation.report);
    expect(text).toContain('Drawn people are a simulation');
    expect(text).not.toMatch(/\| (first|second) \|/);
    for (const line of terminalTable(evaluation.report).split('\n').slice(1))
      expect(line).toMatch(/^drawn: /);
  });

  it('are drawn and analysed once', async () => {
    const files = async () => (await readdir(join(folder, 'cache'), { recursive: true })).toSorted();
    const before = await files();
    const again = await evaluateBonaFide(options);
    expect(again.sessions).toEqual(evaluation.sessions);
    expect(await files()).toEqual(before);
  });
});

describe('a wandering head', () => {
  const still = scripted(times(1, () => ({ sway: 0 })));
  const at = (manner: 'calm' | 'lively', seed: number, atMs: number) => {
    const shown = wandering({ showAt: () => still.frames[0] }, manner, seeded(seed)).showAt(atMs);
    if (shown === null || !shown.face.found) throw new Error('a face was shown');
    return shown.face.value;
  };
  const yaws = (manner: 'calm' | 'lively', seed: number) =>
    times(100, (i) => ({ yawDeg: at(manner, seed, i * 100).pose.yawDeg })).map(({ yawDeg }) => yawDeg ?? 0);

  it('follows another path in each session, a longer one when lively, without jumps', () => {
    expect(yaws('lively', 1)).not.toEqual(yaws('lively', 2));
    const widest = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
    expect(widest(yaws('lively', 1))).toBeGreaterThan(5 * widest(yaws('calm', 1)));
    const steps = yaws('lively', 1).map((yaw, i, all) => Math.abs(yaw - (all[i - 1] ?? yaw)));
    expect(Math.max(...steps)).toBeLessThan(1.5);
  });
});

describe('recordings of living people', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-living-'));
    const puppet = await createFlatPuppet({ portrait: SAMPLE_PORTRAITS.first, seed: 3 });
    const frames = await record(puppet, { fromMs: 0, toMs: 900, fps: 25 });
    for (const name of ['live/one', 'live/two', 'print/three']) {
      await mkdir(join(folder, name), { recursive: true });
      for (const [i, { jpeg }] of frames.entries()) await writeFile(join(folder, name, `${i}.jpg`), jpeg);
    }
    const index = [
      'file\tfps\tperson\tnotes',
      'live/one\t25\tann\tsits',
      'live/two\t25\tann\tmoves, truly about 7 fps',
    ].join('\n');
    await writeFile(join(folder, 'INDEX.tsv'), index);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are found by the words in their paths, with the people that an index names', async () => {
    const { subjects } = await findLiving(folder, ['mjpeg']);
    expect(subjects.map(({ name, person }) => [name, person])).toEqual([
      ['live/one', 'ann'],
      ['live/two', 'ann'],
    ]);
    await expect(findLiving(join(folder, 'nowhere'), ['mjpeg'])).rejects.toThrow(EvaluateError);
  });

  it('are encoded image by image', async () => {
    const [{ sources }] = (await findLiving(folder, ['mjpeg'])).subjects;
    const sizes = async (source: (typeof sources)[number]) => {
      const found: number[] = [];
      for await (const picture of source.pictures()) found.push(picture.length);
      return found;
    };
    const [before, after] = [await sizes(sources[0]), await sizes(compressed(sources[0], 'mjpeg'))];
    expect(after).toHaveLength(before.length);
    expect(Math.max(...after)).toBeLessThan(Math.min(...before));
  });

  it('are left out, with the reason, where they cannot be evaluated', async () => {
    const [{ sources, showings }] = (await findLiving(folder, ['mjpeg'])).subjects;
    const shown = (looks: readonly Look[]) =>
      showings(new Map(sources.map(({ id }) => [id, scripted(looks, id)])));
    expect(showings(new Map())).toEqual({ unusable: 'it was not analysed' });
    expect(shown(times(200, () => ({ found: false })))).toEqual({ unusable: 'no face is found in it' });
    expect(shown(times(200, (i) => ({ followed: i % 2 === 0 })))).toMatchObject({
      unusable: expect.stringContaining('followed'),
    });
    expect(shown(times(200, () => ({ yawDeg: 24 })))).toMatchObject({
      unusable: expect.stringContaining('good enough for a probe'),
    });
    expect(shown(times(40))).toMatchObject({
      unusable: expect.stringContaining('left beside its reference'),
    });
  });

  it('are shown unchanged, at 12 fps and compressed; slow ones are shown separately', async () => {
    const [{ sources, showings }] = (await findLiving(folder, ['mjpeg'])).subjects;
    const conditions = (looks: readonly Look[]) => {
      const found = showings(new Map(sources.map(({ id }) => [id, scripted(looks, id)])));
      return 'unusable' in found ? found : found.map(({ condition }) => condition);
    };
    expect(conditions(times(300))).toEqual(['recorded', 'recorded, 12 fps', 'recorded, compressed']);
    const slow = times(300, (i) => ({ picture: `p${Math.floor(i / 3)}` }));
    expect(framesPerSecondOf(scripted(slow))).toBeCloseTo(25 / 3, 0);
    expect(conditions(slow)).toEqual(['recorded, below 12 fps']);
    // The index states a frame rate that the images do not show.
    const [, two] = (await findLiving(folder, ['mjpeg'])).subjects;
    const told = two.showings(new Map(two.sources.map(({ id }) => [id, scripted(times(300), id)])));
    expect('unusable' in told ? told : told.map(({ condition }) => condition)).toEqual([
      'recorded, below 12 fps',
    ]);
  });

  it('cannot answer: they are played by standard without challenges, and by passive where they are long enough', async () => {
    const [{ sources, showings }] = (await findLiving(folder, ['mjpeg'])).subjects;
    const policies = (frames: number) => {
      const found = showings(new Map(sources.map(({ id }) => [id, scripted(times(frames), id)])));
      if ('unusable' in found) throw new Error(found.unusable);
      return (['standard', 'blink-only', 'passive'] as const).map(
        (name) => found[0].policyFor(policyFor(name))?.name ?? null,
      );
    };
    expect(policies(400)).toEqual(['standard', null, 'passive']);
    expect(policies(150)).toEqual(['standard', null, null]);
  });
});

describe('rates by person', () => {
  const session = (person: string, accepted: boolean): BonaFideSession => ({
    condition: 'calm',
    tier: 'base',
    policy: 'standard',
    mode: 'verify',
    person,
    subject: person,
    outcome: accepted ? 'accept' : 're-verify',
    reasons: accepted ? ['evidence-sufficient'] : ['time-up'],
    signs: accepted ? [] : ['motionless'],
    tookMs: 9_000,
    asked: [],
    llrs: {},
  });

  it('have wider bounds where all failures are of one person', () => {
    const everybody = Array.from({ length: 20 }, () => ({ errors: 1, sessions: 10 }));
    const oneOfThem = everybody.map((one, i) => ({ ...one, errors: i === 0 ? 10 : 0 }));
    const spread = boundsByPerson(everybody.map((one, i) => ({ ...one, errors: i % 2 })));
    const single = boundsByPerson(oneOfThem);
    expect(single.high - single.low).toBeGreaterThan(2 * (spread.high - spread.low));
    expect(boundsByPerson(everybody)).toEqual({ low: 0.1, high: 0.1 });
  });

  it('have bounds by the number of people where nobody failed, or everybody', () => {
    const nobody = Array.from({ length: 40 }, () => ({ errors: 0, sessions: 10 }));
    expect(boundsByPerson(nobody).high).toBeCloseTo(1 - 0.025 ** (1 / 40), 6);
    expect(boundsByPerson([{ errors: 5, sessions: 5 }])).toEqual({ low: expect.closeTo(0.025, 6), high: 1 });
  });

  it('count people, reasons and injection indicators', () => {
    const sessions = [
      session('ann', true),
      session('ann', false),
      session('ben', true),
      session('ben', true),
    ];
    expect(summarise(sessions)).toMatchObject([
      {
        sessions: 4,
        people: 2,
        peopleRefused: 1,
        refusedBySigns: 0,
        errorRate: { value: 0.25 },
        failures: [{ reasons: 'time-up + motionless', sessions: 1 }],
        signs: [{ sign: 'motionless', share: 0.25 }],
      },
    ]);
    const rejected = {
      ...session('ann', false),
      reasons: ['injection-above-bar' as const],
      signs: ['spliced' as const],
    };
    expect(summarise([...sessions, rejected])).toMatchObject([{ refusedBySigns: 1, sessions: 5 }]);
  });
});

describe('the arguments', () => {
  it('have defaults, and a wrong one gives an error', () => {
    expect(parseBonaFideArguments([])).toMatchObject({ data: null, people: 40, sessions: 4, tier: null });
    expect(parseBonaFideArguments(['--help'])).toBeNull();
    expect(parseBonaFideArguments(['--policies', 'passive'])?.policies).toEqual(['passive']);
    for (const wrong of [['--policies', 'attended'], ['--sessions', '0'], ['--tier', 'best'], ['--bogus']]) {
      expect(() => parseBonaFideArguments(wrong)).toThrow(EvaluateError);
    }
  });

  it('are all described in the usage text', () => {
    for (const name of Object.keys(BONA_FIDE_OPTIONS).filter((one) => one !== 'help'))
      expect(BONA_FIDE_USAGE).toContain(`--${name}`);
  });
});
