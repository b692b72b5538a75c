import path from 'node:path';
import { modelCacheDir } from '../../../prepare/settings.ts';
import { runReportCommand, withProgressDisplay, writeReport, writeSessions } from '../../report-command.ts';
import { defaultWorkers, recordCacheDir } from '../../verification.ts';
import { evaluateBonaFide } from './evaluation.ts';
import { BONA_FIDE_USAGE, parseBonaFideArguments, type BonaFideArguments } from './options.ts';
import type { BonaFideReport } from './report.ts';
import { markdownReport, tables, terminalTable } from './text.ts';

/** The command line around `evaluateBonaFide`. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runBonaFideCommand(args: readonly string[]): Promise<number> {
  const settings = parseBonaFideArguments(args);
  if (settings === null) {
    process.stdout.write(`${BONA_FIDE_USAGE}\n`);
    return 0;
  }
  const { out, readme, fromReport } = settings;
  await runReportCommand({
    out,
    readme,
    make: fromReport ? null : () => evaluate(settings),
    block: 'bona-fide',
    content: 'tables',
    generated: tables,
  });
  return 0;
}

async function evaluate(settings: BonaFideArguments): Promise<BonaFideReport> {
  const modelCache = modelCacheDir();
  const { report, sessions, leftOut } = await withProgressDisplay((progress) =>
    evaluateBonaFide({
      ...settings,
      workers: settings.workers ?? defaultWorkers(),
      modelCache,
      footageCache: path.join(recordCacheDir(modelCache), 'bona-fide'),
      progress,
    }),
  );
  const file = await writeReport(settings.out, report, markdownReport(report));
  await writeSessions(settings.out, sessions);
  process.stdout.write(`${terminalTable(report)}\n`);
  for (const { name, unusable } of leftOut)
    process.stderr.write(`notice: ${name} is left out: ${unusable}\n`);
  for (const notice of report.notices) process.stderr.write(`notice: ${notice}\n`);
  process.stderr.write(`report: ${file}\n`);
  return report;
}
