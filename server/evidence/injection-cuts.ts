import type { InjectionPolicy } from '../policy/shape.ts';
import { headMotion, type Posture } from './injection-posture.ts';

export interface CutsState {
  /** The last postures of one track, at most `WINDOW`. */
  readonly recent: readonly Posture[];
  readonly cuts: number;
}

export const initialCuts: CutsState = { recent: [], cuts: 0 };

/** Six postures are five steps: the middle one is judged by the two on either side. */
const WINDOW = 6;
const MIDDLE = 2;

/**
 * Folds one frame; null where the face was lost. A head that jumps in one step between stillness before and after was
 * cut: people take several frames to set off and to stop.
 */
export function foldCuts(state: CutsState, posture: Posture | null, policy: InjectionPolicy): CutsState {
  if (posture === null) return { ...state, recent: [] };
  const last = state.recent.at(-1);
  const isNext = last !== undefined && gapMs(last, posture) <= policy.cutGapMs;
  const recent = [...(isNext ? state.recent : []), posture].slice(-WINDOW);
  return { recent, cuts: state.cuts + (isCut(recent, policy) ? 1 : 0) };
}

function isCut(recent: readonly Posture[], policy: InjectionPolicy): boolean {
  if (recent.length < WINDOW) return false;
  const steps = recent.slice(1).map((posture, i) => headMotion(recent[i], posture));
  return steps.every((step, i) => (i === MIDDLE ? step > policy.cutMotion : step < policy.cutStillness));
}

/** The longer of the two: a frame that was left out, by the client or on the way, makes a jump of its own. */
function gapMs(before: Posture, after: Posture): number {
  return Math.max(after.atMs - before.atMs, after.capturedAtMs - before.capturedAtMs);
}
