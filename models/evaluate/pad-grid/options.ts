import { readArguments, wholeNumber } from '../arguments.ts';
import { EvaluateError } from '../evaluate-error.ts';

export const PAD_GRID_USAGE = `Usage: npm run evaluate -- pad-grid --data DIR [options]
What passive PAD says of recorded attacks whose pictures an attacker changes before they are sent: white balance, gamma,
contrast, JPEG quality, scale and borders, and of living people in plain, warm and cool light. Prints the worst cells.

  --data DIR           recordings, as for pad; words in their paths such as live, print or phone say what they show
  --frames N           frames of each recording (7, as many as the server pools)
  --worst N            colours that are tried with every JPEG quality, scale and border (2)
  --only WORD          only recordings whose name contains it
  --out DIR            where report.json and report.md go (./reports/pad-grid)`;

export interface PadGridArguments {
  readonly data: string;
  readonly frames: number;
  readonly worst: number;
  readonly only: string | null;
  readonly out: string;
}

/**
 * Reads the arguments after `pad-grid`.
 * @returns null where help is asked for
 * @throws EvaluateError on wrong usage
 */
export function parsePadGridArguments(args: readonly string[]): PadGridArguments | null {
  const text = { type: 'string' } as const;
  const values = readArguments(args, {
    data: text,
    frames: text,
    worst: text,
    only: text,
    out: text,
    help: { type: 'boolean' },
  });
  if (values.help === true) return null;
  if (values.data === undefined) throw new EvaluateError('--data is missing.');
  return {
    data: values.data,
    frames: wholeNumber('frames', values.frames, 1, 7),
    worst: wholeNumber('worst', values.worst, 0, 2),
    only: values.only ?? null,
    out: values.out ?? './reports/pad-grid',
  };
}
