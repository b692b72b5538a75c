/** A sliding window on one axis: its output length, and the zeros before and after. */
export interface WindowFit {
  readonly outputLength: number;
  readonly padBegin: number;
  readonly padEnd: number;
}

/**
 * TensorFlow's padding rules for a convolution or pooling window along one axis. SAME is asymmetric: when the total is
 * odd, the additional zero goes to the end, unlike padding=k/2 elsewhere. Source:
 * tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 *
 * @param length input length
 * @param kernel window length
 * @param stride step
 * @param dilation 1: dense
 */
export function fitWindow(
  padding: 'SAME' | 'VALID',
  length: number,
  kernel: number,
  stride: number,
  dilation = 1,
): WindowFit {
  const reach = (kernel - 1) * dilation + 1;
  if (padding === 'VALID') {
    return { outputLength: Math.floor((length - reach) / stride) + 1, padBegin: 0, padEnd: 0 };
  }
  const outputLength = Math.ceil(length / stride);
  const total = Math.max(0, (outputLength - 1) * stride + reach - length);
  const padBegin = total >> 1;
  return { outputLength, padBegin, padEnd: total - padBegin };
}

/** A pad list in ONNX order for two dimensions: both begins, then both ends. */
export function onnxPads(vertical: WindowFit, horizontal: WindowFit): number[] {
  return [vertical.padBegin, horizontal.padBegin, vertical.padEnd, horizontal.padEnd];
}
