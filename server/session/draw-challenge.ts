import type { ChallengeKind } from '../../protocol/status.ts';
import type { ChallengePolicy } from '../decision/policy-shape.ts';
import type { ChallengeLog } from './state.ts';

/** How hard a recording finds each kind: turns demand a direction, blinks come by themselves. */
const STRENGTH: Readonly<Record<ChallengeKind, number>> = { blink: 1, 'turn-left': 2, 'turn-right': 2 };

const isTurn = (kind: ChallengeKind) => kind !== 'blink';

/** Draws how many challenges a session will have. `draw` is in [0, 1). */
export function drawCount(draw: number, { minCount, maxCount }: ChallengePolicy): number {
  return minCount + Math.floor(draw * (maxCount - minCount + 1));
}

/**
 * Draws the next kind from those not used yet. The last one has to be a turn where the policy demands one and
 * none was drawn. When skips have emptied the pool, kinds that were passed come again.
 */
export function drawKind(draw: number, log: ChallengeLog, policy: ChallengePolicy): ChallengeKind {
  const open = policy.pool.filter((kind) => !log.skipped.includes(kind));
  const fresh = open.filter((kind) => !log.passed.includes(kind));
  const usable = fresh.length > 0 ? fresh : open;
  const turnIsDue =
    policy.atLeastOneTurn && log.passed.length + 1 === log.of && !log.passed.some((kind) => isTurn(kind));
  const turns = usable.filter(isTurn);
  return pick(draw, turnIsDue && turns.length > 0 ? turns : usable);
}

/** Kinds that may stand in for `kind`: at least as strong and not skipped before. */
export function alternativesTo(
  kind: ChallengeKind,
  log: ChallengeLog,
  policy: ChallengePolicy,
): readonly ChallengeKind[] {
  if (log.skipped.length >= policy.maxSkips) return [];
  const open = policy.pool.filter(
    (other) => other !== kind && !log.skipped.includes(other) && STRENGTH[other] >= STRENGTH[kind],
  );
  const fresh = open.filter((other) => !log.passed.includes(other));
  return fresh.length > 0 ? fresh : open;
}

export function pick(draw: number, kinds: readonly ChallengeKind[]): ChallengeKind {
  const kind = kinds[Math.floor(draw * kinds.length)];
  if (kind === undefined) throw new RangeError('nothing to draw from');
  return kind;
}
