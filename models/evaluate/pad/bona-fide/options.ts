import { oneOf, readArguments, wholeNumber } from '../../arguments.ts';
import type { PolicyName } from '../../../../server/policy/shape.ts';
import { TIERS, type Tier } from '../ledger.ts';

/**
 * Policies that bona fide subjects are played by. The `attended` policy is not among them: an operator decides there.
 */
const PLAYED: readonly PolicyName[] = ['standard', 'blink-only', 'passive'];

export const BONA_FIDE_USAGE = `Usage: npm run evaluate -- bona-fide [--data DIR] [--portraits DIR] [options]
How often people who are there in person are not accepted: recordings of living people, and drawn people who answer.

  --data DIR           recordings, as for pad; an INDEX.tsv with the columns file and person says who is in which
  --portraits DIR      photographs laid out as Name/Name_0001.jpg, to draw people from; without it, the sample photographs
  --people N           drawn people (40); a quarter of them are compressed as well
  --sessions N         sessions of each recording and drawn person in every row (4)
  --policies A,B       of these policies (${PLAYED.join(',')})
  --tier base|full     this tier only
  --out DIR            where report.json, report.md and sessions.jsonl go (./reports/bona-fide)
  --workers N          worker processes (one for each core)
  --seed N             seed of all random numbers (1)
  --readme FILE        write the tables into FILE between its markers "generated:bona-fide"
  --from-report        take the report in --out instead of playing anything
An interrupted run continues where it stopped: analyses are kept beside the prepared models.`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** The command's options, as `parseArgs` of `node:util` takes them. */
export const BONA_FIDE_OPTIONS = {
  data: text,
  portraits: text,
  people: text,
  sessions: text,
  policies: text,
  tier: text,
  out: text,
  workers: text,
  seed: text,
  readme: text,
  'from-report': flag,
  help: flag,
};

export interface BonaFideArguments {
  readonly data: string | null;
  readonly portraits: string | null;
  readonly people: number;
  readonly sessions: number;
  readonly policies: readonly PolicyName[];
  readonly tier: Tier | null;
  readonly out: string;
  readonly workers: number | null;
  readonly seed: number;
  readonly readme: string | null;
  readonly fromReport: boolean;
}

/**
 * Reads the arguments after `bona-fide`.
 * @returns null where help is asked for
 * @throws EvaluateError on wrong usage
 */
export function parseBonaFideArguments(args: readonly string[]): BonaFideArguments | null {
  const values = readArguments(args, BONA_FIDE_OPTIONS);
  if (values.help === true) return null;
  return {
    data: values.data ?? null,
    portraits: values.portraits ?? null,
    people: wholeNumber('people', values.people, 0, 40),
    sessions: wholeNumber('sessions', values.sessions, 1, 4),
    policies: policiesOf(values.policies),
    tier: values.tier === undefined ? null : oneOf('tier', values.tier, TIERS),
    out: values.out ?? './reports/bona-fide',
    workers: values.workers === undefined ? null : wholeNumber('workers', values.workers, 1, 1),
    seed: wholeNumber('seed', values.seed, 0, 1),
    readme: values.readme ?? null,
    fromReport: values['from-report'] ?? false,
  };
}

function policiesOf(value: string | undefined): readonly PolicyName[] {
  return value === undefined ? PLAYED : value.split(',').map((name) => oneOf('policies', name, PLAYED));
}
