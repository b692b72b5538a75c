import type { Policy } from '../decision/policy-shape.ts';
import { median } from '../evidence/sample.ts';
import { beginChallenges } from './challenging.ts';
import { forgiveBreaks, startOver, type Seen } from './fold-analysis.ts';
import { enterMatching } from './matching.ts';
import {
  withLive,
  type ChallengingState,
  type Live,
  type MatchingState,
  type PoseAt,
  type PositioningState,
} from './state.ts';

export function enterPositioning(live: Live, atMs: number, policy: Policy): PositioningState {
  return { phase: 'positioning', live, deadlineAtMs: atMs + policy.timing.positioningMs, poses: [] };
}

/**
 * Waits for a face at rest, then takes the median of its poses for the session's neutral: cameras above or beside
 * a screen bias every pose. Another face stepping in starts the session over; nothing was proven yet.
 */
export function advancePositioning(
  state: PositioningState,
  seen: Seen,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
): PositioningState | ChallengingState | MatchingState {
  if (state.live.gathered.continuity.changed && policy.continuity.followTrack)
    return withLive({ ...state, poses: [] }, { gathered: startOver(state.live.gathered) });

  const poses = posesAtRest(state.poses, seen, policy);
  const next = { ...state, poses };
  if (!atRest(poses, policy) || !seen.trusted) return next;
  if (state.live.gathered.probes.frames < policy.positioning.probes) return next;

  const neutralYawDeg = median(poses.map((pose) => pose.yawDeg));
  const { live } = withLive(next, { gathered: forgiveBreaks(state.live.gathered) });
  return policy.challenges === null
    ? enterMatching(live, neutralYawDeg, atMs, policy)
    : beginChallenges(live, neutralYawDeg, atMs, draws, policy.challenges);
}

function posesAtRest(before: readonly PoseAt[], seen: Seen, { positioning }: Policy): readonly PoseAt[] {
  if (!seen.verdict.usable) return [];
  const recent = before.filter((pose) => pose.atMs > seen.atMs - positioning.withinMs);
  if (!seen.verdict.good) return recent;
  return [...recent, { atMs: seen.atMs, yawDeg: seen.yawDeg, pitchDeg: seen.pitchDeg }];
}

/** Whether these poses are enough, over long enough, and close enough together. */
export function atRest(poses: readonly PoseAt[], { positioning }: Policy): boolean {
  const first = poses[0];
  const last = poses.at(-1);
  if (first === undefined || last === undefined || poses.length < positioning.goodFrames) return false;
  return (
    last.atMs - first.atMs >= positioning.spanMs &&
    spread(poses.map((pose) => pose.yawDeg)) <= positioning.maxSpreadDeg &&
    spread(poses.map((pose) => pose.pitchDeg)) <= positioning.maxSpreadDeg
  );
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
