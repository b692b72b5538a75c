import path from 'node:path';
import { modelCacheDir } from '../../prepare/settings.ts';
import {
  openSessions,
  runReportCommand,
  withProgressDisplay,
  writeReport,
  writeSessions,
} from '../report-command.ts';
import { defaultWorkers, recordCacheDir } from '../verification.ts';
import { writeLedgerChart } from './ledger-chart.ts';
import { markdownReport, readmeTable, terminalTable } from './ledger-text.ts';
import { evaluatePad } from './pad-evaluation.ts';
import { PAD_USAGE, parsePadArguments, type PadArguments } from './pad-options.ts';
import type { PadReport } from './pad-report.ts';

/** The command line around `evaluatePad`. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runPad(args: readonly string[]): Promise<number> {
  const settings = parsePadArguments(args);
  if (settings === null) {
    process.stdout.write(`${PAD_USAGE}\n`);
    return 0;
  }
  const { out, readme, fromReport } = settings;
  await runReportCommand({
    out,
    readme,
    make: fromReport ? null : () => evaluate(settings),
    block: 'pad',
    content: 'table',
    generated: readmeTable,
  });
  return 0;
}

async function evaluate(settings: PadArguments): Promise<PadReport> {
  const modelCache = modelCacheDir();
  const onSession = await openSessions(settings.out);
  const { rows, notices, frames, sessions } = await withProgressDisplay((progress) =>
    evaluatePad({
      ...settings,
      workers: settings.workers ?? defaultWorkers(),
      modelCache,
      footageCache: path.join(recordCacheDir(modelCache), 'pad'),
      progress,
      onSession,
    }),
  );
  const { policy, presentations, seed, out } = settings;
  const report: PadReport = { policy, presentations, seed, frames, rows, notices };
  const file = await writeReport(out, report, markdownReport(report));
  await writeSessions(out, sessions);
  const hasWords = await writeLedgerChart(out, report);
  process.stdout.write(`${terminalTable(report)}\n`);
  for (const notice of notices) process.stderr.write(`notice: ${notice}\n`);
  if (!hasWords) process.stderr.write('notice: no fonts here, so only the SVG picture has words\n');
  process.stderr.write(`report: ${file}\n`);
  return report;
}
