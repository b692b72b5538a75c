import type { InjectionPolicy } from '../policy/shape.ts';

/** How frames follow each other, by the client's clock and by ours. */
export interface TimingState {
  readonly first: { readonly atMs: number; readonly capturedAtMs: number } | null;
  readonly lastAtMs: number;
  readonly lastCapturedAtMs: number;
  /** The client's clock ran backward, or at another pace than ours. */
  readonly clockImplausible: boolean;
  readonly intervals: number;
  readonly shortestMs: number;
  readonly longestMs: number;
}

export const initialTiming: TimingState = {
  first: null,
  lastAtMs: 0,
  lastCapturedAtMs: 0,
  clockImplausible: false,
  intervals: 0,
  shortestMs: Infinity,
  longestMs: 0,
};

export function foldTiming(
  state: TimingState,
  atMs: number,
  capturedAtMs: number,
  policy: InjectionPolicy,
): TimingState {
  const { first } = state;
  if (first === null)
    return { ...state, first: { atMs, capturedAtMs }, lastAtMs: atMs, lastCapturedAtMs: capturedAtMs };
  const intervalMs = capturedAtMs - state.lastCapturedAtMs;
  const driftMs = capturedAtMs - first.capturedAtMs - (atMs - first.atMs);
  return {
    first,
    lastAtMs: atMs,
    lastCapturedAtMs: capturedAtMs,
    clockImplausible: state.clockImplausible || intervalMs < 0 || Math.abs(driftMs) > policy.maxClockDriftMs,
    intervals: state.intervals + 1,
    shortestMs: Math.min(state.shortestMs, intervalMs),
    longestMs: Math.max(state.longestMs, intervalMs),
  };
}

/** Every interval the same: times that were computed and not measured, as of a file that is played. */
export function isMetronomic(state: TimingState, policy: InjectionPolicy): boolean {
  const { intervals, shortestMs, longestMs } = state;
  return intervals >= policy.metronomeFrames && longestMs - shortestMs <= policy.metronomeSpreadMs;
}

/** Server milliseconds from the first frame to the last. */
export function spanMs({ first, lastAtMs }: TimingState): number {
  return first === null ? 0 : lastAtMs - first.atMs;
}
