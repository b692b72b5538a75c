import type * as Tfjs from '@tensorflow/tfjs';
import { OnnxGraph } from '../../convert/onnx-graph.ts';
import type { TensorFlow } from '../tensorflow.ts';

/** What the network is trained on. */
export interface TrainingSample {
  readonly features: readonly number[];
  /** Probability of a bona fide presentation that the network is to give, 0..1. */
  readonly target: number;
  readonly weight: number;
}

/** A layer of hidden units, and one output; inputs are standardised. Matrices: inputs × outputs. */
export interface PadWeights {
  readonly means: Float32Array;
  readonly deviations: Float32Array;
  readonly hiddenKernel: Float32Array;
  readonly hiddenBias: Float32Array;
  readonly outputKernel: Float32Array;
  readonly outputBias: Float32Array;
}

export interface TrainingOptions {
  readonly seed: number;
  readonly units: number;
  readonly epochs: number;
}

const LEARNING_RATE = 0.003;
const WEIGHT_DECAY = 0.003;
const BATCH = 64;
/** Standardised features are cut off here: a picture unlike all others must not decide by one number. */
const MAX_FEATURE = 4;
const TINY = 1e-6;

/** Trains a new network. The same samples, options and back end give the same weights. */
export async function trainPadNetwork(
  tf: TensorFlow,
  samples: readonly TrainingSample[],
  { seed, units, epochs }: TrainingOptions,
): Promise<PadWeights> {
  const { means, deviations } = spread(samples);
  const width = means.length;
  const x = tf.tensor2d(
    samples.flatMap(({ features }) => [...standardised(features, means, deviations)]),
    [samples.length, width],
  );
  const y = tf.tensor2d(
    samples.flatMap(({ target, weight }) => [target, weight]),
    [samples.length, 2],
  );
  const begin = (rows: number, columns: number, own: number) =>
    tf.variable(tf.initializers.glorotUniform({ seed: seed + own }).apply([rows, columns]) as Tfjs.Tensor2D);
  const hiddenKernel = begin(width, units, 0);
  const hiddenBias = tf.variable(tf.zeros([units]));
  const outputKernel = begin(units, 1, 1);
  const outputBias = tf.variable(tf.zeros([1]));
  const loss = (start: number, count: number) => () => {
    const hidden = x.slice([start, 0], [count, width]).matMul(hiddenKernel).add(hiddenBias).tanh();
    const p = hidden
      .matMul(outputKernel)
      .add(outputBias)
      .sigmoid()
      .clipByValue(TINY, 1 - TINY);
    const target = y.slice([start, 0], [count, 1]);
    const weight = y.slice([start, 1], [count, 1]);
    const entropy = target
      .mul(p.log())
      .add(tf.sub(1, target).mul(tf.sub(1, p).log()))
      .neg();
    const decay = hiddenKernel.square().sum().add(outputKernel.square().sum()).mul(WEIGHT_DECAY);
    return entropy.mul(weight).mean().add(decay).asScalar();
  };
  const optimizer = tf.train.adam(LEARNING_RATE);
  const variables = [hiddenKernel, hiddenBias, outputKernel, outputBias];
  // The order is that of the samples, which whoever made them has shuffled by a seed.
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let start = 0; start < samples.length; start += BATCH)
      optimizer.minimize(loss(start, Math.min(BATCH, samples.length - start)), false, variables);
  }
  const [hidden, hiddenOffset, output, outputOffset] = await Promise.all(
    variables.map(async (variable) => (await variable.data()) as Float32Array),
  );
  tf.dispose([x, y, ...variables]);
  optimizer.dispose();
  return {
    means,
    deviations,
    hiddenKernel: hidden,
    hiddenBias: hiddenOffset,
    outputKernel: output,
    outputBias: outputOffset,
  };
}

/** The network's probability of a bona fide presentation, 0..1. */
export function padProbability(weights: PadWeights, features: readonly number[]): number {
  const { means, deviations, hiddenKernel, hiddenBias, outputKernel, outputBias } = weights;
  const input = standardised(features, means, deviations);
  const units = hiddenBias.length;
  let logit = outputBias[0];
  for (let unit = 0; unit < units; unit++) {
    let sum = hiddenBias[unit];
    for (let i = 0; i < input.length; i++) sum += input[i] * hiddenKernel[i * units + unit];
    logit += Math.tanh(sum) * outputKernel[unit];
  }
  return 1 / (1 + Math.exp(-logit));
}

/** The network as an ONNX file (opset 17). Input `features`: [N, features]. Output `living`: [N, 1], 0..1. */
export function padOnnx(weights: PadWeights): Uint8Array {
  const { means, deviations, hiddenKernel, hiddenBias, outputKernel, outputBias } = weights;
  const width = means.length;
  const units = hiddenBias.length;
  const graph = new OnnxGraph();
  const features = graph.input('features', ['N', width]);
  const centred = graph.node('Sub', [features, graph.float32('means', [width], means)]);
  const scaled = graph.node('Div', [centred, graph.float32('deviations', [width], deviations)]);
  const clipped = graph.node('Clip', [scaled, graph.scalar(-MAX_FEATURE), graph.scalar(MAX_FEATURE)]);
  const hidden = graph.node('Gemm', [
    clipped,
    graph.float32('hidden_kernel', [width, units], hiddenKernel),
    graph.float32('hidden_bias', [units], hiddenBias),
  ]);
  const logit = graph.node('Gemm', [
    graph.node('Tanh', [hidden]),
    graph.float32('output_kernel', [units, 1], outputKernel),
    graph.float32('output_bias', [1], outputBias),
  ]);
  graph.output(graph.node('Sigmoid', [logit], {}, 'living'), ['N', 1]);
  return graph.encode();
}

function standardised(
  features: readonly number[],
  means: Float32Array,
  deviations: Float32Array,
): Float32Array {
  return Float32Array.from(features, (value, i) =>
    Math.min(MAX_FEATURE, Math.max(-MAX_FEATURE, (value - means[i]) / deviations[i])),
  );
}

function spread(samples: readonly TrainingSample[]): { means: Float32Array; deviations: Float32Array } {
  const width = samples[0]?.features.length ?? 0;
  const total = samples.reduce((sum, { weight }) => sum + weight, 0);
  const means = new Float32Array(width);
  const deviations = new Float32Array(width);
  for (let i = 0; i < width; i++) {
    const mean = samples.reduce((sum, { features, weight }) => sum + weight * features[i], 0) / total;
    const variance =
      samples.reduce((sum, { features, weight }) => sum + weight * (features[i] - mean) ** 2, 0) / total;
    means[i] = mean;
    deviations[i] = Math.sqrt(variance) + TINY;
  }
  return { means, deviations };
}
