import type { InjectionPolicy } from '../policy/injection.ts';

/** The times of the frames, by the client's clock and by ours. */
export interface TimingState {
  readonly first: { readonly atMs: number; readonly capturedAtMs: number } | null;
  readonly lastAtMs: number;
  readonly lastCapturedAtMs: number;
  /** The client's clock ran backward, or drifted too far from ours. */
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

/** Whether all intervals are equal: then the times were computed and not measured, as when a file is played. */
export function isMetronomic(state: TimingState, policy: InjectionPolicy): boolean {
  const { intervals, shortestMs, longestMs } = state;
  return intervals >= policy.metronomeFrames && longestMs - shortestMs <= policy.metronomeSpreadMs;
}

/** Server milliseconds from the first frame to the last. */
export function spanMs({ first, lastAtMs }: TimingState): number {
  return first === null ? 0 : lastAtMs - first.atMs;
}
