import type { ShapedFloats } from './shape.ts';

/** An affine map y = x·scale + offset for each output channel, after a linear layer. */
export interface ChannelAffine {
  readonly scale: Float32Array;
  readonly offset: Float32Array;
}

interface BatchNormalisation {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly runningMean: Float32Array;
  readonly runningVariance: Float32Array;
  readonly epsilon: number;
}

/** Batch normalisation at inference as an affine map: scale = weight/√(variance + ε), offset = bias − mean·scale. */
export function batchNormalisationAffine(norm: BatchNormalisation): ChannelAffine {
  const scale = norm.weight.map((weight, c) => weight / Math.sqrt(norm.runningVariance[c] + norm.epsilon));
  return { scale, offset: norm.bias.map((bias, c) => bias - norm.runningMean[c] * scale[c]) };
}

/**
 * Folds an affine map into the weights before it. `weights` has output channels first. The result has the same shape,
 * and a bias with one value for each output channel.
 */
export function foldChannelAffine(
  weights: ShapedFloats,
  bias: Float32Array | null,
  affine: ChannelAffine,
): { readonly weights: ShapedFloats; readonly bias: Float32Array } {
  const perChannel = weights.data.length / weights.shape[0];
  return {
    weights: {
      shape: weights.shape,
      data: weights.data.map((value, i) => value * affine.scale[Math.floor(i / perChannel)]),
    },
    bias: affine.offset.map((offset, c) => offset + (bias === null ? 0 : bias[c] * affine.scale[c])),
  };
}
