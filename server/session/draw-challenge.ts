import type { ChallengeKind } from '../../protocol/status.ts';
import type { ChallengeLog } from '../evidence/challenge.ts';
import { isNod, isTurn } from '../evidence/gesture.ts';
import type { ChallengePolicy } from '../policy/challenges.ts';

/** Draws the number of challenges of a session. `draw` is in [0, 1). */
export function drawCount(draw: number, { minCount, maxCount }: ChallengePolicy): number {
  return minCount + Math.floor(draw * (maxCount - minCount + 1));
}

/**
 * Draws the next kind from all that were neither skipped nor replaced. A kind that was passed may come again, so that
 * the past challenges do not tell the next one. Only turns, or only the strongest, are drawn when the policy's minimum
 * of them cannot be reached otherwise.
 */
export function drawKind(draw: number, log: ChallengeLog, policy: ChallengePolicy): ChallengeKind {
  const open = policy.pool.filter((kind) => !isClosed(kind, log));
  const challengesDue = (log.of ?? 0) - log.passed.length;
  const mustBe = (isOne: (kind: ChallengeKind) => boolean, least: number) =>
    least - log.passed.filter(isOne).length >= challengesDue ? open.filter(isOne) : [];
  const turns = mustBe(isTurn, policy.minTurns);
  // Where turns were skipped, a look up and one down show as much.
  const nods = policy.minTurns > 0 && !open.some(isTurn) ? nodsDue(open, log, challengesDue) : [];
  const strong = mustBe((kind) => isStrong(kind, policy), policy.minHeadMoves);
  return pick(draw, [turns, nods, strong].find((kinds) => kinds.length > 0) ?? open);
}

/** The looks that were not passed, where there are no more challenges than these. */
function nodsDue(
  open: readonly ChallengeKind[],
  { passed }: ChallengeLog,
  challengesDue: number,
): readonly ChallengeKind[] {
  const due = open.filter((kind) => isNod(kind) && !passed.includes(kind));
  return due.length >= challengesDue ? due : [];
}

/** The kinds that may replace `kind`: at least as strong, and of another movement than it and those skipped before. */
export function alternativesTo(
  kind: ChallengeKind,
  log: ChallengeLog,
  policy: ChallengePolicy,
): readonly ChallengeKind[] {
  if (log.skipped.length >= policy.maxSkips) return [];
  return otherMovements(kind, log, policy);
}

/** The kinds that may take the place of one whose answers were not seen. No skip is used up. */
export function replacementsFor(
  kind: ChallengeKind,
  log: ChallengeLog,
  policy: ChallengePolicy,
  maxReplaced: number,
): readonly ChallengeKind[] {
  return log.replaced.length >= maxReplaced ? [] : otherMovements(kind, log, policy);
}

function otherMovements(
  kind: ChallengeKind,
  log: ChallengeLog,
  policy: ChallengePolicy,
): readonly ChallengeKind[] {
  const closed = { skipped: [...log.skipped, kind], replaced: log.replaced };
  const { pool, strength } = policy;
  return pool.filter((other) => !isClosed(other, closed) && strength[other] >= strength[kind]);
}

/** Of the strongest there are, by the policy's own order. */
export function isStrong(kind: ChallengeKind, { strength }: ChallengePolicy): boolean {
  return strength[kind] >= Math.max(...Object.values(strength));
}

/**
 * Kinds that go together: who cannot do one of them cannot do the other either, so that both are closed. It would
 * help nobody, and only attackers, to be asked for the other one.
 */
const SAME_MOVEMENT: Readonly<Partial<Record<ChallengeKind, ChallengeKind>>> = {
  'turn-left': 'turn-right',
  'turn-right': 'turn-left',
  'look-up': 'look-down',
  'look-down': 'look-up',
};

/** Whether a skip, or an answer that was not seen, has closed this kind. */
export function isClosed(
  kind: ChallengeKind,
  { skipped, replaced }: Pick<ChallengeLog, 'skipped' | 'replaced'>,
): boolean {
  return [...skipped, ...replaced].some((one) => one === kind || SAME_MOVEMENT[one] === kind);
}

export function pick(draw: number, kinds: readonly ChallengeKind[]): ChallengeKind {
  const kind = kinds[Math.floor(draw * kinds.length)];
  if (kind === undefined) throw new RangeError('nothing to draw from');
  return kind;
}
