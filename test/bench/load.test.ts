import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireDescriptors } from '../../bench/idle/idle.ts';
import { loadBank, prepareBank } from '../../bench/load/bank.ts';
import { freshen } from '../../bench/load/fresh-jpeg.ts';
import { fairness, Times } from '../../bench/load/meters.ts';
import { drawLoad, loadText } from '../../bench/load/report.ts';
import { measureLoad } from '../../bench/load/run.ts';
import { fitLine, seatsFor } from '../../bench/soak/soak.ts';
import { availableTransports } from '../../server/gateway/transport-choice.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { pixelDigest } from '../../server/vision/frame-hash.ts';
import { MAX_PIXELS } from '../vision/support.ts';

/** The same people as in the chaos tests, so that they are drawn once for both. */
const PEOPLE = { policy: 'blink-only', framesPerSecond: 15, idleMs: 3_000, ways: 1 };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'veriframe-load-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the load generator', () => {
  it('never sends the same picture twice', async () => {
    const { ada } = await loadBank(await prepareBank(PEOPLE));
    const decoder = new ImageDecoder(MAX_PIXELS);
    const digests = new Set<string>();
    for (const frame of [ada.idle.frames[0], ada.answers.blink?.[0].frames[5] ?? new Uint8Array()]) {
      for (let variant = 0; variant < 24; variant++) {
        const decoded = await decoder.decode(freshen(frame, variant));
        if (!decoded.ok) throw new Error(decoded.code);
        digests.add(pixelDigest(decoded.image));
      }
    }
    expect(digests.size).toBe(48);
    expect(freshen(ada.idle.frames[0], 0)).toEqual(Buffer.from(ada.idle.frames[0]));
  });

  it('reports frames, latency, decisions and cost while its sessions run', async () => {
    const [{ name: transport }] = availableTransports();
    const report = await measureLoad({
      ...PEOPLE,
      transports: [transport],
      seats: [2],
      secondsAStep: 1.5,
      workers: 1,
      onProgress: () => {},
    });
    const [{ steps, after }] = report.runs;
    for (const { server, generator } of [...steps, after]) {
      expect(server.frames.analysed).toBeGreaterThan(0);
      expect(server.latencyMs.count).toBe(server.frames.analysed);
      expect(server.latencyMs.p50).toBeGreaterThan(0);
      expect(server.latencyMs.p99).toBeGreaterThanOrEqual(server.latencyMs.p50);
      expect(server.workers.count).toBe(1);
      expect(server.workers.cpu).toBeGreaterThan(0);
      expect(generator.sent).toBeGreaterThan(0);
      expect(generator.decisions.stranger.accept).toBe(0);
      expect(generator.failures).toEqual({});
    }
    expect(steps[0].server.openSessions).toBeGreaterThan(0);
    expect(loadText(report)).toContain(`people (${transport})`);
    await drawLoad(report, folder);
    expect((await readFile(path.join(folder, 'load.png'))).subarray(1, 4).toString()).toBe('PNG');
  });
});

describe('the statistics of the benches', () => {
  it('Jain’s fairness index is 1 for equal shares, and 1/n when one has everything', () => {
    expect(fairness([3, 3, 3])).toBeCloseTo(1);
    expect(fairness([9, 0, 0])).toBeCloseTo(1 / 3);
    expect(fairness([5])).toBeNull();
  });

  it('percentiles are those of the measured times', () => {
    const times = new Times();
    expect(times.sum()).toEqual({ count: 0, p50: 0, p95: 0, p99: 0, max: 0 });
    for (let ms = 1; ms <= 100; ms++) times.add(ms);
    const { p50, p99, max } = times.sum();
    expect([p50, p99, max].map(Math.round)).toEqual([50, 99, 100]);
  });

  it('the fitted line has a slope with its standard error', () => {
    expect(fitLine([0, 1, 2, 3].map((x) => [x, 2 * x + 1]))).toEqual({ slope: 2, error: 0 });
    const { slope, error } = fitLine([
      [0, 0],
      [1, 2],
      [2, 0],
      [3, 2],
    ]);
    expect(slope).toBeCloseTo(0.4);
    expect(error).toBeCloseTo(Math.sqrt(3.2 / 2 / 5));
  });

  it('the number of seats uses the wanted share of the workers', () => {
    expect(seatsFor(0.8, 4, 0.4)).toBe(8);
    expect(seatsFor(0.8, 2, 1)).toBe(2);
    expect(seatsFor(0.1, 2, 0.9)).toBe(1);
    expect(seatsFor(0.8, 4, 0)).toBe(8);
  });

  it('the idle bench refuses to start where too few files may be open, and the error says what to do', () => {
    const limits =
      'Limit  Soft Limit  Hard Limit\nMax open files            1024                 4096                 files\n';
    expect(() => requireDescriptors(10_000, limits)).toThrow('ulimit -n 10200');
    expect(() => requireDescriptors(500, limits)).not.toThrow();
    expect(() => requireDescriptors(10_000, '')).not.toThrow();
  });
});
