import type { ErrorCode } from '../../protocol/errors.ts';
import type { Effect } from './effect.ts';
import { isLive, type LiveState, type SessionState } from './state.ts';

/** A new state and what is to be done about it, in order. */
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

/** The draw at `index`; a runner that hands over too few is at fault. */
export function drawAt(draws: readonly number[], index: number): number {
  const draw = draws[index];
  if (draw === undefined) throw new RangeError(`the event carries ${draws.length} draws`);
  return draw;
}

/** Puts effects before a step's own; an end needs neither credit nor turns. */
export function withEffects(effects: readonly Effect[], [state, own]: Step): Step {
  return [state, isLive(state) ? [...effects, ...own] : own];
}
