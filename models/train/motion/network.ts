import type * as Tfjs from '@tensorflow/tfjs';
import { MOTION_FEATURE_COUNT, MOTION_STEPS } from '../../../server/evidence/motion-features.ts';
import { shuffled } from '../../evaluate/seeded-random.ts';
import type { TensorFlow } from '../tensorflow.ts';
import { Draws } from './random.ts';

/** Windows with their labels: 1 living, 0 not. */
interface Samples {
  readonly windows: readonly Float32Array[];
  readonly living: readonly number[];
}

/** A trained network as arrays, in the layout of TensorFlow.js (gates i, f, c, o). */
export interface LstmWeights {
  readonly units: number;
  /** Shape: features × 4 units. */
  readonly kernel: Float32Array;
  /** Shape: units × 4 units. */
  readonly recurrentKernel: Float32Array;
  readonly bias: Float32Array;
  /** Shape: units. */
  readonly outputKernel: Float32Array;
  readonly outputBias: Float32Array;
}

interface TrainingOptions {
  readonly seed: number;
  readonly units: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

/** One LSTM over the window's steps, and a sigmoid: the probability that the window shows a living face. */
export function buildNetwork(tf: TensorFlow, units: number, seed: number): Tfjs.Sequential {
  const network = tf.sequential();
  network.add(
    tf.layers.lstm({
      units,
      inputShape: [MOTION_STEPS, MOTION_FEATURE_COUNT],
      recurrentActivation: 'sigmoid',
      kernelInitializer: tf.initializers.glorotUniform({ seed }),
      recurrentInitializer: tf.initializers.glorotUniform({ seed: seed + 1 }),
    }),
  );
  network.add(
    tf.layers.dense({
      units: 1,
      activation: 'sigmoid',
      kernelInitializer: tf.initializers.glorotUniform({ seed: seed + 2 }),
    }),
  );
  return network;
}

/** Trains a new network. The same samples, options and back end give the same weights. */
export async function trainNetwork(
  tf: TensorFlow,
  { windows, living }: Samples,
  { seed, units, epochs, batchSize, learningRate, onEpoch }: TrainingOptions,
): Promise<Tfjs.Sequential> {
  const network = buildNetwork(tf, units, seed);
  const optimizer = tf.train.adam(learningRate);
  network.compile({ optimizer, loss: 'binaryCrossentropy' });
  const draws = new Draws(seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    // Cosine decay of the learning rate.
    const rate = learningRate * (0.05 + 0.95 * 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs)));
    (optimizer as unknown as { learningRate: number }).learningRate = rate;
    const order = shuffled(
      windows.map((_, i) => i),
      () => draws.unit(),
    );
    const x = toTensor(
      tf,
      order.map((i) => windows[i]),
    );
    const y = tf.tensor2d(
      order.map((i) => living[i]),
      [order.length, 1],
    );
    const { history } = await network.fit(x, y, { batchSize, epochs: 1, shuffle: false, verbose: 0 });
    tf.dispose([x, y]);
    onEpoch?.(epoch, Number(history['loss']?.[0]));
  }
  return network;
}

/** The network's probability for each window, 0..1. */
export async function predict(
  tf: TensorFlow,
  network: Tfjs.Sequential,
  windows: readonly Float32Array[],
): Promise<Float32Array> {
  const x = toTensor(tf, windows);
  const y = network.predict(x, { batchSize: 512 }) as Tfjs.Tensor;
  const probabilities = (await y.data()) as Float32Array;
  tf.dispose([x, y]);
  return probabilities;
}

/** The weights as arrays. */
export async function weightsOf(network: Tfjs.Sequential, units: number): Promise<LstmWeights> {
  const [kernel, recurrentKernel, bias, outputKernel, outputBias] = await Promise.all(
    network.getWeights().map(async (tensor) => (await tensor.data()) as Float32Array),
  );
  return { units, kernel, recurrentKernel, bias, outputKernel, outputBias };
}

function toTensor(tf: TensorFlow, windows: readonly Float32Array[]): Tfjs.Tensor3D {
  const length = MOTION_STEPS * MOTION_FEATURE_COUNT;
  const data = new Float32Array(windows.length * length);
  for (const [i, window] of windows.entries()) data.set(window, i * length);
  return tf.tensor3d(data, [windows.length, MOTION_STEPS, MOTION_FEATURE_COUNT]);
}
