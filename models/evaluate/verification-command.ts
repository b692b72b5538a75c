import { modelCacheDir } from '../prepare/settings.ts';
import { readCohorts, readDataset } from './dataset.ts';
import { parseVerificationArguments, USAGE, type VerificationArguments } from './options.ts';
import { parsePairs, resolvePairs } from './pairs.ts';
import { readText, runReportCommand, withProgressDisplay, writeReport } from './report-command.ts';
import { markdownReport, readmeTable, terminalTable } from './verification-text.ts';
import { writeCharts } from './verification-charts.ts';
import { defaultWorkers, recordCacheDir, verify, type VerificationReport } from './verification.ts';

/** The command line around `verify`. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runVerification(args: readonly string[]): Promise<number> {
  const settings = parseVerificationArguments(args);
  if (settings === null) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const { data, out, readme } = settings;
  await runReportCommand<VerificationReport>({
    out,
    readme,
    make: data === null ? null : () => evaluate(data, settings),
    block: 'verification',
    content: 'table',
    generated: readmeTable,
  });
  return 0;
}

async function evaluate(data: string, settings: VerificationArguments): Promise<VerificationReport> {
  const dataset = await readDataset(data, settings.limitIdentities);
  const pairs =
    settings.pairs === null ? null : resolvePairs(parsePairs(await readText(settings.pairs)), dataset);
  const cohorts = settings.cohorts === null ? null : await readCohorts(settings.cohorts);
  const modelCache = modelCacheDir();
  const { report, collectors } = await withProgressDisplay((progress) =>
    verify({
      ...settings,
      dataset,
      pairs,
      cohorts,
      modelCache,
      recordCache: recordCacheDir(modelCache),
      workers: settings.workers ?? defaultWorkers(),
      progress,
    }),
  );
  const file = await writeReport(settings.out, report, markdownReport(report));
  const hasWords = await writeCharts(settings.out, collectors, report.methods, report.degradations);
  process.stdout.write(`${terminalTable(report)}\n`);
  process.stderr.write(`report: ${file}\n`);
  if (!hasWords) process.stderr.write('notice: no fonts here, so only the SVG pictures have words\n');
  return report;
}
