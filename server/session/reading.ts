import type { ChallengeReading } from '../../protocol/live.ts';
import type { Hint, Slowness } from '../../protocol/status.ts';
import { fuse } from '../decision/fuse.ts';
import type { EvidenceByCue } from '../evidence/evidence.ts';
import type { Policy } from '../policy/shape.ts';
import { evidenceOf, matchFinding } from './findings.ts';
import type { LiveState, SessionContext } from './state.ts';

/** What an observer may read of a live session. */
export interface SessionReading {
  readonly hint: Hint | null;
  readonly progress: number;
  readonly challenges: ChallengeReading;
  readonly cues: EvidenceByCue;
  readonly probability: number;
  readonly faceCount: number;
  readonly starvedBy: Slowness | null;
}

/** Reads a live session, at about the cost of judging it. Tells no more of a challenge to come than the client knows
 * (SPEC R24).
 */
export function readSession(state: LiveState, policy: Policy, context: SessionContext): SessionReading {
  const { gathered, status, look, supply } = state.live;
  const { passed, of } = gathered.cues.challenge;
  const cues = evidenceOf(state, matchFinding(state, policy), policy, context);
  const run = state.phase === 'challenging' && state.run.stage !== 'pause' ? state.run : null;
  return {
    hint: status.sent?.hint ?? null,
    progress: status.sent?.progress ?? 0,
    challenges: {
      passed,
      of,
      current: run === null ? null : { kind: run.kind, stage: run.stage },
    },
    cues,
    probability: fuse(cues, policy.fusion),
    faceCount: look.faceCount,
    starvedBy: supply.starvedBy,
  };
}
