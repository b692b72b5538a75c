import type { ChallengeKind } from '../../protocol/status.ts';
import type { CoursePolicy } from '../policy/course.ts';
import { isHeadMove } from './gesture.ts';

/** How far a gesture was done in one analysed frame. */
export interface CourseFrame {
  /** Server milliseconds at which the frame arrived. */
  readonly atMs: number;
  /** In units of the bar at which the gesture counts, as `extentOf` gives it. */
  readonly extent: number;
}

/** The frames between the ends of a way, or null where it was not seen well enough. */
interface SeenWay {
  readonly framesBetween: number;
}

/**
 * Whether the frames show how the gesture came about: from rest to its peak and, for a move of the head, back again.
 * `frames` are in the order of their time, begin at rest and end where the face rests again or, for a gesture of the
 * face, while it is held. False is no proof of anything: the person was too quick for the frame rate, or frames were
 * lost, or somebody shows stills.
 */
export function isCourseSeen(
  kind: ChallengeKind,
  frames: readonly CourseFrame[],
  policy: CoursePolicy,
): boolean {
  if (frames.length < 2) return false;
  const peak = frames.reduce((best, { extent }, i) => (extent > frames[best].extent ? i : best), 0);
  const out = wayTo(frames.slice(0, peak + 1), policy);
  if (out === null || !isHeadMove(kind)) return out !== null;
  const back = wayTo(frames.slice(peak).toReversed(), policy);
  return back !== null && out.framesBetween + back.framesBetween >= policy.minFramesBothWays;
}

/**
 * Judges the frames of one way, which end at the peak. Those of the return come in reverse order: a course is as
 * continuous backward as forward.
 */
function wayTo(frames: readonly CourseFrame[], policy: CoursePolicy): SeenWay | null {
  const last = frames.at(-1);
  if (last === undefined) return null;
  const base = Math.min(...frames.map(({ extent }) => extent));
  const height = last.extent - base;
  if (height <= 0) return null;
  const shares = frames.map(({ atMs, extent }) => ({ atMs, share: (extent - base) / height }));
  const end = shares.findIndex(({ share }) => share >= 1 - policy.endShare);
  const start = shares.slice(0, end).findLastIndex(({ share }) => share <= policy.endShare);
  if (start < 0) return null;
  const way = shares.slice(start, end + 1);
  const isSmooth = way.slice(1).every(({ atMs, share }, i) => {
    const step = share - way[i].share;
    const isNear = Math.abs(atMs - way[i].atMs) <= policy.maxGapMs;
    return isNear && step <= policy.maxStepShare && step >= -policy.maxBackShare;
  });
  const tookMs = Math.abs(shares[end].atMs - shares[start].atMs);
  const counted = countedFrames(way, policy.minStepShare);
  const framesBetween = counted.length - 2;
  const maxGapMs = Math.min(policy.longestGapMs, Math.max(policy.maxGapMs, policy.maxGapShare * tookMs));
  const hasNoGap = counted.slice(1).every(({ atMs }, i) => Math.abs(atMs - counted[i].atMs) <= maxGapMs);
  const maxStandMs = Math.min(
    policy.longestGapMs,
    Math.max(policy.maxStandMs, policy.maxStandShare * tookMs),
  );
  const hasNoStand = counted.slice(1, -1).every((from, i) => {
    const until = way[way.indexOf(counted[i + 2]) - 1];
    return Math.abs(until.atMs - from.atMs) <= maxStandMs;
  });
  return isSmooth &&
    hasNoGap &&
    hasNoStand &&
    tookMs >= policy.minWayMs &&
    framesBetween >= policy.minFramesBetween
    ? { framesBetween }
    : null;
}

interface ShareAt {
  readonly atMs: number;
  readonly share: number;
}

/** The two ends, and the frames between them that each went on by `minStepShare` since the one before. */
function countedFrames(way: readonly ShareAt[], minStepShare: number): readonly ShareAt[] {
  const counted = way.slice(0, 1);
  for (const frame of way.slice(1, -1))
    if (frame.share - counted[counted.length - 1].share >= minStepShare) counted.push(frame);
  return [...counted, way[way.length - 1]];
}
