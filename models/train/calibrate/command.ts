import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readArguments } from '../../evaluate/arguments.ts';
import { NOTHING, table } from '../../evaluate/text-cells.ts';
import { TrainError } from '../train-error.ts';
import { readSessions, samplesByCue } from './cue-samples.ts';
import { fitCue, type CueFit } from './fit-cue.ts';

/** Constants of each tier, by cue; null where there are too few data to fit. */
interface CalibrationReport {
  readonly sessions: string;
  /** Kinds of attack that were used for the fit; null: all. */
  readonly attacks: readonly string[] | null;
  readonly tiers: readonly {
    readonly tier: string;
    readonly cues: readonly { readonly cue: string; readonly fit: CueFit | null }[];
  }[];
}

/**
 * Fits every cue's log-likelihood ratio to the sessions of a ledger, prints the constants and writes the report.
 * @returns the exit code
 * @throws TrainError or EvaluateError on wrong usage or data
 */
export async function runCalibration(args: readonly string[]): Promise<number> {
  const { sessions: file, out, attacks } = readOptions(args);
  const all = await readSessions(file);
  const sessions =
    attacks === null ? all : all.filter(({ role, kind }) => role !== 'attack' || attacks.includes(kind));
  if (sessions.length === 0) throw new TrainError(`${file} holds no such sessions.`);
  const tiers = [...new Set(sessions.map(({ tier }) => tier))].map((tier) => ({
    tier,
    cues: [...samplesByCue(sessions, tier)].map(([cue, samples]) => ({ cue, fit: fitCue(samples) })),
  }));
  const report: CalibrationReport = { sessions: file, attacks, tiers };
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(report, null, 2)}\n`);
  for (const { tier, cues } of tiers) process.stdout.write(`${tier} tier\n${calibrationTable(cues)}\n\n`);
  process.stderr.write(`report: ${out}\n`);
  return 0;
}

function calibrationTable(cues: CalibrationReport['tiers'][number]['cues']): string {
  const number = (value: number) => value.toPrecision(3);
  return table(
    ['cue', 'sessions', 'recordings', 'limit', 'line', 'steps', 'Cllr now', 'of the line', 'of the steps'],
    cues.map(({ cue, fit }) => {
      if (fit === null) return [cue, ...Array.from({ length: 8 }, () => NOTHING)];
      const { sessions, recordings, limit, line, steps, cost } = fit;
      return [
        cue,
        `${sessions.bonaFide} + ${sessions.attack}`,
        `${recordings.bonaFide} + ${recordings.attack}`,
        number(limit),
        `${number(line.slope)} · score ${line.offset < 0 ? '−' : '+'} ${number(Math.abs(line.offset))}`,
        steps.map(({ from, llr }) => `${number(from)}: ${number(llr)}`).join(', '),
        number(cost.present),
        number(cost.line),
        number(cost.steps),
      ];
    }),
  );
}

interface Options {
  readonly sessions: string;
  readonly out: string;
  readonly attacks: readonly string[] | null;
}

function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const values = readArguments(args, { sessions: text, out: text, attacks: text });
  return {
    sessions: values.sessions ?? './reports/pad/sessions.jsonl',
    out: values.out ?? './reports/calibration/report.json',
    attacks: values.attacks?.split(',').filter(Boolean) ?? null,
  };
}
