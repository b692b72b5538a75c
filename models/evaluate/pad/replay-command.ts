import { readArguments } from '../arguments.ts';
import { EvaluateError } from '../evaluate-error.ts';
import { progressDisplay } from '../progress-display.ts';
import { policyChange } from './policy-change.ts';
import { replayFolder, type ReplayedSession } from './replay.ts';

export const REPLAY_USAGE = `Usage: npm run evaluate -- replay --records DIR [options]
Decides recorded sessions (VERIFRAME_RECORD_SESSIONS_TO) again, and reports where the outcome differs.

  --records DIR        the recordings
  --set PATH=VALUE     with another threshold, such as passivePad.rejectBar=0.3; may be repeated
  --current            by this version's policy instead of the one each session was decided by
Exit code 1 when an outcome differs although nothing was changed.`;

/** The command line around `replayFolder`. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runReplay(args: readonly string[]): Promise<number> {
  const settings = parse(args);
  if (settings === null) {
    process.stdout.write(`${REPLAY_USAGE}\n`);
    return 0;
  }
  const { records, set, current } = settings;
  const display = progressDisplay(process.stderr);
  let sessions: ReplayedSession[];
  try {
    const by = { from: current ? ('current' as const) : ('recorded' as const), change: policyChange(set) };
    sessions = await replayFolder(records, by, (done, total) => display.show('sessions', done, total));
  } finally {
    display.close();
  }
  const different = sessions.filter(({ same }) => !same);
  for (const { name, recorded, replayed } of different) {
    process.stdout.write(`${name}: ${told(recorded)} became ${told(replayed)}\n`);
  }
  for (const line of changes(sessions)) process.stdout.write(`${line}\n`);
  const isChanged = current || set.length > 0;
  return different.length > 0 && !isChanged ? 1 : 0;
}

const told = ({ outcome, reasons }: ReplayedSession['recorded']) => `${outcome} (${reasons.join(' + ')})`;

/** For each recorded outcome, the number of sessions by their new outcome. */
function changes(sessions: readonly ReplayedSession[]): string[] {
  const counts = new Map<string, number>();
  for (const { recorded, replayed } of sessions) {
    const key = `${recorded.outcome} → ${replayed.outcome}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const same = sessions.filter((session) => session.same).length;
  return [
    `${sessions.length} sessions, ${same} with the same outcome and reasons`,
    ...[...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, count]) => `  ${key}: ${count}`),
  ];
}

function parse(args: readonly string[]): {
  readonly records: string;
  readonly set: readonly string[];
  readonly current: boolean;
} | null {
  const values = readArguments(args, {
    records: { type: 'string' },
    set: { type: 'string', multiple: true },
    current: { type: 'boolean' },
    help: { type: 'boolean' },
  });
  if (values.help === true) return null;
  if (values.records === undefined) throw new EvaluateError('--records is missing.');
  return { records: values.records, set: values.set ?? [], current: values.current ?? false };
}
