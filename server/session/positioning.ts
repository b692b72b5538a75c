import { restOf } from '../evidence/gesture.ts';
import { anchorOf } from '../matching/anchor.ts';
import { poolMean, poolOf } from '../matching/embedding-pool.ts';
import type { Policy } from '../policy/shape.ts';
import { beginChallenges } from './challenging.ts';
import { awaitsLine, withHold } from './frame-supply.ts';
import { resetTrackBreaks, startOver, type Seen } from './accumulate-frame.ts';
import { enterMatching } from './matching.ts';
import {
  cuesOf,
  withLive,
  type ChallengingState,
  type Live,
  type MatchingState,
  type PositioningState,
  type PostureAt,
  type SessionContext,
} from './state.ts';

export function enterPositioning(live: Live, atMs: number, policy: Policy): PositioningState {
  return { phase: 'positioning', live, deadlineAtMs: atMs + policy.timing.positioningMs, postures: [] };
}

/**
 * Waits for a face at rest, and keeps the median of its postures. Gestures are measured against it, because a camera
 * above or beside the screen biases every pose, and mouths differ. If another face takes the place of the first, the
 * session starts over, because nothing was shown yet. The probes that remain are the anchor. On a connection that is
 * too slow for a fair judgement, no challenge starts.
 */
export function advancePositioning(
  state: PositioningState,
  seen: Seen,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
  context: SessionContext,
): PositioningState | ChallengingState | MatchingState {
  if (state.live.gathered.cues.continuity.changed && policy.continuity.followTrack)
    return withLive(
      { ...state, postures: [] },
      {
        gathered: startOver(state.live.gathered, cuesOf(context)),
        supply: withHold(state.live.supply, false),
      },
    );

  const postures = posturesAtRest(state.postures, seen, policy);
  const anchor =
    atRest(postures, policy) && seen.trusted
      ? anchorOf(state.live.gathered.probes.kept, policy.continuity.anchor)
      : [];
  const isPlaced = anchor.length > 0 && anchor.length >= policy.positioning.probes;
  const isHeld = isPlaced && policy.supply !== null && awaitsLine(state.live.supply, policy.supply);
  const next = withLive({ ...state, postures }, { supply: withHold(state.live.supply, isHeld) });
  if (!isPlaced || isHeld) return next;

  const rest = restOf(postures.map(({ posture }) => posture));
  const probes = poolOf(anchor);
  const gathered = { ...resetTrackBreaks(state.live.gathered), probes, anchor: poolMean(probes) };
  const { live } = withLive(next, { gathered });
  return policy.challenges === null
    ? enterMatching(live, rest, atMs, policy)
    : beginChallenges(live, rest, atMs, draws, policy.challenges, policy.gestures);
}

function posturesAtRest(
  before: readonly PostureAt[],
  { atMs, assessment, posture }: Seen,
  { positioning }: Policy,
): readonly PostureAt[] {
  if (!assessment.usable) return [];
  const recent = before.filter((earlier) => earlier.atMs > atMs - positioning.withinMs);
  return assessment.good && posture !== null ? [...recent, { atMs, posture }] : recent;
}

/** Whether these postures are enough, span enough time, and are close enough to each other. */
function atRest(postures: readonly PostureAt[], { positioning }: Policy): boolean {
  const first = postures[0];
  const last = postures.at(-1);
  if (first === undefined || last === undefined || postures.length < positioning.goodFrames) return false;
  return (
    last.atMs - first.atMs >= positioning.spanMs &&
    spread(postures.map(({ posture }) => posture.pose.yawDeg)) <= positioning.maxSpreadDeg &&
    spread(postures.map(({ posture }) => posture.pose.pitchDeg)) <= positioning.maxSpreadDeg
  );
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
