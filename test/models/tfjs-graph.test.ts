import * as ort from '../../server/inference/onnx-runtime.ts';
import { describe, expect, it } from 'vitest';
import { ConversionError } from '../../models/convert/errors.ts';
import { convertTfjsGraph } from '../../models/convert/convert-tfjs-graph.ts';
import { readTfjsWeights } from '../../models/convert/tfjs-weights.ts';

const text = (value: string) => ({ s: Buffer.from(value).toString('base64') });
const list = (...values: number[]) => ({ list: { i: values.map(String) } });
const step = { data_format: text('NHWC'), padding: text('SAME'), strides: list(1, 1, 1, 1) };
const image = {
  name: 'image',
  op: 'Placeholder',
  attr: { shape: { shape: { dim: [-1, 2, 2, 1].map((size) => ({ size: String(size) })) } } },
};

/** A model of these nodes on a 2×2 grey image, with float32 constants. */
function model(nodes: object[], constants: Record<string, { shape: number[]; values: number[] }> = {}) {
  const entries = Object.entries(constants);
  const json = {
    modelTopology: { node: [image, ...nodes] },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: entries.map(([name, { shape }]) => ({ name, shape, dtype: 'float32' })),
      },
    ],
  };
  const values = Float32Array.from(entries.flatMap(([, constant]) => constant.values));
  return { json: Buffer.from(JSON.stringify(json)), binary: new Uint8Array(values.buffer) };
}

function convert(source: ReturnType<typeof model>, node: string, shape: number[]): Uint8Array {
  return convertTfjsGraph(source.json, source.binary, 'input', [{ node, name: 'output', shape }]);
}

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function run(converted: Uint8Array, values: number[]): Promise<number[]> {
  const session = await ort.InferenceSession.create(converted);
  const input = new ort.Tensor('float32', Float32Array.from(values), [values.length / 4, 1, 2, 2]);
  const { output } = await session.run({ input });
  await session.release();
  return [...(output.data as Float32Array)];
}

describe('the converter refuses, with the name of the node,', () => {
  it('an unknown operation', () => {
    const source = model([{ name: 'odd', op: 'SparseSegmentMean', input: ['image'] }]);
    const error = errorOf(() => convert(source, 'odd', [2, 2, 1]));
    expect(error).toBeInstanceOf(ConversionError);
    expect(error).toMatchObject({ code: 'unsupported-operation', node: 'odd' });
  });

  it('an unknown activation after a convolution', () => {
    const source = model(
      [
        {
          name: 'conv',
          op: '_FusedConv2D',
          input: ['image', 'w'],
          attr: { ...step, fused_ops: { list: { s: [text('Gelu').s] } } },
        },
      ],
      { w: { shape: [1, 1, 1, 1], values: [1] } },
    );
    expect(errorOf(() => convert(source, 'conv', [2, 2, 1]))).toMatchObject({
      code: 'unsupported-operation',
      node: 'conv',
    });
  });

  it('a filter that does not fit its input', () => {
    const source = model([{ name: 'conv', op: 'Conv2D', input: ['image', 'w'], attr: step }], {
      w: { shape: [1, 1, 3, 1], values: [1, 1, 1] },
    });
    expect(errorOf(() => convert(source, 'conv', [2, 2, 1]))).toMatchObject({
      code: 'unexpected-shape',
      node: 'conv',
    });
  });

  it('an output whose shape is not that of the manifest', () => {
    const source = model([{ name: 'relu', op: 'Relu', input: ['image'] }]);
    expect(errorOf(() => convert(source, 'relu', [5]))).toMatchObject({
      code: 'unexpected-shape',
      node: 'relu',
    });
  });

  it('a cycle', () => {
    const source = model([
      { name: 'a', op: 'Relu', input: ['b'] },
      { name: 'b', op: 'Relu', input: ['a'] },
    ]);
    expect(errorOf(() => convert(source, 'a', [4]))).toMatchObject({ code: 'malformed-source' });
  });

  it('a missing node or file', () => {
    const source = model([{ name: 'a', op: 'Relu', input: ['gone'] }]);
    expect(errorOf(() => convert(source, 'a', [4]))).toMatchObject({
      code: 'malformed-source',
      node: 'gone',
    });
    const notJson = { ...source, json: Buffer.from('<html>') };
    expect(errorOf(() => convert(notJson, 'a', [4]))).toMatchObject({ code: 'malformed-source' });
  });
});

describe('rewrites keep the values', () => {
  it('Relu, Minimum 6 and Maximum 0 become one Clip', async () => {
    const source = model(
      [
        { name: 'relu', op: 'Relu', input: ['image'] },
        { name: 'min', op: 'Minimum', input: ['relu', 'six'] },
        { name: 'max', op: 'Maximum', input: ['min', 'zero'] },
      ],
      { six: { shape: [], values: [6] }, zero: { shape: [], values: [0] } },
    );
    const converted = convert(source, 'max', [2, 2, 1]);
    expect(Buffer.from(converted).includes('Clip')).toBe(true);
    expect(Buffer.from(converted).includes('Relu')).toBe(false);
    expect(await run(converted, [-1, 3, 6, 9])).toEqual([0, 3, 6, 6]);
  });

  it('fills a half-full block of channels with zeros that no output contains', async () => {
    const factors = Array.from({ length: 24 }, (_, c) => c - 11);
    const conv = (name: string, fused: string[]) => ({
      name,
      op: '_FusedConv2D',
      input: ['image', 'w', 'bias'],
      attr: { ...step, fused_ops: { list: { s: fused.map((op) => text(op).s) } } },
    });
    const pooling = { ...step, ksize: list(1, 2, 2, 1), strides: list(1, 2, 2, 1) };
    const source = model(
      [
        conv('relu', ['BiasAdd', 'Relu']),
        conv('sigmoid', ['BiasAdd', 'Sigmoid']),
        { name: 'pool', op: 'MaxPool', input: ['relu'], attr: pooling },
        { name: 'pad', op: 'Pad', input: ['pool', 'pads'] },
        { name: 'twice', op: 'AddV2', input: ['pad', 'pad'] },
      ],
      {
        w: { shape: [1, 1, 1, 24], values: factors },
        bias: { shape: [24], values: factors.map(() => 0.5) },
        pads: { shape: [4, 2], values: [0, 0, 0, 0, 0, 0, 0, 24] },
      },
    );
    const pixels = [1, -2, 3, 0.25];
    const linear = pixels.map((value) => factors.map((factor) => value * factor + 0.5));
    const relu = linear.map((row) => row.map((value) => Math.max(0, value)));
    expect(await run(convert(source, 'relu', [2, 2, 24]), pixels)).toEqual(relu.flat());
    const sigmoid = await run(convert(source, 'sigmoid', [2, 2, 24]), pixels);
    for (const [i, value] of linear.flat().entries())
      expect(sigmoid[i]).toBeCloseTo(1 / (1 + Math.exp(-value)), 5);
    const largest = factors.map((_, c) => 2 * Math.max(...relu.map((row) => row[c])));
    const twice = await run(convert(source, 'twice', [1, 1, 48]), pixels);
    expect(twice).toEqual([...largest, ...factors.map(() => 0)]);
  });

  it.each([0.25, 1, 1.5, -0.5])('PReLU of slope %d', async (slope) => {
    const source = model([{ name: 'prelu', op: 'Prelu', input: ['image', 'slope'] }], {
      slope: { shape: [1, 1, 1], values: [slope] },
    });
    const converted = convert(source, 'prelu', [2, 2, 1]);
    expect(Buffer.from(converted).includes('PRelu')).toBe(false);
    expect(await run(converted, [-2, -1, 0, 4])).toEqual([-2 * slope, -slope, 0, 4]);
  });

  it('Reshape reads channels last', async () => {
    const source = model(
      [
        { name: 'conv', op: 'Conv2D', input: ['image', 'w'], attr: step },
        { name: 'flat', op: 'Reshape', input: ['conv', 'shape'] },
      ],
      { w: { shape: [1, 1, 1, 2], values: [1, 10] }, shape: { shape: [2], values: [1, -1] } },
    );
    const converted = convert(source, 'flat', [8]);
    expect(await run(converted, [1, 2, 3, 4])).toEqual([1, 10, 2, 20, 3, 30, 4, 40]);
    const batchOfTwo = await run(converted, [1, 2, 3, 4, 5, 6, 7, 8]);
    expect(batchOfTwo.slice(8)).toEqual([5, 50, 6, 60, 7, 70, 8, 80]);
  });
});

function group(weights: Parameters<typeof readTfjsWeights>[0][number]['weights']) {
  return [{ paths: [], weights }];
}

describe('weights', () => {
  it('decodes float16, uint8 and uint16 quantisation, and int32', () => {
    const weights = readTfjsWeights(
      group([
        { name: 'half', shape: [2], dtype: 'float32', quantization: { dtype: 'float16' } },
        { name: 'byte', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
        { name: 'word', shape: [1], dtype: 'float32', quantization: { dtype: 'uint16', scale: 2, min: 1 } },
        { name: 'axis', shape: [1], dtype: 'int32' },
      ]),
      Uint8Array.from([0x00, 0x3c, 0x00, 0xc0, 0, 255, 0x00, 0x01, 0xff, 0xff, 0xff, 0xff]),
    );
    expect(Object.fromEntries([...weights].map(([name, { data }]) => [name, [...data]]))).toEqual({
      half: [1, -2],
      byte: [-1, 126.5],
      word: [513],
      axis: [-1],
    });
  });

  it.each([7, 9])('refuses %i bytes where the manifest says 8', (length) => {
    const manifest = group([{ name: 'w', shape: [2], dtype: 'float32' }]);
    expect(errorOf(() => readTfjsWeights(manifest, new Uint8Array(length)))).toMatchObject({
      code: 'malformed-source',
    });
  });
});
