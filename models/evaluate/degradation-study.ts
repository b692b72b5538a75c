import { compareAll } from './compare-all.ts';
import { DEGRADATIONS, type Degradation } from './degradations.ts';
import { acquiredFaces, toFaces, type Faces } from './faces.ts';
import type { ImageRecord } from './image-record.ts';
import { proportion, type Bounded } from './proportion.ts';
import { qualityHint } from './quality-verdict.ts';
import { ScoreTable } from './score-table.ts';
import type { Scorer } from './scorers.ts';

/** The effect of one degradation of the probe. References are not degraded. */
export interface DegradationResult {
  readonly id: string;
  readonly family: Degradation['family'];
  readonly label: string;
  readonly probes: number;
  readonly failuresToAcquire: number;
  /** Number of probes that the standard policy's quality gate accepts. */
  readonly passedGate: number;
  readonly meanInterEyePx: number;
  readonly methods: readonly DegradedRates[];
}

interface DegradedRates {
  readonly method: string;
  /** The thresholds have this false match rate on undegraded single images. */
  readonly fmr: number;
  /** FNMR of the comparisons whose probe was acquired. */
  readonly fnmr: Bounded;
  /** FNMR of the comparisons whose probe passes the quality gate; null when no probe does. */
  readonly fnmrPastGate: Bounded | null;
  readonly measuredFmr: Bounded;
}

interface DegradationOptions {
  /** Images of the data set that serve as probes, by index. */
  readonly probes: readonly number[];
  readonly identityOf: (image: number) => number;
  readonly scorers: readonly Scorer[];
  readonly fmrs: readonly number[];
  readonly singleThreshold: (method: string, fmr: number) => number;
  /** Analyses the probes after a degradation; the records are in the order of the probes. */
  readonly describe: (change: Degradation) => Promise<readonly ImageRecord[]>;
}

/** Applies every degradation to the probes and compares the results with all other images. */
export async function studyDegradations(
  references: Faces,
  options: DegradationOptions,
): Promise<DegradationResult[]> {
  const results: DegradationResult[] = [];
  for (const change of DEGRADATIONS) {
    results.push(evaluate(change, await options.describe(change), references, options));
  }
  return results;
}

function evaluate(
  { id, family, label }: Degradation,
  records: readonly ImageRecord[],
  references: Faces,
  { probes, identityOf, scorers, fmrs, singleThreshold }: DegradationOptions,
): DegradationResult {
  const rows = acquiredFaces(records, (index) => identityOf(probes[index]));
  const passes = records.map((record) => record.acquired && qualityHint(record.face) === null);
  const acquired = records.filter((record) => record.acquired);
  const result = {
    id,
    family,
    label,
    probes: probes.length,
    failuresToAcquire: probes.length - rows.length,
    passedGate: passes.filter(Boolean).length,
    meanInterEyePx:
      acquired.reduce((sum, { face }) => sum + face.quality.interEyePx, 0) / Math.max(1, acquired.length),
  };
  if (rows.length === 0) return { ...result, methods: [] };
  const faces = toFaces(rows);
  const tables = scorers.map(({ low, high }) => new ScoreTable(low, high));
  const gated = scorers.map(({ low, high }) => new ScoreTable(low, high));
  compareAll(faces, references, (probe, reference, cosines) => {
    const index = faces.images[probe];
    if (probes[index] === references.images[reference]) return;
    const identity = faces.identities[probe];
    const isGenuine = identity === references.identities[reference];
    for (const [s, scorer] of scorers.entries()) {
      const score = scorer.score(cosines, identity);
      tables[s].add(isGenuine, score);
      if (passes[index]) gated[s].add(isGenuine, score);
    }
  });
  const missed = (table: ScoreTable, threshold: number) =>
    table.genuineCount === 0 ? null : proportion(table.genuineBelow(threshold), table.genuineCount);
  const methods = scorers.flatMap(({ id: method }, s) =>
    fmrs.flatMap((fmr): DegradedRates[] => {
      const threshold = singleThreshold(method, fmr);
      const table = tables[s];
      const fnmr = missed(table, threshold);
      if (fnmr === null) return [];
      const measuredFmr = proportion(table.impostorsFrom(threshold), table.impostorCount);
      return [{ method, fmr, fnmr, fnmrPastGate: missed(gated[s], threshold), measuredFmr }];
    }),
  );
  return { ...result, methods };
}
