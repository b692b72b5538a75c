import { oneOf, readArguments, wholeNumber } from '../arguments.ts';
import { ACCEPTED_POLICY_NAMES } from '../../../server/policy/built-in.ts';
import { TIERS, type Tier } from './ledger.ts';

export const PAD_USAGE = `Usage: npm run evaluate -- pad [--data DIR] [options]
Presents living people and attacks to the server's own session, each through many random challenge draws.

  --data DIR           recordings: folders of frames and videos; words in their paths such as live, print, screen
                       or phone say what they show. Without it, only what can be drawn from sample portraits
  --photographs DIR    photographs of people to attack, laid out as Name/Name_0001.jpg; without it, the sample portraits
  --people N           of so many people (24)
  --out DIR            where report.json, report.md, sessions.jsonl and the picture go (./reports/pad)
  --sessions N         of each kind (300); --presentations is another name of it
  --kinds A,B          these kinds only
  --tier base|full     this tier only
  --policy NAME        the sessions' policy (standard)
  --workers N          worker processes (one for each core)
  --seed N             seed of all random numbers (1)
  --readme FILE        write the tables into FILE between its markers "generated:pad"
  --from-report        take the report in --out instead of presenting anything
An interrupted run continues where it stopped: analyses are kept beside the prepared models.`;

export interface PadArguments {
  readonly data: string | null;
  readonly photographs: string | null;
  readonly people: number;
  readonly out: string;
  readonly presentations: number;
  readonly kinds: readonly string[] | null;
  readonly tier: Tier | null;
  readonly policy: string;
  readonly workers: number | null;
  readonly seed: number;
  readonly readme: string | null;
  readonly fromReport: boolean;
}

/**
 * Reads the arguments after `pad`.
 * @returns null where help is asked for
 * @throws EvaluateError on wrong usage
 */
export function parsePadArguments(args: readonly string[]): PadArguments | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const values = readArguments(args, {
    data: text,
    photographs: text,
    people: text,
    out: text,
    sessions: text,
    presentations: text,
    kinds: text,
    tier: text,
    policy: text,
    workers: text,
    seed: text,
    readme: text,
    'from-report': flag,
    help: flag,
  });
  if (values.help === true) return null;
  return {
    data: values.data ?? null,
    photographs: values.photographs ?? null,
    people: wholeNumber('people', values.people, 1, 24),
    out: values.out ?? './reports/pad',
    presentations: wholeNumber('sessions', values.sessions ?? values.presentations, 1, 300),
    kinds: values.kinds?.split(',').filter(Boolean) ?? null,
    tier: values.tier === undefined ? null : oneOf('tier', values.tier, TIERS),
    policy: oneOf('policy', values.policy ?? 'standard', ACCEPTED_POLICY_NAMES),
    workers: values.workers === undefined ? null : wholeNumber('workers', values.workers, 1, 1),
    seed: wholeNumber('seed', values.seed, 0, 1),
    readme: values.readme ?? null,
    fromReport: values['from-report'] ?? false,
  };
}
