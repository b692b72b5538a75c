import { standardisation, type WeightedSample } from './logistic.ts';
import { randomIndex, seededRandom } from './seeded-random.ts';

/** A trained network. Returns the log odds of "same person" for equal priors. */
type Perceptron = (features: readonly number[]) => number;

const HIDDEN = 8;
const STEPS = 6000;
const BATCH = 128;
const RATE = 0.01;
const WEIGHT_DECAY = 1e-4;

/**
 * Trains a perceptron with one hidden layer of eight tanh units by Adam (arXiv:1412.6980) on the logistic loss. Half of
 * each batch comes from each class. The same samples and seed give the same network.
 * @throws RangeError when a class has no sample
 */
export function trainPerceptron(samples: readonly WeightedSample[], seed: number): Perceptron {
  const genuine = samples.filter(({ isGenuine }) => isGenuine);
  const impostor = samples.filter(({ isGenuine }) => !isGenuine);
  if (genuine.length === 0 || impostor.length === 0) throw new RangeError('Both classes are needed.');
  const inputs = samples[0].features.length;
  const { centre, scale } = standardisation([...genuine, ...impostor], inputs);
  const random = seededRandom(seed);
  // Layout: for each hidden unit its input weights, its bias and its output weight; the output bias comes last.
  const stride = inputs + 2;
  const weights = Float64Array.from({ length: HIDDEN * stride + 1 }, () => random() - 0.5);
  const gradient = new Float64Array(weights.length);
  const [first, second] = [new Float64Array(weights.length), new Float64Array(weights.length)];
  const x = new Float64Array(inputs);
  const activations = new Float64Array(HIDDEN);

  const forward = (features: readonly number[]): number => {
    for (let i = 0; i < inputs; i++) x[i] = (features[i] - centre[i]) / scale[i];
    let output = weights[weights.length - 1];
    for (let unit = 0; unit < HIDDEN; unit++) {
      let sum = weights[unit * stride + inputs];
      for (let i = 0; i < inputs; i++) sum += weights[unit * stride + i] * x[i];
      activations[unit] = Math.tanh(sum);
      output += weights[unit * stride + inputs + 1] * activations[unit];
    }
    return output;
  };

  for (let step = 1; step <= STEPS; step++) {
    for (let i = 0; i < weights.length; i++) gradient[i] = WEIGHT_DECAY * weights[i];
    for (let item = 0; item < BATCH; item++) {
      const from = item % 2 === 0 ? genuine : impostor;
      const { features, isGenuine } = from[randomIndex(random, from.length)];
      const error = (1 / (1 + Math.exp(-forward(features))) - (isGenuine ? 1 : 0)) / BATCH;
      gradient[weights.length - 1] += error;
      for (let unit = 0; unit < HIDDEN; unit++) {
        const at = unit * stride;
        gradient[at + inputs + 1] += error * activations[unit];
        const inner = error * weights[at + inputs + 1] * (1 - activations[unit] ** 2);
        gradient[at + inputs] += inner;
        for (let i = 0; i < inputs; i++) gradient[at + i] += inner * x[i];
      }
    }
    const rate = RATE * (1 - step / (STEPS + 1));
    for (let i = 0; i < weights.length; i++) {
      first[i] = 0.9 * first[i] + 0.1 * gradient[i];
      second[i] = 0.999 * second[i] + 0.001 * gradient[i] ** 2;
      const mean = first[i] / (1 - 0.9 ** step);
      const square = second[i] / (1 - 0.999 ** step);
      weights[i] -= (rate * mean) / (Math.sqrt(square) + 1e-8);
    }
  }
  return forward;
}
