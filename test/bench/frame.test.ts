import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawnFrames } from '../../bench/frame/frames.ts';
import { measure } from '../../bench/frame/measure.ts';
import { drawReport, ratios, reportText } from '../../bench/frame/report.ts';
import { summarise } from '../../bench/frame/summary.ts';
import { preparedModels } from '../vision/support.ts';

describe('summary', () => {
  it('interpolates quartiles, whatever the order of the values', () => {
    expect(summarise([4, 1, 3, 2])).toEqual({ count: 4, median: 2.5, low: 1.75, high: 3.25, mean: 2.5 });
    expect(summarise([7])).toEqual({ count: 1, median: 7, low: 7, high: 7, mean: 7 });
    expect(() => summarise([])).toThrow(RangeError);
  });
});

describe('bench:frame', () => {
  it('measures every path on the same frames, against Human, and writes a report and a chart', async () => {
    const models = await preparedModels();
    const set = await drawnFrames(3);
    const report = await measure(models, {
      set,
      rounds: 1,
      poolSeconds: 0.2,
      withHuman: true,
      onProgress: () => {},
    });
    for (const { totalMs, floorMs, stages } of Object.values(report.ours)) {
      expect(totalMs.count).toBe(3);
      expect(floorMs.median).toBeGreaterThan(0);
      expect(stages).toMatchObject({ decode: expect.any(Number), mesh: expect.any(Number) });
    }
    expect(report.ours.tracked.stages.detect).toBeUndefined();
    expect(report.ours['all-networks'].stages.detect).toBeGreaterThan(0);
    expect(report.human?.['all-networks'].count).toBe(3);
    expect(report.human?.tracked.count).toBe(3);
    for (const pool of report.pools) expect(pool.trackedPerSecond).toBeGreaterThan(0);
    expect(ratios(report)?.detectorEveryFrame).toBeGreaterThan(0);
    expect(reportText(report)).toContain('@vladmandic/human');
    const folder = await mkdtemp(path.join(tmpdir(), 'veriframe-bench-'));
    try {
      await drawReport(report, folder);
      expect(existsSync(path.join(folder, 'frame.svg'))).toBe(true);
      const png = await readFile(path.join(folder, 'frame.png'));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
