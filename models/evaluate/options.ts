import { readArguments, wholeNumber } from './arguments.ts';
import { EvaluateError } from './evaluate-error.ts';

export const USAGE = `Usage: npm run evaluate -- verification --data DIR [options]
Runs a face-verification set, laid out as Name/Name_0001.jpg, through the server's own vision code.

  --data DIR                    the pictures, one folder for each identity
  --pairs FILE                  LFW's pairs.txt; without it, pairs are drawn in the same manner
  --cohorts FILE                lines "image,cohort": rates by cohort
  --out DIR                     where report.json, report.md and pictures go (./reports/verification)
  --limit-identities N          take N identities only, for a quick look
  --workers N                   worker threads (one for each core)
  --degradation-identities N    identities whose pictures are degraded (200; 0: none)
  --alignment-identities N      identities aligned in other ways (200; 0: none)
  --bootstrap N                 replicates for the bounds (500)
  --seed N                      seed of all random numbers (1)
  --readme FILE                 write the table into FILE between its markers "generated:verification";
                                without --data, from the report in --out
An interrupted run continues where it stopped: results are kept beside the prepared models.`;

export interface VerificationArguments {
  /** Null only with `readme`: then the table comes from the last report. */
  readonly data: string | null;
  readonly pairs: string | null;
  readonly cohorts: string | null;
  readonly out: string;
  readonly limitIdentities: number;
  readonly workers: number | null;
  readonly degradationIdentities: number;
  readonly alignmentIdentities: number;
  readonly replicates: number;
  readonly seed: number;
  readonly readme: string | null;
}

/**
 * Reads the arguments after `verification`.
 * @returns null where help is asked for
 * @throws EvaluateError on wrong usage
 */
export function parseVerificationArguments(args: readonly string[]): VerificationArguments | null {
  const text = { type: 'string' } as const;
  const values = readArguments(args, {
    data: text,
    pairs: text,
    cohorts: text,
    out: text,
    'limit-identities': text,
    workers: text,
    'degradation-identities': text,
    'alignment-identities': text,
    bootstrap: text,
    seed: text,
    readme: text,
    help: { type: 'boolean' },
  });
  if (values.help === true) return null;
  if (values.data === undefined && values.readme === undefined) throw new EvaluateError('--data is missing.');
  const workers = values.workers;
  return {
    data: values.data ?? null,
    pairs: values.pairs ?? null,
    cohorts: values.cohorts ?? null,
    out: values.out ?? './reports/verification',
    limitIdentities: wholeNumber('limit-identities', values['limit-identities'], 2, Infinity),
    workers: workers === undefined ? null : wholeNumber('workers', workers, 1, 1),
    degradationIdentities: wholeNumber('degradation-identities', values['degradation-identities'], 0, 200),
    alignmentIdentities: wholeNumber('alignment-identities', values['alignment-identities'], 0, 200),
    replicates: wholeNumber('bootstrap', values.bootstrap, 20, 500),
    seed: wholeNumber('seed', values.seed, 0, 1),
    readme: values.readme ?? null,
  };
}
