import type { Evidence, EvidenceByCue } from '../evidence/evidence.ts';
import { logOdds, probabilityOf } from '../evidence/log-odds.ts';
import type { Cue } from '../policy/cues.ts';
import { FUSION_GROUP_OF, FUSION_GROUPS, type FusionPolicy } from '../policy/fusion.ts';

/**
 * The probability, 0..1, that the session is bona fide and its claim is true. `sum-llr` adds the log-likelihood ratios
 * of the measured cues to the log odds of the prior, as if the cues were independent given the truth. `weighted`
 * averages the probabilities of groups of cues by fixed weights; the weights of groups without a measured cue are
 * shared out over the others. Unmeasured cues have no effect.
 */
export function fuse(evidence: EvidenceByCue, policy: FusionPolicy): number {
  switch (policy.method) {
    case 'sum-llr':
      return probabilityOf(priorLogOdds(policy) + summed(evidence, policy.cues).llr);
    case 'weighted':
      return weighted(evidence, policy);
  }
}

function weighted(evidence: EvidenceByCue, policy: FusionPolicy): number {
  let sum = 0;
  let weights = 0;
  for (const [group, weight] of Object.entries(FUSION_GROUPS)) {
    const cues = policy.cues.filter((cue) => FUSION_GROUP_OF[cue] === group);
    const { llr, measured } = summed(evidence, cues);
    if (measured === 0) continue;
    sum += weight * probabilityOf(priorLogOdds(policy) + llr);
    weights += weight;
  }
  return weights === 0 ? policy.prior : sum / weights;
}

function summed(evidence: EvidenceByCue, cues: readonly Cue[]): { llr: number; measured: number } {
  const measured = cues
    .map((cue): Evidence => evidence[cue])
    .filter((one) => one.measured)
    .map((one) => one.logLikelihoodRatio);
  return { llr: measured.reduce((sum, llr) => sum + llr, 0), measured: measured.length };
}

function priorLogOdds({ prior }: FusionPolicy): number {
  return logOdds(prior, Infinity);
}
