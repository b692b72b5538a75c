import { EMBEDDING_MODELS, type EmbeddingModelId } from '../../models/ids.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import { arcFaceMatrix, dlibChipMatrix } from './align.ts';
import type { Affine } from './geometry.ts';
import type { RgbImage } from './image.ts';
import { outputOfSize, type ModelRunner } from './model-runner.ts';
import type { Warper } from './warp.ts';

/** How a face is cropped for a network. */
export interface EmbeddingRecipe {
  /** Maps the network's square input of `side` pixels onto the picture. */
  readonly matrix: (landmarks: Float32Array, side: number) => Affine;
  /** Also embed the mirrored face, and take the mean of both. */
  readonly withMirror: boolean;
}

/** The recipe of each network. Alternatives were measured with `npm run evaluate -- verification`. */
const EMBEDDING_RECIPES: Readonly<Record<EmbeddingModelId, EmbeddingRecipe>> = {
  faceres: {
    matrix: (landmarks, side) => arcFaceMatrix(landmarks, side, 1.1),
    withMirror: false,
  },
  dlib: {
    matrix: dlibChipMatrix,
    withMirror: true,
  },
  mobilefacenet: {
    matrix: (landmarks, side) => arcFaceMatrix(landmarks, side, 1),
    withMirror: false,
  },
};

/** The size of the input buffer, in floats, that the largest recipe needs. */
export const EMBEDDING_INPUT_LENGTH = Math.max(
  ...EMBEDDING_MODELS.map(
    (model) => 3 * MODEL_MANIFEST[model].input.width ** 2 * (EMBEDDING_RECIPES[model].withMirror ? 2 : 1),
  ),
);

/**
 * The L2-normalised embedding of a face by one network, in a new buffer. `scratch` holds at least
 * `EMBEDDING_INPUT_LENGTH` floats, or twice the network's input for another recipe that mirrors. Throws RangeError when
 * the landmarks coincide.
 */
export async function embedFace(
  model: EmbeddingModelId,
  runner: ModelRunner,
  warper: Warper,
  image: RgbImage,
  landmarks: Float32Array,
  scratch: Float32Array,
  { matrix, withMirror }: EmbeddingRecipe = EMBEDDING_RECIPES[model],
): Promise<Float32Array> {
  const { input, outputs: declared } = MODEL_MANIFEST[model];
  const side = input.width;
  const values = declared[0].shape[0];
  const length = 3 * side * side;
  const batch = withMirror ? 2 : 1;
  warper.crop(image, matrix(landmarks, side), side, side, input.normalisation, scratch);
  if (withMirror) mirrorRows(scratch, side, length);
  const outputs = await runner.run(model, scratch.subarray(0, batch * length), [batch, 3, side, side]);
  const described = outputOfSize(outputs, values, batch);
  const embedding = described.slice(0, values);
  for (let item = 1; item < batch; item++) {
    for (let i = 0; i < values; i++) {
      embedding[i] = embedding[i] + described[item * values + i];
    }
  }
  return normalise(embedding);
}

/** Scales a vector in place to length 1. Throws RangeError when it has no direction. */
export function normalise(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  if (!(length > 0 && Number.isFinite(length))) throw new RangeError('The embedding has no direction.');
  for (let i = 0; i < vector.length; i++) vector[i] = vector[i] / length;
  return vector;
}

/** Appends the left-right mirror image of the planar crop that stands at the buffer's start. */
function mirrorRows(buffer: Float32Array, side: number, length: number): void {
  for (let row = 0; row < length; row += side) {
    for (let x = 0; x < side; x++) buffer[length + row + x] = buffer[row + side - 1 - x];
  }
}
