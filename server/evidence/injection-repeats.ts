import type { InjectionPolicy } from '../policy/injection.ts';
import { motion, type FacePoints } from './injection-points.ts';

/** A stretch of the past that the newest frames repeat, forward or backward. */
interface Run {
  readonly frames: number;
  /** The number of its first frame, counted over the session, and its time. */
  readonly start: number;
  readonly startAtMs: number;
  /** The earlier moment that the first frame repeats. */
  readonly sourceAtMs: number;
  /** The largest distance of its frames from the first, in eye distances. */
  readonly extent: number;
  /** How long the face moved, in whole strides, and where and when the present stride began. */
  readonly movedMs: number;
  readonly stride: { readonly from: number; readonly atMs: number };
}

/** For each earlier moment, the run that reaches it with the newest frame; null: none. */
type Runs = readonly (Run | null)[];

export interface RepeatsState {
  readonly moments: readonly FacePoints[];
  /** Frames folded so far: the newest moment has the number `count - 1`. */
  readonly count: number;
  readonly forward: Runs;
  readonly backward: Runs;
  /** Whether a run was long and wide enough to be a repeat. */
  readonly found: boolean;
}

export const initialRepeats: RepeatsState = {
  moments: [],
  count: 0,
  forward: [],
  backward: [],
  found: false,
};

/** Consecutive frames of a run are at most this many moments apart in the past. */
const REACH = 3;

/**
 * Folds one frame. A recording that is played again goes through the same moments at the same pace, within the noise of
 * the landmarks. This holds also when its pictures were encoded anew, scaled, or played backward. A person comes close
 * to an earlier moment now and then, and turns along the same path twice, but not at the same pace there and back. A
 * person may also start, or come back, twice at the same pace, and rest before or after it. That is no repeat, because
 * at rest all moments are alike.
 */
export function foldRepeats(state: RepeatsState, points: FacePoints, policy: InjectionPolicy): RepeatsState {
  const { moments, count } = state;
  const originAt = (number: number) => moments[number - (count - moments.length)];
  const forward: (Run | null)[] = [];
  const backward: (Run | null)[] = [];
  for (const [j, old] of moments.entries()) {
    const from = moments[j - 1] ?? old;
    const sourceAtMs = sourceTime(points, old, from, policy);
    forward.push(sourceAtMs === null ? null : runTo(state.forward, j, sourceAtMs, 1));
    backward.push(sourceAtMs === null ? null : runTo(state.backward, j, sourceAtMs, -1));
  }
  const dropped = Math.max(0, moments.length + 1 - policy.posturesKept);
  return {
    moments: [...moments, points].slice(dropped),
    count: count + 1,
    forward: forward.slice(dropped),
    backward: backward.slice(dropped),
    found: state.found || forward.some(isRepeat) || backward.some(isRepeat),
  };

  /** The longest run that can continue at moment `j`, which repeats the time `sourceAtMs`; otherwise a new run. */
  function runTo(runs: Runs, j: number, sourceAtMs: number, direction: 1 | -1): Run {
    let best: Run | null = null;
    for (let step = 0; step <= REACH; step++) {
      const run = runs[j - direction * step];
      if (run === undefined || run === null || run.frames <= (best?.frames ?? 0)) continue;
      const drift = direction * (sourceAtMs - run.sourceAtMs) - (points.atMs - run.startAtMs);
      if (Math.abs(drift) <= policy.repeatDriftMs) best = run;
    }
    const here = { from: count, atMs: points.atMs };
    if (best === null) {
      const start = { start: count, startAtMs: points.atMs, sourceAtMs, stride: here };
      return { ...start, frames: 1, extent: 0, movedMs: 0 };
    }
    const origin = originAt(best.start);
    const extent = origin === undefined ? best.extent : Math.max(best.extent, motion(origin, points));
    const { stride } = best;
    const strideMs = points.atMs - stride.atMs;
    const from = originAt(stride.from);
    const isDone = from !== undefined && motion(from, points) >= policy.repeatStride;
    const movedMs = best.movedMs + (isDone && strideMs <= policy.repeatStrideMs ? strideMs : 0);
    const isOver = isDone || strideMs >= policy.repeatStrideMs;
    return { ...best, frames: best.frames + 1, extent, movedMs, stride: isOver ? here : stride };
  }

  function isRepeat(run: Run | null): boolean {
    return (
      run !== null &&
      run.frames >= policy.repeatFrames &&
      points.atMs - run.startAtMs >= policy.repeatMs &&
      run.movedMs >= policy.repeatMovedMs &&
      run.extent >= policy.repeatExtent
    );
  }
}

/**
 * When, on the straight way from the moment `from` to the next one, `to`, the face was like this. The times between two
 * moments count too, because a recording is seldom sampled at the same instants again. Null when the face was never
 * like this on the way, or when that is too short a time ago.
 */
function sourceTime(
  points: FacePoints,
  to: FacePoints,
  from: FacePoints,
  policy: InjectionPolicy,
): number | null {
  if (points.atMs - to.atMs < policy.repeatGapMs || !mayBeNear(points, to, from, policy)) return null;
  const direct = motion(points, to);
  const step = motion(from, to);
  const far = motion(points, from);
  // Law of cosines: the foot of the perpendicular on the way, as a share of the way.
  const share = step === 0 ? 1 : (far * far + step * step - direct * direct) / (2 * step * step);
  const within = Math.min(1, Math.max(0, share));
  const squared = far * far - (2 * share - within) * within * step * step;
  return squared <= policy.repeatMotion ** 2 ? from.atMs + within * (to.atMs - from.atMs) : null;
}

/**
 * Rules out nearly all moments by one coordinate. If the root mean square distance of n points is at most d, the
 * distance of each point is at most d times the root of n.
 */
function mayBeNear(points: FacePoints, to: FacePoints, from: FacePoints, policy: InjectionPolicy): boolean {
  const x = points.coordinates[0];
  const count = points.coordinates.length / 2;
  const reach = Math.sqrt(count) * policy.repeatMotion * Math.max(points.unitPx, to.unitPx, from.unitPx);
  const [a, b] = [to.coordinates[0], from.coordinates[0]];
  return x >= Math.min(a, b) - reach && x <= Math.max(a, b) + reach;
}
