import type { FlashStatus } from '../../protocol/status.ts';
import type { Policy } from '../policy/shape.ts';
import { colourShown, foldFlash, nextFlashTime, passFlashTime, startFlash } from '../evidence/flash.ts';
import type { Seen } from './accumulate-frame.ts';
import type { Live, LiveState, MatchingState } from './state.ts';

/** How long the colours take, with the time that their light may need to arrive; 0 where none are shown. */
export function flashTimeMs({ offersFlash }: Live, { flash }: Policy): number {
  return flash === null || !offersFlash ? 0 : flash.count * flash.stepMs + flash.maxLagMs;
}

/** Whether colours are shown in this session and have not been judged yet. */
export function isFlashPending(state: LiveState, { flash }: Policy): boolean {
  if (flash === null || !state.live.offersFlash) return false;
  return state.phase !== 'matching' || state.flash === null || state.flash.finding === null;
}

/** Starts the colours, folds a frame into them (null: only time passed), and shows the next. Uses one draw. */
export function advanceFlash(
  state: MatchingState,
  seen: Seen | null,
  atMs: number,
  draw: number,
  policy: Policy,
): MatchingState {
  const { flash } = policy;
  if (flash === null || !isFlashPending(state, policy)) return state;
  if (state.flash === null) return { ...state, flash: startFlash(atMs, draw) };
  const folded =
    seen === null
      ? state.flash
      : foldFlash(state.flash, seen.atMs, seen.trusted ? seen.colours : null, seen.shown);
  return { ...state, flash: passFlashTime(folded, atMs, draw, flash) };
}

/** When the next colour is due, whether or not a frame arrives; null: none is due. */
export function flashDeadline(state: MatchingState, atMs: number, { flash }: Policy): number | null {
  return flash === null || state.flash === null ? null : nextFlashTime(state.flash, atMs, flash);
}

/** The colour that the client is to show now. Of those to come it tells only how many there are (SPEC R39). */
export function flashStatus(state: LiveState, atMs: number, { flash }: Policy): FlashStatus | null {
  if (flash === null || state.phase !== 'matching' || state.flash === null) return null;
  const shown = colourShown(state.flash, atMs, flash);
  return shown === null ? null : { colour: shown.hex, number: shown.number, of: flash.count };
}

/** The share of the colours that are over; 1 where none are shown. */
export function flashProgress(state: MatchingState, policy: Policy): number {
  if (policy.flash === null || !isFlashPending(state, policy)) return 1;
  return state.flash === null ? 0 : (state.flash.steps.length - 1) / policy.flash.count;
}
