import { readArguments, wholeNumber } from '../arguments.ts';
import { EvaluateError } from '../evaluate-error.ts';

export const RELIEF_USAGE = `Usage: npm run evaluate -- relief --data DIR [options]
What turns and nods of living people, of pictures warped as heads and of drawn heads show of a head's relief, measure
by measure, and how many the policy takes for a head. People and photographs are split into a half to set bars by and
a half to judge.

  --data DIR           recordings, as for pad; an INDEX.tsv with the columns file and person says who is in which.
                       Photographs laid out as Name/Name_0001.jpg in a folder lfw-dev are turned as eggs
  --photos N           photographs (20)
  --only WORD          only species whose name contains it
  --out DIR            where report.json and report.md go (./reports/relief)`;

export interface ReliefArguments {
  readonly data: string;
  readonly photos: number;
  readonly only: string | null;
  readonly out: string;
}

/**
 * Reads the arguments after `relief`.
 * @returns null where help is asked for
 * @throws EvaluateError on wrong usage
 */
export function parseReliefArguments(args: readonly string[]): ReliefArguments | null {
  const text = { type: 'string' } as const;
  const values = readArguments(args, {
    data: text,
    photos: text,
    only: text,
    out: text,
    help: { type: 'boolean' },
  });
  if (values.help === true) return null;
  if (values.data === undefined) throw new EvaluateError('--data is missing.');
  return {
    data: values.data,
    photos: wholeNumber('photos', values.photos, 1, 20),
    only: values.only ?? null,
    out: values.out ?? './reports/relief',
  };
}
