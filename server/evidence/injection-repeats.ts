import type { InjectionPolicy } from '../policy/shape.ts';
import { motion, type Posture } from './injection-posture.ts';

/** A stretch of the past that the newest frames go through again, forward or backward. */
interface Run {
  readonly frames: number;
  /** Number of the frame it began with, counted over the session, and its time. */
  readonly start: number;
  readonly startAtMs: number;
  /** The earlier moment that the first frame was like. */
  readonly sourceAtMs: number;
  /** Largest distance of its frames from the first, in eye distances. */
  readonly extent: number;
  /** How long it moved, in strides, and where and when the stride at hand began. */
  readonly movedMs: number;
  readonly stride: { readonly from: number; readonly atMs: number };
}

/** For each earlier posture the run that has come to it with the newest frame; null where there is none. */
type Runs = readonly (Run | null)[];

export interface RepeatsState {
  readonly postures: readonly Posture[];
  /** Frames folded so far: the last posture has the number `count - 1`. */
  readonly count: number;
  readonly forward: Runs;
  readonly backward: Runs;
  /** Whether a run has been long and wide enough. */
  readonly found: boolean;
}

export const initialRepeats: RepeatsState = {
  postures: [],
  count: 0,
  forward: [],
  backward: [],
  found: false,
};

/** Frames of a run lie at most this many postures apart in the past. */
const REACH = 3;

/**
 * Folds one frame. A recording that comes round again goes through the same postures at the same pace, to within the
 * landmarks' noise, however its pictures were encoded or scaled, and also when it is played backward. A person comes
 * close to an earlier posture now and then, and turns along the same path twice, but not at the same pace there and back.
 * Who sets off, or comes back, at the same pace twice and rests before or after it is none: at rest a moment is like any.
 */
export function foldRepeats(state: RepeatsState, posture: Posture, policy: InjectionPolicy): RepeatsState {
  const { postures, count } = state;
  const originAt = (number: number) => postures[number - (count - postures.length)];
  const forward: (Run | null)[] = [];
  const backward: (Run | null)[] = [];
  for (const [j, old] of postures.entries()) {
    const from = postures[j - 1] ?? old;
    const sourceAtMs = sourceTime(posture, old, from, policy);
    forward.push(sourceAtMs === null ? null : runTo(state.forward, j, sourceAtMs, 1));
    backward.push(sourceAtMs === null ? null : runTo(state.backward, j, sourceAtMs, -1));
  }
  const dropped = Math.max(0, postures.length + 1 - policy.posturesKept);
  return {
    postures: [...postures, posture].slice(dropped),
    count: count + 1,
    forward: forward.slice(dropped),
    backward: backward.slice(dropped),
    found: state.found || forward.some(isRepeat) || backward.some(isRepeat),
  };

  /** The longest run that may go on with posture `j`, seen at `sourceAtMs` of the past; a new one where there is none. */
  function runTo(runs: Runs, j: number, sourceAtMs: number, direction: 1 | -1): Run {
    let best: Run | null = null;
    for (let step = 0; step <= REACH; step++) {
      const run = runs[j - direction * step];
      if (run === undefined || run === null || run.frames <= (best?.frames ?? 0)) continue;
      const drift = direction * (sourceAtMs - run.sourceAtMs) - (posture.atMs - run.startAtMs);
      if (Math.abs(drift) <= policy.repeatDriftMs) best = run;
    }
    const here = { from: count, atMs: posture.atMs };
    if (best === null) {
      const start = { start: count, startAtMs: posture.atMs, sourceAtMs, stride: here };
      return { ...start, frames: 1, extent: 0, movedMs: 0 };
    }
    const origin = originAt(best.start);
    const extent = origin === undefined ? best.extent : Math.max(best.extent, motion(origin, posture));
    const { stride } = best;
    const strideMs = posture.atMs - stride.atMs;
    const from = originAt(stride.from);
    const isDone = from !== undefined && motion(from, posture) >= policy.repeatStride;
    const movedMs = best.movedMs + (isDone && strideMs <= policy.repeatStrideMs ? strideMs : 0);
    const isOver = isDone || strideMs >= policy.repeatStrideMs;
    return { ...best, frames: best.frames + 1, extent, movedMs, stride: isOver ? here : stride };
  }

  function isRepeat(run: Run | null): boolean {
    return (
      run !== null &&
      run.frames >= policy.repeatFrames &&
      posture.atMs - run.startAtMs >= policy.repeatMs &&
      run.movedMs >= policy.repeatMovedMs &&
      run.extent >= policy.repeatExtent
    );
  }
}

/**
 * When the face was last like this on the straight way from the posture `from` to the next one, `to`: a recording is
 * seldom sampled at the same instants. Null when it was not, or too short a while ago.
 */
function sourceTime(posture: Posture, to: Posture, from: Posture, policy: InjectionPolicy): number | null {
  if (posture.atMs - to.atMs < policy.repeatGapMs || !mayBeNear(posture, to, from, policy)) return null;
  const direct = motion(posture, to);
  const step = motion(from, to);
  const far = motion(posture, from);
  // Cosine theorem: the foot of the perpendicular from the posture, as a share of the way.
  const share = step === 0 ? 1 : (far * far + step * step - direct * direct) / (2 * step * step);
  const within = Math.min(1, Math.max(0, share));
  const squared = far * far - (2 * share - within) * within * step * step;
  return squared <= policy.repeatMotion ** 2 ? from.atMs + within * (to.atMs - from.atMs) : null;
}

/**
 * Rules out nearly all postures by one coordinate: where all points together are within a distance, each is within
 * that distance times the root of their number.
 */
function mayBeNear(posture: Posture, to: Posture, from: Posture, policy: InjectionPolicy): boolean {
  const x = posture.coordinates[0];
  const points = posture.coordinates.length / 2;
  const reach = Math.sqrt(points) * policy.repeatMotion * Math.max(posture.unitPx, to.unitPx, from.unitPx);
  const [a, b] = [to.coordinates[0], from.coordinates[0]];
  return x >= Math.min(a, b) - reach && x <= Math.max(a, b) + reach;
}
