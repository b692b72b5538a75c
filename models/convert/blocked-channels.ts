/**
 * Number of channels in a block of ONNX Runtime's blocked layout with AVX-512; a multiple of the number on narrower
 * processors. A convolution fills its last block with zeros. The operations after it (depthwise convolutions, pooling,
 * additions) leave the blocked layout unless their channels fill whole blocks. Therefore the converter adds channels of
 * zeros.
 */
export const CHANNEL_BLOCK = 16;

/** Number of channels of zeros that make `channels` a multiple of `CHANNEL_BLOCK`. */
export function missingChannels(channels: number): number {
  return (CHANNEL_BLOCK - (channels % CHANNEL_BLOCK)) % CHANNEL_BLOCK;
}

/** A copy with `zeros` zeros after every `length` values. */
export function appendZeros(values: Float32Array, length: number, zeros: number): Float32Array {
  const rows = values.length / length;
  const out = new Float32Array(rows * (length + zeros));
  for (let row = 0; row < rows; row++) {
    out.set(values.subarray(row * length, (row + 1) * length), row * (length + zeros));
  }
  return out;
}

/**
 * Convolution weights (output channels, input channels of a group, height, width) with additional channels of zeros at
 * the inputs and the outputs.
 */
export function widenWeights(
  data: Float32Array,
  shape: readonly number[],
  zeroInputs: number,
  zeroOutputs: number,
): { readonly data: Float32Array; readonly shape: readonly number[] } {
  const [outputs, inputs, height, width] = shape;
  const pixels = height * width;
  const rows = appendZeros(data, inputs * pixels, zeroInputs * pixels);
  return {
    data: appendZeros(rows, rows.length, zeroOutputs * (inputs + zeroInputs) * pixels),
    shape: [outputs + zeroOutputs, inputs + zeroInputs, height, width],
  };
}
