import { describe, expect, it } from 'vitest';
import { bootstrapFnmr, middle95 } from '../../models/evaluate/bootstrap.ts';
import { foldAccuracy } from '../../models/evaluate/fold-accuracy.ts';
import { fitLogistic, fitScoreLine } from '../../models/evaluate/logistic.ts';
import { trainPerceptron } from '../../models/evaluate/perceptron.ts';
import { proportion } from '../../models/evaluate/proportion.ts';
import type { Comparisons } from '../../models/evaluate/score-collector.ts';
import { ScoreTable } from '../../models/evaluate/score-table.ts';
import { seededRandom } from '../../models/evaluate/seeded-random.ts';

function filled(genuine: readonly number[], impostor: readonly number[], low = -1, high = 1): ScoreTable {
  const table = new ScoreTable(low, high);
  for (const score of genuine) table.add(true, score);
  for (const score of impostor) table.add(false, score);
  return table;
}

/** Normally distributed numbers (Box and Muller). */
function normals(count: number, mean: number, random: () => number): number[] {
  return Array.from(
    { length: count },
    () => mean + Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

describe('rates of a score table', () => {
  const impostor = Array.from({ length: 1000 }, (_, i) => i / 1000);

  it('the threshold is the lowest one that accepts at most the wanted share of impostors', () => {
    const table = filled([0.95, 0.98895, 0.9905, 1], impostor);
    for (const [fmr, matches] of [
      [1e-2, 10],
      [1e-3, 1],
      [1e-4, 0],
      [0.5, 500],
    ]) {
      const threshold = table.thresholdAt(fmr);
      expect(table.impostorsFrom(threshold)).toBe(matches);
      expect(impostor.filter((score) => score >= threshold - 2 / 2 ** 17).length).toBe(matches + 1);
    }
    expect(table.genuineBelow(table.thresholdAt(1e-2))).toBe(2);
  });

  it('equal impostor scores are all above a threshold or all below it', () => {
    const table = filled([0.9], [...impostor, ...Array.from({ length: 50 }, () => 0.7)]);
    const threshold = table.thresholdAt(0.31);
    expect(threshold).toBeGreaterThan(0.7);
    expect(table.impostorsFrom(threshold)).toBe(299);
  });

  it('the equal error rate of two normal distributions two deviations apart is 15.87 %', () => {
    const random = seededRandom(3);
    const table = filled(normals(40_000, 2, random), normals(40_000, 0, random), -8, 10);
    const { rate, threshold } = table.equalError();
    expect(rate).toBeCloseTo(0.1587, 2);
    expect(threshold).toBeCloseTo(1, 1);
  });

  it('the equal error rate is 0 when the scores are separate, and 1 when they are swapped', () => {
    expect(filled([0.8, 0.9], [0.1, 0.2]).equalError().rate).toBe(0);
    expect(filled([0.1, 0.2], [0.8, 0.9]).equalError().rate).toBe(1);
  });

  it('the DET curve is monotonic and ends at the table’s own counts', () => {
    const random = seededRandom(5);
    const points = filled(normals(500, 2, random), normals(5000, 0, random), -8, 10).tradeOff();
    expect(points[0].fmr).toBeCloseTo(1 / 5000, 6);
    expect(points.at(-1)?.fnmr).toBe(0);
    for (const [index, { fmr, fnmr }] of points.slice(1).entries()) {
      expect(fmr).toBeGreaterThanOrEqual(points[index].fmr);
      expect(fnmr).toBeLessThanOrEqual(points[index].fnmr);
    }
  });

  it('scores outside the range count as its nearer end', () => {
    const table = filled([5], [-5]);
    expect(table.genuineBelow(0.999)).toBe(0);
    expect(table.impostorsFrom(-0.999)).toBe(0);
  });
});

describe('exact bounds of a proportion', () => {
  // Clopper-Pearson bounds from tables (scipy.stats.binomtest(...).proportion_ci).
  it.each([
    [0, 10, 0, 0.3084971],
    [10, 10, 0.6915029, 1],
    [5, 10, 0.187086, 0.812914],
    [1, 100, 0.0002531, 0.0544594],
    [3, 20, 0.0320709, 0.3789268],
    [50, 1000, 0.0373354, 0.0653905],
  ])('%i of %i lies between %f and %f', (successes, trials, low, high) => {
    const share = proportion(successes, trials);
    expect(share.value).toBe(successes / trials);
    expect(share.low).toBeCloseTo(low, 6);
    expect(share.high).toBeCloseTo(high, 6);
  });

  it('hold for millions of trials: 0 of n gives 1 − .025^(1/n)', () => {
    expect(proportion(0, 24_000_000).high / (1 - 0.025 ** (1 / 24_000_000))).toBeCloseTo(1, 6);
    const { low, high } = proportion(2400, 24_000_000);
    // There the bounds are close to the normal approximation.
    expect(low / (1e-4 - 1.96 * 2.0412e-6)).toBeCloseTo(1, 2);
    expect(high / (1e-4 + 1.96 * 2.0412e-6)).toBeCloseTo(1, 2);
  });

  it('refuse counts that are no proportion', () => {
    expect(() => proportion(3, 2)).toThrow(RangeError);
    expect(() => proportion(0, 0)).toThrow(RangeError);
  });
});

describe('accuracy over folds', () => {
  it('classifies each fold by the threshold of the others', () => {
    const easy = { genuine: [0.8, 0.9], impostor: [0.1, 0.2] };
    const odd = { genuine: [0.3, 0.9], impostor: [0.1, 0.6] };
    const { mean, standardError, folds } = foldAccuracy([easy, easy, odd]);
    // The threshold of the easy folds is .5, which is wrong twice on the third fold.
    expect(folds).toEqual([1, 1, 0.5]);
    expect(mean).toBeCloseTo(5 / 6, 12);
    expect(standardError).toBeCloseTo(Math.sqrt((2 * (1 / 6) ** 2 + (1 / 3) ** 2) / 2 / 3), 12);
  });

  it('counts a pair that could not be compared as two people', () => {
    const fold = { genuine: [0.9, -Infinity], impostor: [0.1, -Infinity] };
    expect(foldAccuracy([fold, fold]).folds).toEqual([0.75, 0.75]);
  });

  it('is 84.13 % for two normal distributions two deviations apart', () => {
    const random = seededRandom(11);
    const folds = Array.from({ length: 10 }, () => ({
      genuine: normals(1000, 2, random),
      impostor: normals(1000, 0, random),
    }));
    const { mean, standardError } = foldAccuracy(folds);
    expect(Math.abs(mean - 0.8413)).toBeLessThan(0.01);
    expect(standardError).toBeLessThan(0.01);
    expect(standardError).toBeGreaterThan(0);
  });

  it('refuses a single fold, and an empty one', () => {
    const fold = { genuine: [1], impostor: [0] };
    expect(() => foldAccuracy([fold])).toThrow(RangeError);
    expect(() => foldAccuracy([fold, { genuine: [], impostor: [] }])).toThrow(RangeError);
  });
});

describe('bootstrap over identities', () => {
  const list = (pairs: readonly (readonly [number, number, number])[]): Comparisons => {
    const sorted = pairs.toSorted((a, b) => b[2] - a[2]);
    return {
      probes: Int32Array.from(sorted, ([a]) => a),
      references: Int32Array.from(sorted, ([, b]) => b),
      scores: Float32Array.from(sorted, ([, , score]) => score),
    };
  };
  /** Identities with two faces each: rows 2i and 2i + 1. */
  function world(identities: number, missed: number) {
    const identityOf = Int32Array.from({ length: 2 * identities }, (_, row) => row >> 1);
    const genuine = Array.from({ length: identities }, (_, i): [number, number, number] => [
      2 * i,
      2 * i + 1,
      i < missed ? 0 : 1,
    ]);
    const impostor = Array.from({ length: 2 * identities }, (_, a) =>
      Array.from({ length: 2 * identities }, (_b, b): [number, number, number] => [
        a,
        b,
        ((a * 31 + b * 17) % 97) / 200 + 0.2,
      ]).filter(([, b]) => b > a && a >> 1 !== b >> 1),
    ).flat();
    return {
      identities,
      identityOf,
      genuine: list(genuine),
      impostorTail: list(impostor),
      covers: () => true,
    };
  }
  const settings = { fmrs: [0.01, 0.1], replicates: 400, seed: 2 };

  it('has the width of the binomial distribution when every identity has one comparison', () => {
    const [replicates] = bootstrapFnmr({ ...world(60, 12), ...settings });
    const { low, high } = middle95(replicates);
    const deviation = Math.sqrt((0.2 * 0.8) / 60);
    expect(Math.abs(low - (0.2 - 1.96 * deviation))).toBeLessThan(0.03);
    expect(Math.abs(high - (0.2 + 1.96 * deviation))).toBeLessThan(0.03);
  });

  it('gives the same replicates for the same seed and others for another', () => {
    const input = { ...world(20, 5), ...settings };
    expect(bootstrapFnmr(input)).toEqual(bootstrapFnmr(input));
    expect(bootstrapFnmr(input)).not.toEqual(bootstrapFnmr({ ...input, seed: 3 }));
  });

  it('counts impostors within groups when comparisons were made within groups only', () => {
    const { impostorTail, ...rest } = world(20, 0);
    const sameHalf = (a: number, b: number) => a % 2 === b % 2;
    const kept = [...impostorTail.scores.keys()].filter((i) =>
      sameHalf(rest.identityOf[impostorTail.probes[i]], rest.identityOf[impostorTail.references[i]]),
    );
    const within = list(
      kept.map((i) => [impostorTail.probes[i], impostorTail.references[i], impostorTail.scores[i]]),
    );
    const genuine = list(
      [...rest.genuine.probes].map((probe, i) => [probe, rest.genuine.references[i], 0.66]),
    );
    // Every impostor score is below .69. At a rate of .1, FNMR is 0 if impostors are counted correctly.
    const [, replicates] = bootstrapFnmr({
      ...rest,
      genuine,
      impostorTail: within,
      covers: sameHalf,
      ...settings,
    });
    expect(Math.max(...replicates)).toBe(0);
  });
});

describe('learned scores', () => {
  it('logistic regression finds the true log-likelihood ratio: normal distributions at 0 and 2 give 2s − 2', () => {
    const random = seededRandom(17);
    const table = filled(normals(60_000, 2, random), normals(60_000, 0, random), -8, 10);
    const { slope, offset } = fitScoreLine(table);
    expect(slope).toBeCloseTo(2, 1);
    expect(offset).toBeCloseTo(-2, 1);
  });

  it('logistic regression gives both classes the same weight, whatever their numbers', () => {
    const random = seededRandom(19);
    const table = filled(normals(2000, 2, random), normals(200_000, 0, random), -8, 10);
    expect(fitScoreLine(table).offset).toBeCloseTo(-2, 0);
  });

  it('logistic regression finds the better of two features, and refuses a class without samples', () => {
    const random = seededRandom(23);
    const sampleOf = (isGenuine: boolean) => {
      const [strong] = normals(1, isGenuine ? 3 : 0, random);
      const [noise] = normals(1, 0, random);
      return { features: [strong, noise], isGenuine, weight: 1 };
    };
    const samples = Array.from({ length: 4000 }, (_, i) => sampleOf(i % 2 === 0));
    const { weights } = fitLogistic(samples);
    expect(weights[0]).toBeGreaterThan(2.5);
    expect(Math.abs(weights[1])).toBeLessThan(0.3);
    expect(() => fitLogistic(samples.filter(({ isGenuine }) => isGenuine))).toThrow(RangeError);
  });

  it('a perceptron learns a class boundary that is not linear, and the same seed gives the same network', () => {
    const random = seededRandom(29);
    const samples = Array.from({ length: 2000 }, () => {
      const features = [2 * random() - 1, 2 * random() - 1];
      return { features, isGenuine: features[0] * features[1] > 0, weight: 1 };
    });
    const network = trainPerceptron(samples, 1);
    const right = samples.filter(({ features, isGenuine }) => network(features) > 0 === isGenuine).length;
    expect(right / samples.length).toBeGreaterThan(0.95);
    expect(trainPerceptron(samples, 1)([0.3, 0.4])).toBe(network([0.3, 0.4]));
  });
});
