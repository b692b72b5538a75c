import { nextChallengeTime, type ChallengeRun } from '../evidence/challenge.ts';
import type { Policy } from '../policy/shape.ts';
import { flashDeadline } from './flashing.ts';
import { starvationDueMs } from './frame-supply.ts';
import type { ChallengingState, LiveState } from './state.ts';

/** When the session must be woken next after `atMs`, if nothing arrives before. Server milliseconds. */
export function nextDeadline(state: LiveState, atMs: number, policy: Policy): number {
  return Math.min(phaseDeadline(state, atMs, policy), supplyDeadline(state, policy));
}

/** When a hint is due because no frames arrive. */
function supplyDeadline(state: LiveState, policy: Policy): number {
  const { supply, ending, control } = state.live;
  if (policy.supply === null || ending || control.keyRequest === 'awaited') return Infinity;
  return starvationDueMs(supply, state.phase === 'positioning', policy.supply);
}

/** Half-way through a challenge, a person whose answers are not seen is told why, even if no frame arrives. */
function explanationDeadline({ live, run }: ChallengingState, atMs: number): number {
  const halfTimeMs = halfTimeOf(run);
  return live.supply.starvedBy === null || halfTimeMs === null || halfTimeMs <= atMs ? Infinity : halfTimeMs;
}

/** The middle of the time to answer a challenge; null while no answer is awaited. */
export function halfTimeOf(run: ChallengeRun): number | null {
  return run.stage === 'awaiting-neutral' || run.stage === 'awaiting-response'
    ? (run.revealedAtMs + run.deadlineAtMs) / 2
    : null;
}

function phaseDeadline(state: LiveState, atMs: number, policy: Policy): number {
  const { sessionDeadlineAtMs } = state.live;
  switch (state.phase) {
    case 'positioning':
      return Math.min(sessionDeadlineAtMs, state.deadlineAtMs);
    case 'challenging':
      return Math.min(
        sessionDeadlineAtMs,
        nextChallengeTime(state.run) ?? sessionDeadlineAtMs,
        explanationDeadline(state, atMs),
      );
    case 'matching':
      return state.pending?.for === 'storage'
        ? state.pending.deadlineAtMs
        : Math.min(sessionDeadlineAtMs, state.deadlineAtMs, flashDeadline(state, atMs, policy) ?? Infinity);
  }
}

/** Whether the time of the phase or of the session is over. A challenge has its own deadline. */
export function isTimeUp(state: LiveState, atMs: number): boolean {
  if (atMs >= state.live.sessionDeadlineAtMs) return true;
  return state.phase !== 'challenging' && atMs >= state.deadlineAtMs;
}
