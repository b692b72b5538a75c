import path from 'node:path';
import type * as Tfjs from '@tensorflow/tfjs';
import * as ort from '../../server/inference/onnx-runtime.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTorchStateDict } from '../../models/convert/torch-stream.ts';
import type { PadModelId } from '../../models/ids.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import { DATA_DIR, MIRROR_DIR } from '../support/optional.ts';
import { MiniFasNetReference } from './minifasnet-reference.ts';
import {
  convertNow,
  cropPixels,
  maxAbsError,
  normalise,
  readSources,
  runOnnx,
  sampleCrops,
  samplePhoto,
} from './support.ts';
import { loadTfjs } from './tfjs.ts';

const MODELS: readonly { id: PadModelId; tensors: number; cropScale: number }[] = [
  { id: 'minifasnet-v2', tensors: 334, cropScale: 2.7 },
  { id: 'minifasnet-v1se', tensors: 370, cropScale: 4 },
];

describe.skipIf(MIRROR_DIR === null)('MiniFASNet pair (skipped without VERIFRAME_MODEL_MIRROR)', () => {
  let tf: typeof Tfjs;
  const converted = new Map<PadModelId, Uint8Array>();

  beforeAll(async () => {
    tf = await loadTfjs();
    for (const { id } of MODELS) converted.set(id, convertNow(id));
  });

  it.each(MODELS)('$id: every float tensor of the torch stream is read', ({ id, tensors }) => {
    const state = readTorchStateDict(readSources(id)[0]);
    const counters = [...state.keys()].filter((name) => name.endsWith('.running_mean')).length;
    expect(state.size + counters).toBe(tensors);
    expect([...state.values()].every((tensor) => tensor.data.every(Number.isFinite))).toBe(true);
  });

  it.each(
    MODELS,
  )('$id gives what its layers, one by one and nothing folded, give in TensorFlow.js: max abs error < 1e-5', async ({
    id,
  }) => {
    const { input } = MODEL_MANIFEST[id];
    const pixels = await cropPixels(samplePhoto, sampleCrops.scene, input);
    const image = normalise(pixels, input.normalisation);
    const reference = new MiniFasNetReference(tf, readTorchStateDict(readSources(id)[0]));
    const expected = await reference.logits(image).data();
    const { probabilities } = await runOnnx(id, converted.get(id)!, [image]);
    const exponentials = [...expected].map((logit) => Math.exp(logit - Math.max(...expected)));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    const softmax = Float32Array.from(exponentials, (value) => value / total);
    expect(maxAbsError(probabilities, softmax)).toBeLessThan(1e-5);
  });

  describe.skipIf(DATA_DIR === null)('on webcam recordings (skipped without VERIFRAME_DATA)', () => {
    it('scores every live face above every printed one', async () => {
      const live = await Promise.all(FACES.live.map((face) => bonaFideProbability('live', face, converted)));
      const print = await Promise.all(
        FACES.print.map((face) => bonaFideProbability('print', face, converted)),
      );
      expect(Math.max(...print)).toBeLessThan(0.05);
      expect(Math.min(...live)).toBeGreaterThan(Math.max(...print));
      expect(live.toSorted((a, b) => a - b)[live.length >> 1]).toBeGreaterThan(0.9);
    });
  });
});

type Face = readonly [file: string, x: number, y: number, width: number, height: number];

/** The middle frame of each recording in nuaa-dev, with the bounding box of the face's landmarks in pixels. */
const FACES: Record<'live' | 'print', readonly Face[]> = {
  live: [
    ['0001/0001_00_00_01_25.jpg', 267, 138, 157, 183],
    ['0002/0002_01_00_01_221.jpg', 262, 137, 177, 197],
    ['0003/0003_01_00_01_29.jpg', 237, 93, 214, 240],
    ['0004/0004_01_06_03_27.jpg', 229, 138, 145, 165],
    ['0005/0005_00_00_02_26.jpg', 205, 111, 201, 245],
    ['0006/0006_00_06_03_34.jpg', 238, 129, 135, 151],
    ['0007/0007_01_05_03_32.jpg', 245, 165, 164, 186],
    ['0008/0008_00_00_02_3.jpg', 149, 110, 210, 236],
  ],
  print: [
    ['0001/0001_00_00_01_189.jpg', 156, 123, 149, 179],
    ['0002/0002_01_00_01_189.jpg', 230, 177, 163, 184],
    ['0003/0003_01_00_01_190.jpg', 207, 75, 203, 221],
    ['0004/0004_01_00_01_191.jpg', 254, 104, 247, 274],
    ['0005/0005_00_00_01_192.jpg', 236, 107, 243, 299],
    ['0006/0006_00_00_01_211.jpg', 303, 107, 225, 253],
    ['0007/0007_01_00_01_194.jpg', 300, 131, 142, 162],
    ['0008/0008_00_00_01_200.jpg', 259, 151, 240, 267],
  ],
};
const FRAME = { width: 640, height: 480 };

async function bonaFideProbability(
  kind: 'live' | 'print',
  [file, x, y, width, height]: Face,
  models: ReadonlyMap<PadModelId, Uint8Array>,
): Promise<number> {
  let sum = 0;
  for (const { id, cropScale } of MODELS) {
    const { input } = MODEL_MANIFEST[id];
    const scale = Math.min(cropScale, FRAME.width / width, FRAME.height / height);
    const span = (start: number, length: number, limit: number) => {
      const size = Math.floor(length * scale);
      const wanted = Math.round(start + length / 2 - size / 2);
      return { start: Math.min(Math.max(wanted, 0), limit - size), size };
    };
    const across = span(x, width, FRAME.width);
    const down = span(y, height, FRAME.height);
    const crop = { left: across.start, top: down.start, width: across.size, height: down.size };
    const pixels = await cropPixels(path.join(DATA_DIR!, 'nuaa-dev', kind, file), crop, input);
    const image = normalise(pixels, input.normalisation);
    sum += (await runOnnx(id, models.get(id)!, [image]))['probabilities'][1];
  }
  return sum / MODELS.length;
}

describe.skipIf(MIRROR_DIR === null)('MobileFaceNet (skipped without VERIFRAME_MODEL_MIRROR)', () => {
  it('has the input and the output of the manifest', async () => {
    const spec = MODEL_MANIFEST.mobilefacenet;
    const session = await ort.InferenceSession.create(convertNow('mobilefacenet'));
    const [input] = session.inputMetadata;
    const [output] = session.outputMetadata;
    expect(input).toMatchObject({
      name: spec.input.name,
      shape: [1, 3, spec.input.height, spec.input.width],
    });
    expect(output).toMatchObject({ name: spec.outputs[0].name, shape: [1, ...spec.outputs[0].shape] });
    await session.release();
  });
});
