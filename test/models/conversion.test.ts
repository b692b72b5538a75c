import { createHash } from 'node:crypto';
import path from 'node:path';
import type * as Tfjs from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONVERTER_VERSION } from '../../models/convert-model.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import { installedPackage } from '../../models/package-root.ts';
import {
  type Crop,
  convertNow,
  cropPixels,
  maxAbsError,
  normalise,
  readSources,
  runOnnx,
  sampleCrops,
  samplePhoto,
} from './support.ts';
import { loadFaceApi, loadTfjs } from './tfjs.ts';

type GraphModelId = 'blazeface' | 'facemesh' | 'iris' | 'faceres';

/** Tolerances are about ten times the measured errors, because other processors differ. `upTo` is the largest value. */
const CASES: readonly { id: GraphModelId; crop: Crop; tolerance: number; upTo: string }[] = [
  { id: 'blazeface', crop: sampleCrops.scene, tolerance: 1e-2, upTo: 'logits up to 567' },
  { id: 'facemesh', crop: sampleCrops.face, tolerance: 1e-3, upTo: 'pixels up to 192' },
  { id: 'iris', crop: sampleCrops.eye, tolerance: 1e-3, upTo: 'pixels up to 64' },
  { id: 'faceres', crop: sampleCrops.face, tolerance: 5e-5, upTo: 'components up to 2' },
];

let tf: typeof Tfjs;
const converted = new Map<string, Uint8Array>();

beforeAll(async () => {
  tf = await loadTfjs();
  for (const id of [...CASES.map((item) => item.id), 'dlib' as const]) converted.set(id, convertNow(id));
});

describe('converted models compared with their original runtime, on a real photo', () => {
  it.each(CASES)('$id gives what TensorFlow.js gives, max abs error < $tolerance ($upTo)', async (item) => {
    const spec = MODEL_MANIFEST[item.id];
    const pixels = await cropPixels(samplePhoto, item.crop, spec.input);
    const image = normalise(pixels, spec.input.normalisation);
    const expected = await runTfjs(item.id, image);
    const actual = await runOnnx(item.id, converted.get(item.id)!, [image]);
    for (const [i, output] of spec.outputs.entries()) {
      expect(maxAbsError(actual[output.name], expected[i])).toBeLessThan(item.tolerance);
    }
  });

  it('dlib gives what face-api gives, max abs error < 5e-6 (components up to 0.4)', async () => {
    const spec = MODEL_MANIFEST.dlib;
    const pixels = await cropPixels(samplePhoto, sampleCrops.face, spec.input);
    const net = loadFaceApi().nets.faceRecognitionNet;
    await net.loadFromDisk(path.join(installedPackage('@vladmandic/face-api'), 'model'));
    const image = tf.tensor3d(pixels, [spec.input.height, spec.input.width, 3], 'int32');
    const expected = await net.computeFaceDescriptor(image);
    const normalised = normalise(pixels, spec.input.normalisation);
    const actual = await runOnnx('dlib', converted.get('dlib')!, [normalised]);
    expect(maxAbsError(actual['embedding'], expected)).toBeLessThan(5e-6);
  });

  it('the face is found with the normalisation in the manifest', async () => {
    const scene = await prepared('blazeface', sampleCrops.scene);
    const detected = await runOnnx('blazeface', converted.get('blazeface')!, [scene]);
    expect(Math.max(...detected['scores_16'], ...detected['scores_32'])).toBeGreaterThan(0);
    const face = await prepared('facemesh', sampleCrops.face);
    const mesh = await runOnnx('facemesh', converted.get('facemesh')!, [face]);
    expect(mesh['presence'][0]).toBeGreaterThan(0.99);
  });

  it.each([
    ...CASES.map((item) => item.id),
    'dlib' as const,
  ])('%s runs a batch of two as two runs of one', async (id) => {
    const first = await prepared(id, sampleCrops.face);
    const second = await prepared(id, sampleCrops.eye);
    const both = await runOnnx(id, converted.get(id)!, [first, second]);
    const alone = await runOnnx(id, converted.get(id)!, [second]);
    for (const [name, values] of Object.entries(alone)) {
      expect(maxAbsError(both[name].subarray(values.length), values)).toBeLessThan(1e-3);
    }
  });
});

describe('converter version', () => {
  it('must be raised whenever converted bytes change: these digests belong to one version', () => {
    const digests = Object.fromEntries(
      [...converted].map(([id, bytes]) => [
        id,
        createHash('sha256').update(bytes).digest('hex').slice(0, 16),
      ]),
    );
    expect({ version: CONVERTER_VERSION, ...digests }).toEqual({
      version: 2,
      blazeface: '9db22290f8eecbf0',
      facemesh: 'e5318ecb911a9b0e',
      iris: '92acb257a8d7b8fc',
      faceres: '659f1da65066ecaa',
      dlib: 'c5d1fa582d4a6526',
    });
  });
});

async function prepared(id: GraphModelId | 'dlib', crop: Crop): Promise<Float32Array> {
  const { input } = MODEL_MANIFEST[id];
  return normalise(await cropPixels(samplePhoto, crop, input), input.normalisation);
}

/** Runs the original graph in TensorFlow.js. Outputs are in the manifest's order. */
async function runTfjs(id: GraphModelId, image: Float32Array): Promise<Float32Array[]> {
  const spec = MODEL_MANIFEST[id];
  if (spec.conversion.kind !== 'tfjs-graph') throw new Error(`${id} is no graph model`);
  const [json, binary] = readSources(id) as [Uint8Array, Uint8Array];
  const source = JSON.parse(Buffer.from(json).toString()) as {
    modelTopology: object;
    weightsManifest: { weights: Tfjs.io.WeightsManifestEntry[] }[];
  };
  const model = await tf.loadGraphModel(
    tf.io.fromMemory({
      modelTopology: source.modelTopology,
      weightSpecs: source.weightsManifest.flatMap((group) => group.weights),
      weightData: Uint8Array.from(binary).buffer,
    }),
  );
  const input = tf.tensor4d(image, [1, spec.input.height, spec.input.width, 3]);
  const outputs = model.execute({ [model.inputs[0].name]: input }, [...spec.conversion.nodes]);
  const list = Array.isArray(outputs) ? outputs : [outputs];
  return Promise.all(list.map(async (tensor) => (await tensor.data()) as Float32Array));
}
