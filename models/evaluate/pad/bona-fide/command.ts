import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { modelCacheDir } from '../../../prepare/settings.ts';
import { EvaluateError } from '../../evaluate-error.ts';
import { progressDisplay } from '../../progress-display.ts';
import { updateGenerated } from '../../readme-table.ts';
import { defaultWorkers, recordCacheDir } from '../../verification.ts';
import { evaluateBonaFide, type BonaFideEvaluation } from './evaluation.ts';
import { BONA_FIDE_USAGE, parseBonaFideArguments, type BonaFideArguments } from './options.ts';
import type { BonaFideReport } from './report.ts';
import { markdownReport, tables, terminalTable } from './text.ts';

/** Name of the markers in a document. */
const BLOCK = 'bona-fide';

/** The command line around `evaluateBonaFide`. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runBonaFideCommand(args: readonly string[]): Promise<number> {
  const settings = parseBonaFideArguments(args);
  if (settings === null) {
    process.stdout.write(`${BONA_FIDE_USAGE}\n`);
    return 0;
  }
  const report = settings.fromReport ? await readReport(settings.out) : await evaluate(settings);
  if (settings.readme !== null) {
    const changed = await updateGenerated(settings.readme, BLOCK, tables(report));
    process.stderr.write(`${settings.readme}: ${changed ? 'tables replaced' : 'up to date'}\n`);
  }
  return 0;
}

async function evaluate(settings: BonaFideArguments): Promise<BonaFideReport> {
  const display = progressDisplay(process.stderr);
  const modelCache = modelCacheDir();
  let evaluation: BonaFideEvaluation;
  try {
    evaluation = await evaluateBonaFide({
      ...settings,
      workers: settings.workers ?? defaultWorkers(),
      modelCache,
      footageCache: path.join(recordCacheDir(modelCache), 'bona-fide'),
      progress: display.show,
    });
  } finally {
    display.close();
  }
  const { report, sessions, leftOut } = evaluation;
  await mkdir(settings.out, { recursive: true });
  const at = (name: string) => path.join(settings.out, name);
  await writeFile(at('report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(at('report.md'), markdownReport(report));
  await writeFile(at('sessions.jsonl'), sessions.map((session) => `${JSON.stringify(session)}\n`).join(''));
  process.stdout.write(`${terminalTable(report)}\n`);
  for (const { name, unusable } of leftOut)
    process.stderr.write(`notice: ${name} is left out: ${unusable}\n`);
  for (const notice of report.notices) process.stderr.write(`notice: ${notice}\n`);
  process.stderr.write(`report: ${at('report.md')}\n`);
  return report;
}

async function readReport(folder: string): Promise<BonaFideReport> {
  const file = path.join(folder, 'report.json');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new EvaluateError(`${file} cannot be read.`);
  });
  // Written by this command; anything else fails where a field is missing.
  return JSON.parse(text) as BonaFideReport;
}
