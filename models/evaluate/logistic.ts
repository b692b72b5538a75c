import type { ScoreTable } from './score-table.ts';

/** A point in feature space with its weight and its class. */
export interface WeightedSample {
  readonly features: readonly number[];
  readonly isGenuine: boolean;
  readonly weight: number;
}

/** Log-likelihood ratio = weights · features + offset. */
interface LogisticModel {
  readonly weights: readonly number[];
  readonly offset: number;
}

const STEPS = 50;
const RIDGE = 1e-9;

/**
 * Fits logistic regression by Newton's method. Both classes have the same total weight, so the linear predictor is a
 * log-likelihood ratio (natural logarithm).
 * @throws RangeError when a class has no sample
 */
export function fitLogistic(samples: readonly WeightedSample[]): LogisticModel {
  const totals = { genuine: 0, impostor: 0 };
  for (const { isGenuine, weight } of samples) totals[isGenuine ? 'genuine' : 'impostor'] += weight;
  if (!(totals.genuine > 0 && totals.impostor > 0)) throw new RangeError('Both classes are needed.');
  const dimensions = samples[0].features.length;
  const { centre, scale } = standardisation(samples, dimensions);
  const size = dimensions + 1;
  const model = new Float64Array(size);
  const x = new Float64Array(size);
  for (let step = 0; step < STEPS; step++) {
    const gradient = new Float64Array(size);
    const hessian = Array.from({ length: size }, (_, i) => {
      const row = new Float64Array(size);
      row[i] = RIDGE;
      return row;
    });
    for (const { features, isGenuine, weight } of samples) {
      let linear = 0;
      for (let i = 0; i < size; i++) {
        x[i] = i < dimensions ? (features[i] - centre[i]) / scale[i] : 1;
        linear += model[i] * x[i];
      }
      const probability = 1 / (1 + Math.exp(-linear));
      const share = weight / (isGenuine ? totals.genuine : totals.impostor);
      const error = share * ((isGenuine ? 1 : 0) - probability);
      const curvature = share * probability * (1 - probability);
      for (let i = 0; i < size; i++) {
        gradient[i] += error * x[i];
        for (let j = 0; j < size; j++) hessian[i][j] += curvature * x[i] * x[j];
      }
    }
    const change = solve(hessian, gradient);
    for (let i = 0; i < size; i++) model[i] += change[i];
    if (change.every((value) => Math.abs(value) < 1e-9)) break;
  }
  const weights = scale.map((deviation, i) => model[i] / deviation);
  const offset = weights.reduce((sum, weight, i) => sum - weight * centre[i], model[dimensions]);
  return { weights, offset };
}

/** The affine map from a score to its log-likelihood ratio, fitted to all scores of a table. */
export function fitScoreLine(table: ScoreTable): { readonly slope: number; readonly offset: number } {
  const samples: WeightedSample[] = [];
  table.forEachBin((score, genuine, impostor) => {
    if (genuine > 0) samples.push({ features: [score], isGenuine: true, weight: genuine });
    if (impostor > 0) samples.push({ features: [score], isGenuine: false, weight: impostor });
  });
  const { weights, offset } = fitLogistic(samples);
  return { slope: weights[0], offset };
}

/** Mean and standard deviation of each feature. */
export function standardisation(
  samples: readonly WeightedSample[],
  dimensions: number,
): { readonly centre: number[]; readonly scale: number[] } {
  let total = 0;
  const sums = Array.from({ length: dimensions }, () => [0, 0]);
  for (const { features, weight } of samples) {
    total += weight;
    for (let i = 0; i < dimensions; i++) {
      sums[i][0] += weight * features[i];
      sums[i][1] += weight * features[i] * features[i];
    }
  }
  const centre = sums.map(([sum]) => sum / total);
  const scale = sums.map(([, squares], i) => Math.sqrt(squares / total - centre[i] ** 2) || 1);
  return { centre, scale };
}

/** Solves a linear system by Gaussian elimination with partial pivoting. */
function solve(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const rows = matrix.map((row, i) => Float64Array.from([...row, right[i]]));
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column; row < size; row++) {
      if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = rows[row][column] / rows[column][column];
      for (let k = column; k <= size; k++) rows[row][k] -= factor * rows[column][k];
    }
  }
  return Float64Array.from(rows, (row, i) => row[size] / row[i]);
}
