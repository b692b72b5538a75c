import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as ort from '../../server/inference/onnx-runtime.ts';
import sharp from 'sharp';
import { convertModel } from '../../models/convert-model.ts';
import type { ImageModelId, ModelId } from '../../models/ids.ts';
import { type ImageInput, MODEL_MANIFEST, type Normalisation } from '../../models/manifest.ts';
import { installedPackage } from '../../models/package-root.ts';
import { packagedFile } from '../../models/prepare/sources.ts';
import { MIRROR_DIR } from '../support/optional.ts';

export const samplePhoto = path.join(installedPackage('@vladmandic/face-api'), 'demo/sample1.jpg');

export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
/** Squares in the sample photo: a face with a margin, the same face without, and its image-left eye. */
export const sampleCrops = {
  scene: { left: 40, top: 25, width: 900, height: 900 },
  face: { left: 335, top: 315, width: 310, height: 310 },
  eye: { left: 402, top: 420, width: 74, height: 74 },
} satisfies Record<string, Crop>;

/** Interleaved RGB bytes of a part of an image, stretched to the size of an input. */
export async function cropPixels(
  file: string,
  crop: Crop,
  { width, height }: Pick<ImageInput, 'width' | 'height'>,
): Promise<Uint8Array> {
  return sharp(file).extract(crop).resize(width, height, { fit: 'fill' }).removeAlpha().raw().toBuffer();
}

/** Normalised values, still interleaved (channels last), in the model's channel order. */
export function normalise(rgb: Uint8Array, { channelOrder, scale, offset }: Normalisation): Float32Array {
  return Float32Array.from(rgb, (_, i) => {
    const channel = i % 3;
    const pixel = rgb[i - channel + (channelOrder === 'rgb' ? channel : 2 - channel)];
    return pixel * scale[channel] + offset[channel];
  });
}

/** Channels last → planar. */
export function planar(interleaved: Float32Array): Float32Array {
  const pixels = interleaved.length / 3;
  return interleaved.map((_, i) => interleaved[(i % pixels) * 3 + Math.floor(i / pixels)]);
}

export function readSources(id: ModelId): Uint8Array[] {
  return MODEL_MANIFEST[id].sources.map(({ from }) =>
    readFileSync(from.kind === 'download' ? path.join(MIRROR_DIR!, from.fileName) : packagedFile(from)),
  );
}

/** Converts the model now, without any cache. */
export function convertNow(id: ModelId): Uint8Array {
  return convertModel(MODEL_MANIFEST[id], readSources(id));
}

/** Runs a converted model on images given one after another, channels last. */
export async function runOnnx(
  id: ImageModelId,
  model: Uint8Array,
  interleaved: readonly Float32Array[],
): Promise<Record<string, Float32Array>> {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
  try {
    const { input } = MODEL_MANIFEST[id];
    const each = 3 * input.width * input.height;
    const values = new Float32Array(each * interleaved.length);
    for (const [i, image] of interleaved.entries()) values.set(planar(image), i * each);
    const shape = [interleaved.length, 3, input.height, input.width];
    const outputs = await session.run({ [input.name]: new ort.Tensor('float32', values, shape) });
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]),
    );
  } finally {
    await session.release();
  }
}

/** Largest absolute difference; infinite when the lengths differ or a value is not finite. */
export function maxAbsError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  const worst = actual.reduce((max, value, i) => Math.max(max, Math.abs(value - expected[i])), 0);
  return Number.isFinite(worst) ? worst : Infinity;
}
