import { z } from 'zod';
import { ConversionError } from './errors.ts';
import { decodeFloat16 } from './float16.ts';
import { elementCount } from './shape.ts';

const weightEntry = z.object({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(['float32', 'int32']),
  quantization: z
    .union([
      z.object({ dtype: z.literal('float16') }),
      z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
    ])
    .optional(),
});
type WeightEntry = z.infer<typeof weightEntry>;

/** The `weightsManifest` of a TensorFlow.js model: groups of weights. Each group is stored in one sequence of bytes. */
export const weightsManifest = z.array(
  z.object({ paths: z.array(z.string()), weights: z.array(weightEntry) }),
);
type WeightsManifest = z.infer<typeof weightsManifest>;

export interface Weight {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  /** Integers are stored as floats too: all of them are axes, shapes and paddings, far below 2^24. */
  readonly data: Float32Array;
}

/**
 * Decodes the weights of a model with one group. Quantised integers become v·scale + min; float16 values become floats.
 * The weights must fill the bytes exactly.
 *
 * @throws ConversionError `malformed-source` when lengths do not match
 */
export function readTfjsWeights(manifest: WeightsManifest, bytes: Uint8Array): Map<string, Weight> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const weights = new Map<string, Weight>();
  let offset = 0;
  for (const entry of manifest.flatMap((group) => group.weights)) {
    const count = elementCount(entry.shape);
    const { bytesEach, read } = valueReader(entry, view);
    if (offset + count * bytesEach > bytes.byteLength) {
      throw new ConversionError('malformed-source', entry.name, 'the weights end before this tensor does');
    }
    const start = offset;
    const data = Float32Array.from({ length: count }, (_, i) => read(start + i * bytesEach));
    offset += count * bytesEach;
    weights.set(entry.name, { shape: entry.shape, dtype: entry.dtype, data });
  }
  if (offset !== bytes.byteLength) {
    throw new ConversionError(
      'malformed-source',
      'weights',
      `${bytes.byteLength - offset} bytes are left over`,
    );
  }
  return weights;
}

function valueReader(
  entry: WeightEntry,
  view: DataView,
): { readonly bytesEach: number; readonly read: (offset: number) => number } {
  const quantization = entry.quantization;
  if (quantization === undefined) {
    return entry.dtype === 'float32'
      ? { bytesEach: 4, read: (offset) => view.getFloat32(offset, true) }
      : { bytesEach: 4, read: (offset) => view.getInt32(offset, true) };
  }
  if (quantization.dtype === 'float16') {
    return { bytesEach: 2, read: (offset) => decodeFloat16(view.getUint16(offset, true)) };
  }
  const { dtype, scale, min } = quantization;
  return dtype === 'uint8'
    ? { bytesEach: 1, read: (offset) => view.getUint8(offset) * scale + min }
    : { bytesEach: 2, read: (offset) => view.getUint16(offset, true) * scale + min };
}
