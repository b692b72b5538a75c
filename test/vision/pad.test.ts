import { beforeAll, describe, expect, it } from 'vitest';
import { PAD_MODELS, type ModelId } from '../../models/ids.ts';
import { passivePad } from '../../server/policy/passive-pad.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import type { ModelRunner, Tensor } from '../../server/vision/model-runner.ts';
import {
  bonaFideProbabilities,
  fillWhiteBalances,
  PAD_CROP_LENGTH,
  PAD_SIDE,
  PAD_WHITE_BALANCES,
  pooledBonaFide,
} from '../../server/vision/pad.ts';
import { decode, groupPhoto, loadRunner, NOTHING_MORE } from './support.ts';

const PLANE = PAD_SIDE * PAD_SIDE;
const COUNT = PAD_WHITE_BALANCES.length;

/** Mean of a plane (0 blue, 1 green, 2 red) of one crop of the batch. */
function meanOf(input: Float32Array, index: number, plane: number): number {
  const start = index * PAD_CROP_LENGTH + plane * PLANE;
  return input.subarray(start, start + PLANE).reduce((sum, value) => sum + value, 0) / PLANE;
}

/** The real networks of the base tier, and PAD networks that take a crop for a living face if it is warm enough. */
class WarmthRunner implements ModelRunner {
  readonly #inner: ModelRunner;
  readonly #isLive: (redOverBlue: number) => boolean;
  warmth: number[] = [];

  constructor(inner: ModelRunner, isLive: (redOverBlue: number) => boolean) {
    this.#inner = inner;
    this.#isLive = isLive;
  }

  has(model: ModelId): boolean {
    return (PAD_MODELS as readonly ModelId[]).includes(model) || this.#inner.has(model);
  }

  async run(model: ModelId, input: Float32Array, dims: readonly number[]): Promise<readonly Tensor[]> {
    if (!(PAD_MODELS as readonly ModelId[]).includes(model)) return await this.#inner.run(model, input, dims);
    this.warmth = Array.from({ length: dims[0] }, (_, i) => meanOf(input, i, 2) / meanOf(input, i, 0));
    const data = Float32Array.from(
      this.warmth.flatMap((ratio) => (this.#isLive(ratio) ? [0.001, 0.998, 0.001] : [0.998, 0.001, 0.001])),
    );
    return [{ dims: [dims[0], 3], data }];
  }
}

let networks: ModelRunner;
let group: RgbImage;

beforeAll(async () => {
  networks = await loadRunner();
  group = await decode(await groupPhoto(3));
});

async function scoreOf(image: RgbImage, runner: ModelRunner): Promise<number> {
  const { face } = await new FrameAnalyzerCore(runner).analyze(image, null, { ...NOTHING_MORE, pad: true });
  if (!face.found || face.value.bonaFideProbability === undefined) throw new Error('There is no score.');
  return face.value.bonaFideProbability;
}

function tinted({ data, ...size }: RgbImage, red: number, blue: number): RgbImage {
  const factors = [red, 1, blue];
  return { ...size, data: data.map((value, i) => Math.min(255, value * factors[i % 3])) };
}

describe('white balances of passive PAD', () => {
  it('lie behind the crop as it is, blue first, and no brighter than a sensor can show', () => {
    const input = new Float32Array(COUNT * PAD_CROP_LENGTH);
    input.fill(60, 0, PLANE);
    input.fill(100, PLANE, 2 * PLANE);
    input.fill(130, 2 * PLANE, 3 * PLANE);
    input[0] = 250;
    fillWhiteBalances(input);
    expect([input[1], input[PLANE], input[2 * PLANE]]).toEqual([60, 100, 130]);
    const second = input.subarray(PAD_CROP_LENGTH);
    expect([second[1], second[PLANE], second[2 * PLANE]].map(Math.round)).toEqual([100, 100, 100]);
    expect(second[0]).toBe(255);
  });

  it('take one probability each from a network, and refuse the output of another batch', () => {
    const data = Float32Array.of(0.1, 0.7, 0.2, 0.5, 0.25, 0.25);
    expect(bonaFideProbabilities([{ dims: [2, 3], data }])).toEqual([Math.fround(0.7), 0.25]);
    expect(() => bonaFideProbabilities([{ dims: [1, 3], data: data.subarray(0, 3) }])).toThrow('output');
  });

  it('agree on a living face, and one of them alone cannot carry an attack over the bar', () => {
    expect(pooledBonaFide([])).toBeNull();
    expect(pooledBonaFide([[0.97, 0.95]])).toBeGreaterThan(0.9);
    expect(pooledBonaFide([[0.6, 0.6]])).toBeCloseTo(0.6, 9);
    expect(pooledBonaFide([[1, 1]])).toBeLessThan(1);
    expect(pooledBonaFide([[0, 0]])).toBeGreaterThan(0);
    for (const sure of [
      [1, 0.02],
      [0.02, 1],
    ])
      expect(pooledBonaFide([sure])).toBeLessThan(passivePad.acceptBar);
    expect(pooledBonaFide([[1, 1e-6]])).toBeLessThan(passivePad.rejectBar);
    // Two networks that contradict each other count with their mean.
    expect(
      pooledBonaFide([
        [1, 1],
        [0, 0],
      ]),
    ).toBeCloseTo(0.5, 9);
  });
});

describe('warm light (a network that takes warmth for life stands for the real ones)', () => {
  it('lifts no picture over the bar', async () => {
    const probe = new WarmthRunner(networks, () => true);
    await scoreOf(group, probe);
    const plain = probe.warmth[0];
    expect(probe.warmth).toHaveLength(COUNT);
    const fooled = new WarmthRunner(networks, (warmth) => warmth > 1.2 * plain);
    expect(await scoreOf(group, fooled)).toBeLessThan(passivePad.rejectBar);
    const warm = await scoreOf(tinted(group, 1.2, 0.75), fooled);
    expect(fooled.warmth[0]).toBeGreaterThan(1.3 * plain);
    expect(warm).toBeLessThan(passivePad.rejectBar);
  });

  it('takes nothing from a face that both white balances show alive', async () => {
    expect(await scoreOf(group, new WarmthRunner(networks, () => true))).toBeGreaterThan(0.9);
  });
});
