import { nextChallengeTime } from '../evidence/challenge.ts';
import type { Policy } from '../decision/policy-shape.ts';
import { flashDeadline } from './flashing.ts';
import type { LiveState } from './state.ts';

/** When the session must look at the clock next after `atMs`, whether or not anything arrives. Server milliseconds. */
export function nextDeadline(state: LiveState, atMs: number, policy: Policy): number {
  const { sessionDeadlineAtMs } = state.live;
  switch (state.phase) {
    case 'positioning':
      return Math.min(sessionDeadlineAtMs, state.deadlineAtMs);
    case 'challenging':
      return Math.min(sessionDeadlineAtMs, nextChallengeTime(state.run) ?? sessionDeadlineAtMs);
    case 'matching':
      return state.pending?.for === 'storage'
        ? state.pending.deadlineAtMs
        : Math.min(sessionDeadlineAtMs, state.deadlineAtMs, flashDeadline(state, atMs, policy) ?? Infinity);
  }
}

/** Whether the phase or the whole session has run out. Challenges fail by themselves. */
export function isTimeUp(state: LiveState, atMs: number): boolean {
  if (atMs >= state.live.sessionDeadlineAtMs) return true;
  return state.phase !== 'challenging' && atMs >= state.deadlineAtMs;
}
