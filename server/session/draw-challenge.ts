import type { ChallengeKind } from '../../protocol/status.ts';
import type { ChallengeLog } from '../evidence/challenge.ts';
import { isHeadMove, isTurn } from '../evidence/gesture.ts';
import type { ChallengePolicy } from '../policy/challenges.ts';

/**
 * How seldom a recording answers each kind by chance. A head move has a direction, and fails where it is not asked for.
 * An approach is rare. But people blink by themselves, and move their mouths when they talk.
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

/** Draws the number of challenges of a session. `draw` is in [0, 1). */
export function drawCount(draw: number, { minCount, maxCount }: ChallengePolicy): number {
  return minCount + Math.floor(draw * (maxCount - minCount + 1));
}

/**
 * Draws the next kind from all that were not skipped. A kind that was passed may come again, so that the past
 * challenges do not tell the next one. Only turns, or only head moves, are drawn when the policy's minimum of them
 * cannot be reached otherwise.
 */
export function drawKind(draw: number, log: ChallengeLog, policy: ChallengePolicy): ChallengeKind {
  const open = policy.pool.filter((kind) => !log.skipped.includes(kind));
  const challengesDue = (log.of ?? 0) - log.passed.length;
  const mustBe = (isOne: (kind: ChallengeKind) => boolean, least: number) =>
    least - log.passed.filter(isOne).length >= challengesDue ? open.filter(isOne) : [];
  const turns = mustBe(isTurn, policy.minTurns);
  const moves = mustBe(isHeadMove, policy.minHeadMoves);
  return pick(draw, [turns, moves, open].find((kinds) => kinds.length > 0) ?? open);
}

/** The kinds that may replace `kind`: at least as strong, and not skipped before. */
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
