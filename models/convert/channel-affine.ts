import type { ShapedFloats } from './shape.ts';

/** A per-output-channel y = x·scale + offset that follows a linear layer. */
export interface ChannelAffine {
  readonly scale: Float32Array;
  readonly offset: Float32Array;
}

export interface BatchNormalisation {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly runningMean: Float32Array;
  readonly runningVariance: Float32Array;
  readonly epsilon: number;
}

/** What batch normalisation does at inference: scale = weight/√(variance + ε), offset = bias − mean·scale. */
export function batchNormalisationAffine(norm: BatchNormalisation): ChannelAffine {
  const scale = norm.weight.map((weight, c) => weight / Math.sqrt(norm.runningVariance[c] + norm.epsilon));
  return { scale, offset: norm.bias.map((bias, c) => bias - norm.runningMean[c] * scale[c]) };
}

/**
 * Folds an affine into the weights before it. `weights` has output channels first; the result has the same shape
 * and a bias of one value an output channel.
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
