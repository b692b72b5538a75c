import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Outcome } from '../../../protocol/status.ts';
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

/** How a session ends. `undecided`: the events at hand do not bring it to an end. */
export interface Ending {
  readonly outcome: Outcome | 'closed' | 'undecided';
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

/** Which thresholds a recorded session is decided by anew. */
export interface ReplayPolicy {
  /** `recorded`: those it was decided by; `current`: those of this version's policy of that name. */
  readonly from: 'recorded' | 'current';
  readonly change: PolicyChange;
}

/** Decides a recorded session anew, by the server's own `transition`. */
export function replayRecord(record: SessionRecord, by: ReplayPolicy): Ending {
  const { mode, models, policy: recorded } = record.header;
  const policy: Policy = by.change(by.from === 'recorded' ? recorded : policyFor(recorded.name));
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
      // Under another policy there may be an accept that the recording knows nothing of: the reference is there.
      const verdict = effect.type === 'record-accept' && !isRefused ? effect.accept : effect;
      if (!('outcome' in verdict)) continue;
      const { outcome, reasons, evidence } = verdict;
      return { outcome, reasons, evidence };
    }
  }
  const outcome = state.phase === 'closed' ? 'closed' : 'undecided';
  return { outcome, reasons: [], evidence: null };
}

/** Decides all recordings in a folder anew. Throws EvaluateError when it holds none or one cannot be read. */
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
    // A session that was cut off, or ended without a decision by something outside of it, has nothing to compare.
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
