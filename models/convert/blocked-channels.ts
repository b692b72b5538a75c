/**
 * Channels of a block of ONNX Runtime's blocked layout with AVX-512; a multiple of what narrower processors use.
 * A convolution fills its last block with zeros by itself, but what comes after it (depthwise convolutions, pooling,
 * additions) falls out of the layout unless its channels are whole blocks: so the zeros become channels.
 */
export const CHANNEL_BLOCK = 16;

/** How many channels of zeros make `channels` a whole number of blocks. */
export function missingChannels(channels: number): number {
  return (CHANNEL_BLOCK - (channels % CHANNEL_BLOCK)) % CHANNEL_BLOCK;
}

/** A copy with `zeros` zeros behind every `length` values. */
export function appendZeros(values: Float32Array, length: number, zeros: number): Float32Array {
  const rows = values.length / length;
  const out = new Float32Array(rows * (length + zeros));
  for (let row = 0; row < rows; row++) {
    out.set(values.subarray(row * length, (row + 1) * length), row * (length + zeros));
  }
  return out;
}

/**
 * Convolution weights (output channels, input channels of a group, height, width) for this many more channels of zeros
 * on either side.
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
