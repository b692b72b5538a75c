import { alignedColumns, count } from './text-cells.ts';
import {
  alignmentTable,
  breakdownTable,
  cohortTable,
  degradationTable,
  fusionTable,
  mainRows,
  mainTable,
  scaleTable,
  templateTable,
  thresholdTable,
} from './verification-tables.ts';
import type { VerificationReport } from './verification.ts';

function failures({ failuresToAcquire }: VerificationReport): string {
  const entries = Object.entries(failuresToAcquire);
  const total = entries.reduce((sum, [, number]) => sum + number, 0);
  return total === 0 ? '0' : `${total} (${entries.map(([why, number]) => `${why} ${number}`).join(', ')})`;
}

function counts(report: VerificationReport): string {
  const [{ genuine, impostor }] = report.methods;
  return (
    `${count(report.images)} pictures of ${count(report.identities)} people; failures to acquire: ` +
    `${failures(report)}; ${count(genuine)} genuine and ${count(impostor)} impostor comparisons`
  );
}

function folds({ protocol }: VerificationReport): string {
  const [accuracy] = protocol.accuracies;
  if (accuracy === undefined) return 'No folds: a fold would be empty.';
  const numbers = `${count(accuracy.genuine)} genuine and ${count(accuracy.impostor)} impostor pairs`;
  return protocol.pairs === 'given'
    ? `Accuracy: the folds of the pairs given, ${numbers}.`
    : `Accuracy: folds drawn in the manner of LFW, not LFW's own: ${numbers}, nobody in two folds.`;
}

/** The methods that the server decides by, with its averaging. */
const isReadmeRow = ({ method, pooling }: VerificationReport['templates'][number]) =>
  pooling === 'normalised' && (method === 'fused' || method === 'mobilefacenet');

/** The generated block of docs/measurements.md. */
export function readmeTable(report: VerificationReport): string {
  const isOfFive = (result: VerificationReport['templates'][number]) =>
    isReadmeRow(result) && result.frames === 5;
  const ofFive = [
    '',
    'References of five pictures, whatever their quality:',
    '',
    templateTable(report, report.templates, 1e-4, isOfFive),
  ];
  return [
    `${counts(report)} of single pictures. ${folds(report)} Bounds are 95 %, by resampling people.`,
    '',
    mainTable(report),
    '',
    'Averages of several pictures that pass the quality gate (exact bounds for independent trials):',
    '',
    templateTable(report, report.gatedTemplates, 1e-4, isReadmeRow),
    ...(report.templates.some(isOfFive) ? ofFive : []),
  ].join('\n');
}

/** The whole report in Markdown. */
export function markdownReport(report: VerificationReport): string {
  const { fusion } = report;
  const parts = [
    [
      '# Face verification',
      `${counts(report)} of single pictures.`,
      `Bounds are 95 %. FNMR: ${report.replicates} resamplings of people (seed ${report.seed}), threshold and all. ` +
        'Elsewhere the exact ones for independent trials (Clopper and Pearson), too narrow where comparisons share a ' +
        'person. A dash: fewer than ten false matches could be expected, so nothing is claimed.',
    ],
    [
      '## Single pictures',
      mainTable(report),
      folds(report),
      '![score histograms](score-histograms.png)',
      '![detection error trade-off](det.png)',
    ],
    ['## Thresholds', thresholdTable(report)],
    [
      '## Scales for server/matching/score-scales.ts',
      'Thresholds at FMR 1e−2, 1e−3, 1e−4 and 1e−5; log-likelihood ratio = slope · score + offset (logistic ' +
        'regression, both classes weighing alike).',
      scaleTable(report),
    ],
    [
      '## Which pictures are hard',
      'FNMR at the thresholds above, by kind of genuine comparison. The gate is the standard policy’s for probes.',
      breakdownTable(report),
    ],
    [
      '## Averages of several pictures',
      '“Normalised”: the mean embedding scaled to length 1, as sessions and enrolment do. “Plain”: not scaled, so a ' +
        'score is the mean of the scores of all pairs of pictures.',
      templateTable(report, report.templates, 1e-3),
      templateTable(report, report.templates, 1e-4),
      'The same with pictures only that pass the quality gate:',
      templateTable(report, report.gatedTemplates, 1e-4),
    ],
    fusion === null
      ? []
      : [
          '## Fusion',
          `Learned on one half of the people (${count(fusion.trainedOn.genuine)} genuine and ` +
            `${count(fusion.trainedOn.impostor)} impostor comparisons), judged on the other: ` +
            `${count(fusion.testedOn.genuine)} genuine and ${count(fusion.testedOn.impostor)} impostor comparisons ` +
            'within the halves, for every method.',
          fusionTable(fusion),
        ],
    report.alignments.length === 0
      ? []
      : [
          '## Alignments',
          `${count(report.alignments[0].genuine)} genuine and ${count(report.alignments[0].impostor)} impostor comparisons.`,
          alignmentTable(report),
        ],
    report.degradations.length === 0
      ? []
      : [
          '## Degraded probes',
          'References are as they were, thresholds those of single pictures at FMR 1e−3. “Past the gate”: probes ' +
            'that the standard policy would take.',
          degradationTable(report),
          '![degraded probes](degradations.png)',
        ],
    report.cohorts.length === 0
      ? []
      : [
          '## Cohorts',
          'Both faces of a comparison belong to the cohort; thresholds are those of all comparisons.',
          cohortTable(report),
        ],
  ];
  return `${parts.flat().join('\n\n')}\n`;
}

/** The main table for a terminal. */
export function terminalTable(report: VerificationReport): string {
  return `${counts(report)}\n${alignedColumns(mainRows(report))}`;
}
