import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Outcome } from '../../../protocol/status.ts';
import { CUES } from '../../../server/policy/cues.ts';
import type { Policy } from '../../../server/policy/shape.ts';
import { policyFor } from '../../../server/policy/built-in.ts';
import type { EvidenceByCue } from '../../../server/evidence/evidence.ts';
import {
  decodeRecording,
  RECORDING_SUFFIX,
  type SessionRecord,
} from '../../../server/observe/recording-format.ts';
import { initialState, type SessionState } from '../../../server/session/state.ts';
import { transition } from '../../../server/session/transition.ts';
import { EvaluateError } from '../evaluate-error.ts';
import type { PolicyChange } from './policy-change.ts';

/** How a session ends. `undecided`: the recorded events do not lead to a decision. */
interface Ending {
  readonly outcome: Outcome | 'closed' | 'undecided';
  /** Strings, because a newer version may have recorded the session. */
  readonly reasons: readonly string[];
  readonly evidence: EvidenceByCue | null;
}

export interface ReplayedSession {
  readonly name: string;
  readonly mode: string;
  readonly policy: string;
  readonly recorded: Omit<Ending, 'evidence'>;
  readonly replayed: Ending;
  /** Outcome and reasons are the same. */
  readonly same: boolean;
}

/** The policy by which a recorded session is decided again. */
interface ReplayPolicy {
  /**
   * `recorded`: the thresholds in the recording; `current`: the thresholds of this version's policy of the same name.
   */
  readonly from: 'recorded' | 'current';
  readonly change: PolicyChange;
}

const KNOWN_CUES: ReadonlySet<string> = new Set(CUES);
const cuesOf = ({ requiredCues, fusion }: Policy): readonly string[] => [...requiredCues, ...fusion.cues];

/** A policy of a newer version may contain cues that this version cannot measure. */
function undecidable(unknownCues: readonly string[]): Ending {
  const reasons = [...new Set(unknownCues)].map((cue) => `unknown-cue-${cue}`);
  return { outcome: 'undecided', reasons, evidence: null };
}

/** Decides a recorded session again with the server's own `transition`. */
export function replayRecord(record: SessionRecord, by: ReplayPolicy): Ending {
  const { mode, models, policy: recorded } = record.header;
  const policy: Policy = by.change(by.from === 'recorded' ? recorded : policyFor(recorded.name));
  const unknownCues = cuesOf(policy).filter((cue) => !KNOWN_CUES.has(cue));
  if (unknownCues.length > 0) return undecidable(unknownCues);
  let state: SessionState = initialState(
    {
      sessionId: 'replayed',
      tenant: 'tenant',
      mode,
      subject: mode === 'identify' ? null : 'subject',
      policy: policy.name,
      audience: null,
      nonce: null,
      createdAtMs: 0,
    },
    0,
  );
  const isRefused = record.events.some((event) => event.type === 'accept-recorded' && !event.stands);
  for (const event of record.events) {
    const [next, effects] = transition(state, event, policy, { models });
    state = next;
    for (const effect of effects) {
      // Another policy may accept a session that was not accepted before. The reference that it needs is in the
      // recording.
      const verdict = effect.type === 'record-accept' && !isRefused ? effect.accept : effect;
      if (!('outcome' in verdict)) continue;
      const { outcome, reasons, evidence } = verdict;
      return { outcome, reasons, evidence };
    }
  }
  const outcome = state.phase === 'closed' ? 'closed' : 'undecided';
  return { outcome, reasons: [], evidence: null };
}

/**
 * Decides all recorded sessions in a folder again.
 * @throws EvaluateError when the folder has no recording or one of them cannot be read
 */
export async function replayFolder(
  folder: string,
  by: ReplayPolicy,
  onDone: (done: number, total: number) => void = () => {},
): Promise<ReplayedSession[]> {
  const names = await readdir(folder).catch(() => {
    throw new EvaluateError(`${folder} cannot be read.`);
  });
  const recordings = names.filter((name) => name.endsWith(RECORDING_SUFFIX)).toSorted();
  if (recordings.length === 0) throw new EvaluateError(`${folder} holds no recorded sessions.`);
  const sessions: ReplayedSession[] = [];
  for (const name of recordings) {
    const record = await readRecord(path.join(folder, name));
    const { end, header } = record;
    // A session that was interrupted, or that something outside it ended without a decision, has no outcome to compare.
    const recorded =
      end?.type === 'decided'
        ? { outcome: end.outcome, reasons: end.reasons }
        : ({ outcome: 'undecided', reasons: [] } as const);
    const ending = replayRecord(record, by);
    const replayed = ending.outcome === 'closed' ? { ...ending, outcome: 'undecided' as const } : ending;
    const same = replayed.outcome === recorded.outcome && replayed.reasons.join() === recorded.reasons.join();
    sessions.push({ name, mode: header.mode, policy: header.policy.name, recorded, replayed, same });
    onDone(sessions.length, recordings.length);
  }
  return sessions;
}

async function readRecord(file: string): Promise<SessionRecord> {
  try {
    return decodeRecording(await readFile(file));
  } catch (error) {
    throw new EvaluateError(`${file}: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}
