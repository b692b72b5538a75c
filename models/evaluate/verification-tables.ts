import { showsFmr, type MethodRates } from './rates.ts';
import { bounded, boundedChange, count, NOTHING, percent, power, table } from './text-cells.ts';
import type { VerificationReport } from './verification.ts';

/** False match rates in the short tables. */
const SHOWN_FMRS = [1e-2, 1e-3, 1e-4] as const;
const LOW_FMRS = [1e-3, 1e-4] as const;

/**
 * A figure of a method at a false match rate; a dash where the method has too few impostor comparisons for that rate.
 */
function atFmr(
  { points, impostor }: MethodRates,
  fmr: number,
  show: (point: MethodRates['points'][number]) => string,
): string {
  const point = points.find((candidate) => candidate.fmr === fmr);
  return point === undefined || !showsFmr(fmr, impostor) ? NOTHING : show(point);
}

/** Head and rows of the main table. */
export function mainRows({ methods, protocol }: VerificationReport): string[][] {
  return [
    ['method', 'accuracy, 10 folds', 'EER', ...SHOWN_FMRS.map((fmr) => `FNMR at FMR ${power(fmr)}`)],
    ...methods.map((method) => {
      const accuracy = protocol.accuracies.find((candidate) => candidate.method === method.id);
      return [
        method.label,
        accuracy === undefined
          ? NOTHING
          : `${percent(accuracy.mean)} ± ${percent(accuracy.standardError).replace(' %', '')}`,
        percent(method.equalErrorRate),
        ...SHOWN_FMRS.map((fmr) => atFmr(method, fmr, ({ fnmr }) => bounded(fnmr))),
      ];
    }),
  ];
}

/** The main rates of each method, with the mean of the identities' own FNMRs. */
export function mainTable(report: VerificationReport): string {
  const [head, ...rows] = mainRows(report);
  return table(
    [...head, ...LOW_FMRS.map((fmr) => `mean of people's own FNMR, ${power(fmr)}`)],
    rows.map((row, index) => [
      ...row,
      ...LOW_FMRS.map((fmr) =>
        atFmr(report.methods[index], fmr, ({ fnmrByIdentity }) => percent(fnmrByIdentity)),
      ),
    ]),
  );
}

/** Thresholds, FMR and FNMR of each method at each false match rate. */
export function thresholdTable({ methods }: VerificationReport): string {
  return table(
    [
      'method',
      'FMR',
      'threshold',
      'false matches',
      'FMR measured',
      'FNMR',
      'FNMR if independent',
      'people missed at least once',
      'largest part of one person in false matches',
    ],
    methods.flatMap(({ label, impostor, points }) =>
      points
        .filter(({ fmr }) => showsFmr(fmr, impostor))
        .map((point) => [
          label,
          power(point.fmr),
          point.threshold.toFixed(4),
          count(point.falseMatches),
          bounded(point.measuredFmr),
          bounded(point.fnmr),
          bounded(point.fnmrIfIndependent),
          percent(point.identitiesMissed),
          percent(point.worstIdentityShare),
        ]),
    ),
  );
}

/** The constants of each method for `server/matching/score-scales.ts`. */
export function scaleTable({ methods }: VerificationReport): string {
  return table(
    ['method', 'thresholds', 'slope', 'offset', 'impostor mean', 'deviation'],
    methods.map(({ id, scale }) => [
      id,
      scale.thresholds.map((value) => value.toFixed(3)).join(', '),
      scale.slope.toFixed(2),
      scale.offset.toFixed(2),
      scale.impostorMean.toFixed(4),
      scale.impostorDeviation.toFixed(4),
    ]),
  );
}

/** FNMR by properties of the images. */
export function breakdownTable({ breakdown, methods }: VerificationReport): string {
  const columns = methods.flatMap(({ id }) => LOW_FMRS.map((fmr) => ({ id, fmr })));
  return table(
    ['kind', 'genuine', ...columns.map(({ id, fmr }) => `${id} ${power(fmr)}`)],
    breakdown.map(({ kind, genuine, methods: found }) => [
      kind,
      count(genuine),
      ...columns.map(({ id, fmr }) => {
        const row = found.find(({ method, fmr: rate }) => method === id && rate === fmr);
        return row === undefined ? NOTHING : bounded(row.fnmr);
      }),
    ]),
  );
}

/** Rates of templates at one false match rate; `only` selects rows. */
export function templateTable(
  { methods }: VerificationReport,
  templates: VerificationReport['templates'],
  fmr: number,
  only: (result: VerificationReport['templates'][number]) => boolean = () => true,
): string {
  const label = (id: string) => methods.find((method) => method.id === id)?.label ?? id;
  return table(
    [
      'method',
      'pictures in reference, probe',
      'mean',
      'people',
      'genuine',
      'impostor',
      `threshold for FMR ${power(fmr)}`,
      'FNMR',
      'single pictures of the same people',
      'at their threshold: FNMR',
      'FMR',
      'at the threshold in force: FNMR',
      'FMR',
    ],
    templates.filter(only).flatMap((result) => {
      const point = result.points.find((candidate) => candidate.fmr === fmr);
      if (point === undefined || !showsFmr(fmr, result.impostor)) return [];
      return [
        [
          label(result.method),
          `${result.frames}, ${result.probeFrames}`,
          result.pooling,
          count(result.identities),
          count(result.genuine),
          count(result.impostor),
          point.threshold.toFixed(3),
          bounded(point.fnmr),
          bounded(point.fnmrOfSingle),
          bounded(point.fnmrAtSingleThreshold),
          bounded(point.fmrAtSingleThreshold),
          bounded(point.fnmrInForce),
          bounded(point.fmrInForce),
        ],
      ];
    }),
  );
}

/** FNMR of each way to fuse networks. */
export function fusionTable(fusion: NonNullable<VerificationReport['fusion']>): string {
  return table(
    ['method', 'FNMR at FMR 1e−3', 'at 1e−4', 'against the present method, 1e−3', '1e−4'],
    fusion.results.map(({ label, fnmr, change }) => [
      label,
      ...fnmr.map(bounded),
      ...(change?.map(boundedChange) ?? [NOTHING, NOTHING]),
    ]),
  );
}

/** FNMR of each alignment of each network. */
export function alignmentTable({ alignments }: VerificationReport): string {
  return table(
    ['network', 'alignment', 'EER', 'FNMR at FMR 1e−3', 'against the present one', 'and of the two fused'],
    alignments.map(({ model, label, equalErrorRate, fnmr, change, fusedChange }) => [
      model,
      label,
      percent(equalErrorRate),
      percent(fnmr),
      change === null ? NOTHING : boundedChange(change),
      fusedChange === null ? NOTHING : boundedChange(fusedChange),
    ]),
  );
}

/** Effect of each degradation of the probe. */
export function degradationTable({ degradations, methods }: VerificationReport): string {
  return table(
    [
      'probe',
      'eye distance',
      'not acquired',
      'past the gate',
      ...methods.flatMap(({ id }) => [`${id} FNMR`, 'past the gate', 'FMR']),
    ],
    degradations.map((result) => [
      result.family === 'none' ? result.label : `${result.family} ${result.label}`,
      `${result.meanInterEyePx.toFixed(0)} px`,
      `${result.failuresToAcquire} of ${result.probes}`,
      `${result.passedGate}`,
      ...methods.flatMap(({ id }) => {
        const found = result.methods.find(({ method, fmr }) => method === id && fmr === 1e-3);
        if (found === undefined) return [NOTHING, NOTHING, NOTHING];
        const { fnmr, fnmrPastGate, measuredFmr } = found;
        return [
          bounded(fnmr),
          fnmrPastGate === null ? NOTHING : percent(fnmrPastGate.value),
          percent(measuredFmr.value),
        ];
      }),
    ]),
  );
}

/** Rates of each cohort at the common thresholds. */
export function cohortTable({ cohorts }: VerificationReport): string {
  return table(
    ['cohort', 'pictures', 'method', 'FMR set', 'genuine', 'FNMR', 'impostor', 'FMR measured'],
    cohorts.flatMap(({ cohort, images, methods }) =>
      methods.map(({ method, fmr, genuine, fnmr, impostor, measuredFmr }) => [
        cohort,
        count(images),
        method,
        power(fmr),
        count(genuine),
        fnmr === null ? NOTHING : bounded(fnmr),
        count(impostor),
        measuredFmr === null ? NOTHING : bounded(measuredFmr),
      ]),
    ),
  );
}
