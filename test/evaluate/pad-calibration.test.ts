import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../models/evaluate/seeded-random.ts';
import { runCalibration } from '../../models/train/calibrate/command.ts';
import { readSessions, samplesByCue, type CueSample } from '../../models/train/calibrate/cue-samples.ts';
import { costOf, fitCue, fitLine, fitSteps, scaleOfSteps } from '../../models/train/calibrate/fit-cue.ts';
import { EvaluateError } from '../../models/evaluate/evaluate-error.ts';
import { TrainError } from '../../models/train/train-error.ts';
import { CUES } from '../../server/policy/cues.ts';
import { normalDraw } from '../../simulator/seeded.ts';

/**
 * Scores of two normal distributions with standard deviation 1 and distance `apart`: the true log-likelihood ratio is a
 * line with that slope.
 */
function normals(apart: number, count: number): CueSample[] {
  const random = seededRandom(5);
  return Array.from({ length: 2 * count }, (_, i) => {
    const isBonaFide = i % 2 === 0;
    const score = normalDraw(random) + (isBonaFide ? apart / 2 : -apart / 2);
    return { score, llr: 0, isBonaFide, recording: `${i % 20}`, weight: 1 / count };
  });
}

describe('the calibration of a cue', () => {
  const samples = normals(2, 2_000);

  it('finds the line of two normal distributions', () => {
    const { slope, offset } = fitLine(samples);
    expect(slope).toBeGreaterThan(1.8);
    expect(slope).toBeLessThan(2.2);
    expect(Math.abs(offset)).toBeLessThan(0.15);
  });

  it('finds steps that only rise, or only fall where a smaller score is better, within the limit', () => {
    const rising = fitSteps(samples, 2).map(({ llr }) => llr);
    expect(rising).toEqual(rising.toSorted((a, b) => a - b));
    const falling = fitSteps(
      samples.map((sample) => ({ ...sample, score: -sample.score })),
      2,
    ).map(({ llr }) => llr);
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
    expect(Math.max(...rising.map(Math.abs), ...falling.map(Math.abs))).toBe(2);
    const scale = scaleOfSteps(fitSteps(samples, 2));
    expect([scale(-9), scale(9)]).toEqual([-2, 2]);
  });

  it('is limited by the number of recordings, and costs less than no information', () => {
    const fit = fitCue(samples);
    expect(fit?.recordings).toEqual({ bonaFide: 10, attack: 10 });
    expect(fit?.limit).toBeCloseTo(Math.log(11), 9);
    expect(fit?.cost.present).toBeCloseTo(1, 9);
    expect(fit?.cost.line).toBeLessThan(0.6);
    expect(fit?.cost.steps).toBeLessThan(0.6);
    expect(costOf(samples, ({ isBonaFide }) => (isBonaFide ? -3 : 3))).toBeGreaterThan(3);
  });

  it('gives no result for a single recording, or for scores that are all the same', () => {
    expect(fitCue(samples.map((sample) => ({ ...sample, recording: 'one' })))).toBeNull();
    expect(fitCue(samples.map((sample) => ({ ...sample, score: 1 })))).toBeNull();
  });
});

describe('calibration from a ledger', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-calibration-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const line = (role: string, recording: string, score: number) => {
    const nothing = Object.fromEntries(CUES.map((cue) => [cue, { measured: false, why: 'not-started' }]));
    const blink = { measured: true, score, logLikelihoodRatio: score - 1, frames: 9 };
    const evidence = { ...nothing, blink, match: blink };
    return JSON.stringify({ kind: role, role, tier: 'base', recording, played: { evidence } });
  };

  it('gives all recordings the same weight, leaves the match to the verification study, and writes a report', async () => {
    const file = join(folder, 'sessions.jsonl');
    const lines = [
      ...['a', 'a', 'a', 'b'].map((recording) => line('bona fide', recording, 2)),
      ...['c', 'd', 'd', 'd'].map((recording) => line('attack', recording, recording === 'c' ? 2 : 0)),
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    const byCue = samplesByCue(await readSessions(file), 'base');
    expect(byCue.has('match')).toBe(false);
    const blinks = byCue.get('blink') ?? [];
    expect(blinks.map(({ weight }) => weight)).toEqual([
      1 / 6,
      1 / 6,
      1 / 6,
      1 / 2,
      1 / 2,
      1 / 6,
      1 / 6,
      1 / 6,
    ]);
    expect(fitSteps(blinks, 5).map(({ llr }) => Number(llr.toFixed(3)))).toEqual([-5, 0.693]);

    const out = join(folder, 'report.json');
    expect(await runCalibration(['--sessions', file, '--out', out])).toBe(0);
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({ tiers: [{ tier: 'base' }] });
    await expect(readSessions(join(folder, 'none'))).rejects.toThrow(TrainError);
    await expect(runCalibration(['--bogus'])).rejects.toThrow(EvaluateError);
  });
});
