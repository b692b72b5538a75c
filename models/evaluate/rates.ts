import { FMRS } from '../../server/policy/false-match-rates.ts';
import { bootstrapFnmr, middle95 } from './bootstrap.ts';
import { fitScoreLine } from './logistic.ts';
import { proportion, type Bounded } from './proportion.ts';
import type { ScoreCollector } from './score-collector.ts';

/** A threshold with fewer false matches than this is too uncertain to report. */
const FEWEST_FALSE_MATCHES = 10;

/** Whether this number of impostor comparisons suffices to measure a false match rate. */
export function showsFmr(fmr: number, impostor: number): boolean {
  return fmr * impostor >= FEWEST_FALSE_MATCHES;
}

/** Rates at one threshold. */
interface OperatingPoint {
  readonly fmr: number;
  readonly threshold: number;
  /** False match rate at the threshold, with the Clopper-Pearson bounds of independent comparisons. */
  readonly measuredFmr: Bounded;
  readonly falseMatches: number;
  /** FNMR of all genuine comparisons; bounds by resampling of identities. */
  readonly fnmr: Bounded;
  /** The same FNMR with the Clopper-Pearson bounds of independent comparisons. */
  readonly fnmrIfIndependent: Bounded;
  readonly falseNonMatches: number;
  /** Mean of the FNMRs of the identities: each identity has the same weight, whatever its number of images. */
  readonly fnmrByIdentity: number;
  /** Share of identities with at least one false non-match. */
  readonly identitiesMissed: number;
  /** Largest share of all false matches that involve one identity. */
  readonly worstIdentityShare: number;
}

export interface MethodRates {
  readonly id: string;
  readonly label: string;
  readonly genuine: number;
  readonly impostor: number;
  readonly equalErrorRate: number;
  readonly points: readonly OperatingPoint[];
  /** The constants of `server/matching/score-scales.ts` for this method, as this data set gives them. */
  readonly scale: {
    readonly thresholds: readonly number[];
    readonly slope: number;
    readonly offset: number;
    readonly impostorMean: number;
    readonly impostorDeviation: number;
  };
}

interface RateOptions {
  readonly identities: number;
  readonly identityOf: Int32Array;
  readonly replicates: number;
  readonly seed: number;
}

/** Computes all figures of one method. */
export function ratesOf(collector: ScoreCollector, options: RateOptions): MethodRates {
  const { table, scorer } = collector;
  const genuine = collector.genuine();
  const impostorTail = collector.impostorTail();
  const { identities, identityOf } = options;
  const bootstrapped = bootstrapFnmr({
    ...options,
    genuine,
    impostorTail,
    covers: scorer.covers,
    fmrs: FMRS,
  });
  const genuineOf = countBy(genuine.probes, identityOf, identities, genuine.scores.length);
  const withGenuine = genuineOf.filter((count) => count > 0).length;
  const points = FMRS.map((fmr, index): OperatingPoint => {
    const threshold = table.thresholdAt(fmr);
    const falseMatches = table.impostorsFrom(threshold);
    const falseNonMatches = table.genuineBelow(threshold);
    // Scores are in descending order, so the false non-matches are the last ones.
    const firstMissed = table.genuineCount - falseNonMatches;
    const missedOf = new Uint32Array(identities);
    for (let i = firstMissed; i < genuine.scores.length; i++) missedOf[identityOf[genuine.probes[i]]]++;
    const matchesOf = countBy(impostorTail.probes, identityOf, identities, falseMatches);
    const alsoOf = countBy(impostorTail.references, identityOf, identities, falseMatches);
    let byIdentity = 0;
    for (let i = 0; i < identities; i++) if (genuineOf[i] > 0) byIdentity += missedOf[i] / genuineOf[i];
    return {
      fmr,
      threshold,
      falseMatches,
      measuredFmr: proportion(falseMatches, table.impostorCount),
      falseNonMatches,
      fnmr: { value: falseNonMatches / table.genuineCount, ...middle95(bootstrapped[index]) },
      fnmrIfIndependent: proportion(falseNonMatches, table.genuineCount),
      fnmrByIdentity: byIdentity / withGenuine,
      identitiesMissed: missedOf.filter((count) => count > 0).length / withGenuine,
      worstIdentityShare:
        falseMatches === 0
          ? 0
          : matchesOf.reduce((most, count, i) => Math.max(most, count + alsoOf[i]), 0) / falseMatches,
    };
  });
  const spread = table.impostorSpread();
  return {
    id: scorer.id,
    label: scorer.label,
    genuine: table.genuineCount,
    impostor: table.impostorCount,
    equalErrorRate: table.equalError().rate,
    points,
    scale: {
      thresholds: points.map(({ threshold }) => threshold),
      ...fitScoreLine(table),
      impostorMean: spread.mean,
      impostorDeviation: spread.deviation,
    },
  };
}

function countBy(rows: Int32Array, identityOf: Int32Array, identities: number, length: number): Uint32Array {
  const counts = new Uint32Array(identities);
  for (let i = 0; i < Math.min(length, rows.length); i++) counts[identityOf[rows[i]]]++;
  return counts;
}
