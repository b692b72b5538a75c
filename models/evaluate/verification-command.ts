import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { modelCacheDir } from '../prepare/settings.ts';
import { readCohorts, readDataset } from './dataset.ts';
import { EvaluateError } from './evaluate-error.ts';
import { parseVerificationArguments, USAGE, type VerificationArguments } from './options.ts';
import { parsePairs, resolvePairs } from './pairs.ts';
import { progressDisplay } from './progress-display.ts';
import { updateGenerated } from './readme-table.ts';
import { markdownReport, readmeTable, terminalTable } from './verification-text.ts';
import { writeCharts } from './verification-charts.ts';
import { defaultWorkers, recordCacheDir, verify, type VerificationReport } from './verification.ts';

/** Name of the markers in the document. */
const GENERATED_BLOCK = 'verification';

/** The command line around `verify`. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runVerification(args: readonly string[]): Promise<number> {
  const settings = parseVerificationArguments(args);
  if (settings === null) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const report =
    settings.data === null ? await readReport(settings.out) : await evaluate(settings.data, settings);
  if (settings.readme !== null) {
    const changed = await updateGenerated(settings.readme, GENERATED_BLOCK, readmeTable(report));
    process.stderr.write(`${settings.readme}: ${changed ? 'table replaced' : 'up to date'}\n`);
  }
  return 0;
}

async function evaluate(data: string, settings: VerificationArguments): Promise<VerificationReport> {
  const dataset = await readDataset(data, settings.limitIdentities);
  const pairs =
    settings.pairs === null ? null : resolvePairs(parsePairs(await readText(settings.pairs)), dataset);
  const cohorts = settings.cohorts === null ? null : await readCohorts(settings.cohorts);
  const modelCache = modelCacheDir();
  const display = progressDisplay(process.stderr);
  let run: Awaited<ReturnType<typeof verify>>;
  try {
    run = await verify({
      ...settings,
      dataset,
      pairs,
      cohorts,
      modelCache,
      recordCache: recordCacheDir(modelCache),
      workers: settings.workers ?? defaultWorkers(),
      progress: display.show,
    });
  } finally {
    display.close();
  }
  const { report, collectors } = run;
  await mkdir(settings.out, { recursive: true });
  const at = (name: string) => path.join(settings.out, name);
  const hasWords = await writeCharts(settings.out, collectors, report.methods, report.degradations);
  await writeFile(at('report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(at('report.md'), markdownReport(report));
  process.stdout.write(`${terminalTable(report)}\n`);
  process.stderr.write(`report: ${at('report.md')}\n`);
  if (!hasWords) process.stderr.write('notice: no fonts here, so only the SVG pictures have words\n');
  return report;
}

async function readReport(folder: string): Promise<VerificationReport> {
  const file = path.join(folder, 'report.json');
  // Written by this command; anything else fails where a field is missing.
  return JSON.parse(await readText(file)) as VerificationReport;
}

async function readText(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(() => {
    throw new EvaluateError(`${file} cannot be read.`);
  });
}
