import { beforeAll, describe, expect, it } from 'vitest';
import { PAD_MODELS, type ModelId } from '../../models/ids.ts';
import { passivePad } from '../../server/policy/passive-pad.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import type { ModelRunner, Tensor } from '../../server/vision/model-runner.ts';
import {
  bonaFideProbabilities,
  fillPadViews,
  PAD_CROP_LENGTH,
  PAD_SIDE,
  PAD_VIEWS,
  pooledBonaFide,
} from '../../server/vision/pad.ts';
import { decode, groupPhoto, loadRunner, NOTHING_MORE } from './support.ts';

const PLANE = PAD_SIDE * PAD_SIDE;

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

function tinted({ data, ...size }: RgbImage, red: number, blue: number, green = 1): RgbImage {
  const factors = [red, green, blue];
  return { ...size, data: data.map((value, i) => Math.min(255, value * factors[i % 3])) };
}

/** A crop of one colour with a darker and a brighter part. */
function cropOf(blue: number, green: number, red: number): Float32Array {
  const crop = new Float32Array(PAD_CROP_LENGTH);
  for (const [channel, value] of [blue, green, red].entries()) {
    for (let i = 0; i < PLANE; i++) crop[channel * PLANE + i] = value * (0.5 + i / PLANE);
  }
  return crop;
}

function viewsOf(crop: Float32Array): readonly [Float32Array, Float32Array] {
  const views = new Float32Array(PAD_VIEWS * PAD_CROP_LENGTH);
  fillPadViews(crop, views);
  return [views.slice(0, PAD_CROP_LENGTH), views.slice(PAD_CROP_LENGTH)];
}

const difference = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe('views of passive PAD', () => {
  it('take warm light out of the first, no brighter than a sensor can show', () => {
    const [cooled] = viewsOf(cropOf(60, 100, 130));
    expect([0, 1, 2].map((plane) => Math.round(meanOf(cooled, 0, plane)))).toEqual([100, 100, 100]);
    expect(Math.max(...viewsOf(cropOf(160, 160, 160))[0])).toBe(255);
  });

  it('show the same in the second, whatever light, contrast and haze an attacker adds', () => {
    const crop = cropOf(60, 100, 130);
    const [, stretched] = viewsOf(crop);
    expect(Math.min(...stretched)).toBeLessThan(10);
    expect(Math.max(...stretched)).toBeGreaterThan(245);
    const changes: ((value: number, channel: number) => number)[] = [
      (value, channel) => value * [0.6, 1, 1.2][channel],
      (value, channel) => value * [1.25, 1, 0.85][channel],
      (value) => 127.5 + 0.75 * (value - 127.5),
      (value) => value + 40,
    ];
    for (const change of changes) {
      const changed = crop.map((value, i) => change(value, Math.floor(i / PLANE)));
      expect(difference(viewsOf(changed)[1], stretched)).toBeLessThan(9);
    }
  });

  it('do not stretch a plain surface into noise', () => {
    const plain = new Float32Array(PAD_CROP_LENGTH).map((_, i) => 100 + (i % 3));
    const [, stretched] = viewsOf(plain);
    expect(Math.max(...stretched) - Math.min(...stretched)).toBeLessThan(30);
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
    // Dark enough that no channel is cut off.
    const dark = tinted(group, 0.6, 0.6, 0.6);
    const probe = new WarmthRunner(networks, () => true);
    await scoreOf(dark, probe);
    expect(probe.warmth).toHaveLength(PAD_VIEWS);
    const warmest = Math.max(...probe.warmth);
    const fooled = new WarmthRunner(networks, (warmth) => warmth > 1.1 * warmest);
    for (const [red, blue] of [
      [1, 1],
      [1.2, 0.75],
      [1.2, 0.6],
      [1.4, 0.6],
    ])
      expect(await scoreOf(tinted(dark, red, blue), fooled)).toBeLessThan(passivePad.rejectBar);
  });

  it('takes nothing from a face that both views show alive', async () => {
    expect(await scoreOf(group, new WarmthRunner(networks, () => true))).toBeGreaterThan(0.9);
  });
});
