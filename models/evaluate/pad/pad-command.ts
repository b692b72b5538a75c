import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { modelCacheDir } from '../../prepare/settings.ts';
import { EvaluateError } from '../evaluate-error.ts';
import { progressDisplay } from '../progress-display.ts';
import { updateGenerated } from '../readme-table.ts';
import { defaultWorkers, recordCacheDir } from '../verification.ts';
import { writeLedgerChart } from './ledger-chart.ts';
import { markdownReport, readmeTable, terminalTable } from './ledger-text.ts';
import { evaluatePad } from './pad-evaluation.ts';
import { PAD_USAGE, parsePadArguments, type PadArguments } from './pad-options.ts';
import type { PadReport } from './pad-report.ts';

/** Name of the markers in the document. */
const GENERATED_BLOCK = 'pad';

/** The command line around `evaluatePad`. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runPad(args: readonly string[]): Promise<number> {
  const settings = parsePadArguments(args);
  if (settings === null) {
    process.stdout.write(`${PAD_USAGE}\n`);
    return 0;
  }
  const report = settings.fromReport ? await readReport(settings.out) : await evaluate(settings);
  if (settings.readme !== null) {
    const changed = await updateGenerated(settings.readme, GENERATED_BLOCK, readmeTable(report));
    process.stderr.write(`${settings.readme}: ${changed ? 'table replaced' : 'up to date'}\n`);
  }
  return 0;
}

async function evaluate(settings: PadArguments): Promise<PadReport> {
  const display = progressDisplay(process.stderr);
  const modelCache = modelCacheDir();
  let evaluation: Awaited<ReturnType<typeof evaluatePad>>;
  try {
    evaluation = await evaluatePad({
      ...settings,
      workers: settings.workers ?? defaultWorkers(),
      modelCache,
      footageCache: path.join(recordCacheDir(modelCache), 'pad'),
      progress: display.show,
    });
  } finally {
    display.close();
  }
  const { rows, notices, frames, sessions } = evaluation;
  const { policy, presentations, seed } = settings;
  const report: PadReport = { policy, presentations, seed, frames, rows, notices };
  await mkdir(settings.out, { recursive: true });
  const at = (name: string) => path.join(settings.out, name);
  const hasWords = await writeLedgerChart(settings.out, report);
  await writeFile(at('report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(at('report.md'), markdownReport(report));
  await writeFile(at('sessions.jsonl'), sessions.map((session) => `${JSON.stringify(session)}\n`).join(''));
  process.stdout.write(`${terminalTable(report)}\n`);
  for (const notice of notices) process.stderr.write(`notice: ${notice}\n`);
  if (!hasWords) process.stderr.write('notice: no fonts here, so only the SVG picture has words\n');
  process.stderr.write(`report: ${at('report.md')}\n`);
  return report;
}

async function readReport(folder: string): Promise<PadReport> {
  const file = path.join(folder, 'report.json');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new EvaluateError(`${file} cannot be read.`);
  });
  // Written by this command; anything else fails where a field is missing.
  return JSON.parse(text) as PadReport;
}
