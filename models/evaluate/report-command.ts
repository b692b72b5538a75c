import { appendFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EvaluateError } from './evaluate-error.ts';
import { progressDisplay } from './progress-display.ts';
import { updateGenerated } from './readme-table.ts';
import type { Progress } from './verification.ts';

/** The parts of a command that makes a report, or takes an earlier one, and writes its tables into a document. */
interface ReportCommand<Report> {
  /** Folder of the report's files. */
  readonly out: string;
  /** Makes the report and writes its files into `out`; null: the report in `out` is read instead. */
  readonly make: (() => Promise<Report>) | null;
  /** The document whose generated block is replaced; null: none. */
  readonly readme: string | null;
  /** Name of the generated block in the document. */
  readonly block: string;
  /** Content of the generated block, in Markdown. */
  readonly generated: (report: Report) => string;
  /** What the block contains, for the message on the terminal. */
  readonly content: 'table' | 'tables';
}

/** @throws EvaluateError where the report or the document's generated block cannot be read */
export async function runReportCommand<Report>(command: ReportCommand<Report>): Promise<void> {
  const report = command.make === null ? await readReport<Report>(command.out) : await command.make();
  const { readme, block, content } = command;
  if (readme === null) return;
  const changed = await updateGenerated(readme, block, command.generated(report));
  process.stderr.write(`${readme}: ${changed ? `${content} replaced` : 'up to date'}\n`);
}

/** Runs a study and shows its progress on the terminal. */
export async function withProgressDisplay<Result>(
  run: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const display = progressDisplay(process.stderr);
  try {
    return await run(display.show);
  } finally {
    display.close();
  }
}

/** Writes `report.json` and `report.md` into `folder`, which is created. Returns the path of `report.md`. */
export async function writeReport(folder: string, report: object, markdown: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const file = path.join(folder, 'report.md');
  await writeFile(file, markdown);
  return file;
}

/** Writes one line of JSON for each session to `sessions.jsonl` in `folder`. */
export async function writeSessions(folder: string, sessions: readonly object[]): Promise<void> {
  const lines = sessions.map((session) => `${JSON.stringify(session)}\n`);
  await writeFile(path.join(folder, 'sessions.jsonl'), lines.join(''));
}

/**
 * Begins `sessions.jsonl` in `folder` anew, and appends each session that the returned function is given: what a long
 * run has found so far can be read.
 */
export async function openSessions(folder: string): Promise<(session: object) => void> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'sessions.jsonl');
  await writeFile(file, '');
  return (session) => appendFileSync(file, `${JSON.stringify(session)}\n`);
}

/** @throws EvaluateError where the file cannot be read */
export async function readText(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(() => {
    throw new EvaluateError(`${file} cannot be read.`);
  });
}

async function readReport<Report>(folder: string): Promise<Report> {
  // `writeReport` wrote the file. In any other file, access to a missing field fails.
  return JSON.parse(await readText(path.join(folder, 'report.json'))) as Report;
}
