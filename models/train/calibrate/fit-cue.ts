import { fitLogistic } from '../../evaluate/logistic.ts';
import type { CueSample } from './cue-samples.ts';

/** Maps a cue's score to a log-likelihood ratio. */
type ScoreScale = (score: number) => number;

/** llr = slope · score + offset, limited to ±limit. */
interface LineFit {
  readonly slope: number;
  readonly offset: number;
}

/** The log-likelihood ratio for scores from `from` to the next step's `from`. */
export interface Step {
  readonly from: number;
  readonly llr: number;
}

export interface CueFit {
  readonly sessions: { readonly bonaFide: number; readonly attack: number };
  readonly recordings: { readonly bonaFide: number; readonly attack: number };
  /** Limit of the log-likelihood ratio: n recordings cannot support a ratio beyond 1 : n + 1. */
  readonly limit: number;
  readonly line: LineFit;
  readonly steps: readonly Step[];
  /**
   * Cost of the log-likelihood ratios in bits: Cllr (Brümmer and du Preez 2006). 0 is perfect, 1 carries no
   * information, more is misleading. `present` is the cost of the ratios in use. The costs of the fits are for held-out
   * recordings.
   */
  readonly cost: { readonly present: number; readonly line: number; readonly steps: number };
}

const FOLDS = 5;

/** Fits both forms to a cue's samples; null when a class has fewer than two recordings or all scores are the same. */
export function fitCue(samples: readonly CueSample[]): CueFit | null {
  const classes = [true, false].map((isBonaFide) => samples.filter((one) => one.isBonaFide === isBonaFide));
  const [bonaFide, attack] = classes.map((all) => new Set(all.map(({ recording }) => recording)).size);
  if (bonaFide < 2 || attack < 2 || new Set(samples.map(({ score }) => score)).size < 2) return null;
  const limit = Math.log(Math.min(bonaFide, attack) + 1);
  return {
    sessions: { bonaFide: classes[0].length, attack: classes[1].length },
    recordings: { bonaFide, attack },
    limit,
    line: fitLine(samples),
    steps: fitSteps(samples, limit),
    cost: {
      present: costOf(samples, ({ llr }) => llr),
      line: heldOutCost(samples, (training) => scaleOfLine(fitLine(training), limit)),
      steps: heldOutCost(samples, (training) => scaleOfSteps(fitSteps(training, limit))),
    },
  };
}

/** Fits logistic regression; both classes have the same total weight. */
export function fitLine(samples: readonly CueSample[]): LineFit {
  const { weights, offset } = fitLogistic(
    samples.map(({ score, isBonaFide, weight }) => ({ features: [score], isGenuine: isBonaFide, weight })),
  );
  return { slope: weights[0], offset };
}

/**
 * Fits isotonic regression by pooling adjacent violators (Ayer et al. 1955). The direction is that of the fitted line.
 * Ratios are limited to ±`limit`.
 */
export function fitSteps(samples: readonly CueSample[], limit: number): Step[] {
  const sign = fitLine(samples).slope < 0 ? -1 : 1;
  const sorted = samples.toSorted((a, b) => a.score - b.score);
  const total = { bonaFide: 0, attack: 0 };
  for (const { isBonaFide, weight } of samples) total[isBonaFide ? 'bonaFide' : 'attack'] += weight;
  const pools: { from: number; score: number; bonaFide: number; attack: number }[] = [];
  for (const { score, isBonaFide, weight } of sorted) {
    const share = weight / total[isBonaFide ? 'bonaFide' : 'attack'];
    const last = pools.at(-1);
    if (last?.score === score) last[isBonaFide ? 'bonaFide' : 'attack'] += share;
    else pools.push({ from: score, score, bonaFide: isBonaFide ? share : 0, attack: isBonaFide ? 0 : share });
  }
  for (let i = 1; i < pools.length; ) {
    const [low, high] = [pools[i - 1], pools[i]];
    // Compares shares by cross products, because a pool may have no sample of a class.
    const falls = sign * (high.bonaFide * low.attack - low.bonaFide * high.attack) < 0;
    if (!falls) {
      i++;
      continue;
    }
    const { from, score } = low;
    const [bonaFide, attack] = [low.bonaFide + high.bonaFide, low.attack + high.attack];
    pools.splice(i - 1, 2, { from, score, bonaFide, attack });
    i = Math.max(1, i - 1);
  }
  const steps: Step[] = [];
  for (const { from, bonaFide, attack } of pools) {
    const llr = Math.min(limit, Math.max(-limit, Math.log(bonaFide / attack)));
    if (steps.at(-1)?.llr !== llr) steps.push({ from, llr });
  }
  return steps;
}

function scaleOfLine({ slope, offset }: LineFit, limit: number): ScoreScale {
  return (score) => Math.min(limit, Math.max(-limit, slope * score + offset));
}

/**
 * The step function as a map from a score to a log-likelihood ratio. A score below the first step has the first step's
 * ratio.
 */
export function scaleOfSteps(steps: readonly Step[]): ScoreScale {
  return (score) => (steps.findLast(({ from }) => score >= from) ?? steps[0]).llr;
}

/** Cllr in bits; both classes have the same total weight. */
export function costOf(samples: readonly CueSample[], llrOf: (sample: CueSample) => number): number {
  const sums = { bonaFide: 0, attack: 0 };
  const weights = { bonaFide: 0, attack: 0 };
  for (const sample of samples) {
    const side = sample.isBonaFide ? 'bonaFide' : 'attack';
    const wrong = sample.isBonaFide ? -llrOf(sample) : llrOf(sample);
    sums[side] += sample.weight * Math.log2(1 + Math.exp(wrong));
    weights[side] += sample.weight;
  }
  return (sums.bonaFide / weights.bonaFide + sums.attack / weights.attack) / 2;
}

/** The cost of the fit on held-out recordings, by cross-validation over folds of recordings. */
function heldOutCost(
  samples: readonly CueSample[],
  fit: (training: readonly CueSample[]) => ScoreScale,
): number {
  const foldOf = foldsOf(samples);
  const scales = Array.from({ length: FOLDS }, (_, fold) => {
    const training = samples.filter((sample) => foldOf(sample) !== fold);
    const hasBoth = training.some((one) => one.isBonaFide) && training.some((one) => !one.isBonaFide);
    return hasBoth ? fit(training) : () => 0;
  });
  return costOf(samples, (sample) => scales[foldOf(sample)](sample.score));
}

/** Assigns recordings to folds in turn, separately for each class. */
function foldsOf(samples: readonly CueSample[]): (sample: CueSample) => number {
  const folds = new Map<string, number>();
  const dealt = { bonaFide: 0, attack: 0 };
  const keyOf = ({ isBonaFide, recording }: CueSample) => `${isBonaFide} ${recording}`;
  for (const sample of samples.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
    const key = keyOf(sample);
    if (!folds.has(key)) folds.set(key, dealt[sample.isBonaFide ? 'bonaFide' : 'attack']++ % FOLDS);
  }
  return (sample) => folds.get(keyOf(sample)) ?? 0;
}
