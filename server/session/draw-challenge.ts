import type { ChallengeKind } from '../../protocol/status.ts';
import type { ChallengePolicy } from '../policy/shape.ts';
import { isHeadMove } from '../evidence/gesture.ts';
import type { ChallengeLog } from './state.ts';

/**
 * How hard a recording finds each kind: head moves demand a direction and fail where they are not asked for, an approach
 * is rare; blinks come by themselves, and mouths move in speech.
 */
const STRENGTH: Readonly<Record<ChallengeKind, number>> = {
  blink: 1,
  smile: 1,
  'open-mouth': 1,
  'come-closer': 2,
  'turn-left': 2,
  'turn-right': 2,
  'look-up': 2,
  'look-down': 2,
};

/** Draws how many challenges a session will have. `draw` is in [0, 1). */
export function drawCount(draw: number, { minCount, maxCount }: ChallengePolicy): number {
  return minCount + Math.floor(draw * (maxCount - minCount + 1));
}

/**
 * Draws the next kind from all that were not skipped: one that was passed may come again, or each would give the
 * next away. Only head moves are left to draw from when the policy's number of them could not be reached otherwise.
 */
export function drawKind(draw: number, log: ChallengeLog, policy: ChallengePolicy): ChallengeKind {
  const open = policy.pool.filter((kind) => !log.skipped.includes(kind));
  const moves = open.filter(isHeadMove);
  const movesDue = policy.minHeadMoves - log.passed.filter(isHeadMove).length;
  const challengesDue = (log.of ?? 0) - log.passed.length;
  return pick(draw, movesDue >= challengesDue && moves.length > 0 ? moves : open);
}

/** Kinds that may stand in for `kind`: at least as strong and not skipped before. */
export function alternativesTo(
  kind: ChallengeKind,
  log: ChallengeLog,
  policy: ChallengePolicy,
): readonly ChallengeKind[] {
  if (log.skipped.length >= policy.maxSkips) return [];
  return policy.pool.filter(
    (other) => other !== kind && !log.skipped.includes(other) && STRENGTH[other] >= STRENGTH[kind],
  );
}

export function pick(draw: number, kinds: readonly ChallengeKind[]): ChallengeKind {
  const kind = kinds[Math.floor(draw * kinds.length)];
  if (kind === undefined) throw new RangeError('nothing to draw from');
  return kind;
}
