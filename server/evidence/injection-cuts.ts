import type { InjectionPolicy } from '../policy/injection.ts';
import { headMotion, type FacePoints } from './injection-points.ts';

export interface CutsState {
  /** The newest moments of one track, at most `WINDOW`. */
  readonly recent: readonly FacePoints[];
  readonly cuts: number;
}

export const initialCuts: CutsState = { recent: [], cuts: 0 };

/** Six moments are five steps. The middle step is compared with the two on either side. */
const WINDOW = 6;
const MIDDLE = 2;

/**
 * Folds one frame; `points` is null where the face was lost. A head that jumps in one step, with stillness before and
 * after, was cut: people take several frames to start and to stop.
 */
export function foldCuts(state: CutsState, points: FacePoints | null, policy: InjectionPolicy): CutsState {
  if (points === null) return { ...state, recent: [] };
  const last = state.recent.at(-1);
  const isNext = last !== undefined && gapMs(last, points) <= policy.cutGapMs;
  const recent = [...(isNext ? state.recent : []), points].slice(-WINDOW);
  return { recent, cuts: state.cuts + (isCut(recent, policy) ? 1 : 0) };
}

function isCut(recent: readonly FacePoints[], policy: InjectionPolicy): boolean {
  if (recent.length < WINDOW) return false;
  const steps = recent.slice(1).map((points, i) => headMotion(recent[i], points));
  return steps.every((step, i) => (i === MIDDLE ? step > policy.cutMotion : step < policy.cutStillness));
}

/** The longer of the gaps by our clock and by the client's: a frame that was left out also makes a jump. */
function gapMs(before: FacePoints, after: FacePoints): number {
  return Math.max(after.atMs - before.atMs, after.capturedAtMs - before.capturedAtMs);
}
