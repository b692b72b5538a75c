import { FMRS } from '../../server/policy/false-match-rates.ts';
import { bootstrapFnmr, middle95 } from './bootstrap.ts';
import { fitScoreLine } from './logistic.ts';
import { proportion, type Bounded } from './proportion.ts';
import type { ScoreCollector } from './score-collector.ts';

/** Fewer false matches than this say little about a threshold: it would be set by chance. */
const FEWEST_FALSE_MATCHES = 10;

/** Whether so many impostor comparisons can show a false match rate. */
export function showsFmr(fmr: number, impostor: number): boolean {
  return fmr * impostor >= FEWEST_FALSE_MATCHES;
}

/** Rates at one threshold. */
export interface OperatingPoint {
  readonly fmr: number;
  readonly threshold: number;
  /** False matches there, with the bounds that independent comparisons would have (Clopper and Pearson). */
  readonly measuredFmr: Bounded;
  readonly falseMatches: number;
  /** Of all genuine comparisons; bounds by resampling identities. */
  readonly fnmr: Bounded;
  /** The same with the bounds that independent comparisons would have (Clopper and Pearson). */
  readonly fnmrIfIndependent: Bounded;
  readonly falseNonMatches: number;
  /** Mean of the identities' own FNMRs: no identity counts more for having more pictures. */
  readonly fnmrByIdentity: number;
  /** Share of identities with at least one false non-match. */
  readonly identitiesMissed: number;
  /** Largest share of all false matches that one identity takes part in: "wolves and lambs". */
  readonly worstIdentityShare: number;
}

export interface MethodRates {
  readonly id: string;
  readonly label: string;
  readonly genuine: number;
  readonly impostor: number;
  readonly equalErrorRate: number;
  readonly points: readonly OperatingPoint[];
  /** What `server/matching/score-scales.ts` holds for this method. */
  readonly scale: {
    readonly thresholds: readonly number[];
    readonly slope: number;
    readonly offset: number;
    readonly impostorMean: number;
    readonly impostorDeviation: number;
  };
}

export interface RateOptions {
  readonly identities: number;
  readonly identityOf: Int32Array;
  readonly replicates: number;
  readonly seed: number;
}

/** Everything that is reported of one method. */
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
    // Scores descend: the missed ones are the last.
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
