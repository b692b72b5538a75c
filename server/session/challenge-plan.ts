import { indicatorsFound } from '../decision/cue-table.ts';
import type { EvidenceByCue } from '../evidence/evidence.ts';
import type { ChallengePolicy } from '../policy/challenges.ts';
import type { Cue } from '../policy/cues.ts';
import type { SequencePolicy } from '../policy/sequence.ts';
import type { Policy } from '../policy/shape.ts';
import { drawCount, isStrong } from './draw-challenge.ts';
import { evidenceOf } from './findings.ts';
import { cuesOf, type ChallengingState, type SessionContext } from './state.ts';
import { knownBefore, type Trust } from './trust.ts';

/** How many challenges a session begins with. It may become more. `draw`, in [0, 1), adds one now and then. */
export function plannedCount(draw: number, trust: Trust, challenges: ChallengePolicy): number {
  const { sequence, minCount, maxCount } = challenges;
  if (sequence === null) return drawCount(draw, challenges);
  const one = draw < sequence.oneMoreShare ? 1 : 0;
  const least = knownBefore(trust) === 0 ? Math.max(minCount, sequence.minUnvouched) : minCount;
  return Math.min(maxCount, least + one);
}

/**
 * Whether one more challenge is asked for, after those planned are passed. Whose face it is plays no part: the number
 * of challenges must not tell it (SPEC R23).
 */
export function needsMore(state: ChallengingState, policy: Policy, context: SessionContext): boolean {
  const { challenges } = policy;
  const { gathered, control } = state.live;
  const { passed } = gathered.cues.challenge;
  if (challenges?.sequence == null || passed.length >= challenges.maxCount) return false;
  if (passed.filter((kind) => isStrong(kind, challenges)).length < challenges.minHeadMoves) return true;
  const evidence = evidenceOf(state, null, policy, context);
  const { skipped, doubts } = gathered.cues.challenge;
  const indicators = indicatorsFound(cuesOf(context), gathered.cues, policy).length;
  const counted = skipped.length + doubts + state.run.earlyStarts + indicators;
  return (
    convincingness(
      gathered.cues.challenge.gained,
      evidence,
      counted,
      control.trust,
      policy,
      challenges.sequence,
    ) < challenges.sequence.convincing
  );
}

/** The cues that may save a challenge. The others only speak against, or are weak by themselves. */
const PASSIVE: readonly Cue[] = ['passive-pad', 'motion', 'depth-parallax'];

/** The log-likelihood ratio of a living person in front of the camera, as far as it decides how much is asked for. */
export function convincingness(
  gained: number,
  evidence: EvidenceByCue,
  doubts: number,
  trust: Trust,
  { fusion }: Policy,
  sequence: SequencePolicy,
): number {
  const passive = PASSIVE.filter((cue) => fusion.cues.includes(cue)).reduce((sum, cue) => {
    const one = evidence[cue];
    return sum + (one.measured ? one.logLikelihoodRatio : 0);
  }, 0);
  return (
    gained +
    Math.min(sequence.maxPassive, passive) +
    knownBefore(trust) * sequence.trust -
    doubts * sequence.doubt
  );
}
