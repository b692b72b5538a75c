import type { ErrorCode } from '../../protocol/errors.ts';
import type { Effect } from './effect.ts';
import { isLive, type LiveState, type SessionState } from './state.ts';

/** A new state, and what is to be done, in order. */
export type Step<State extends SessionState = SessionState> = readonly [State, readonly Effect[]];
export type LiveStep = Step<LiveState>;

/** Ends the session without a decision. */
export function failWith(code: ErrorCode, atMs: number): Step {
  return [
    { phase: 'closed', atMs, code },
    [
      { type: 'wake-at', atMs: null },
      { type: 'fail', code },
    ],
  ];
}

/** The draw at `index`. Throws RangeError when the event has too few. */
export function drawAt(draws: readonly number[], index: number): number {
  const draw = draws[index];
  if (draw === undefined) throw new RangeError(`the event carries ${draws.length} draws`);
  return draw;
}

/**
 * Puts effects before those of a step. When the session has ended they are left out, because it needs no more frames.
 */
export function withEffects(effects: readonly Effect[], [state, own]: Step): Step {
  return [state, isLive(state) ? [...effects, ...own] : own];
}
