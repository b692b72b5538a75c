import type { Evidence, EvidenceByCue } from '../evidence/evidence.ts';
import type { Cue } from '../policy/cues.ts';
import { logOdds, probabilityOf } from '../evidence/log-odds.ts';
import type { FusionPolicy } from '../policy/shape.ts';

/** The groups of plain-weight fusion: who, depth, liveness, motion. */
const WEIGHTED_GROUPS: readonly { readonly weight: number; readonly cues: readonly Cue[] }[] = [
  { weight: 0.4, cues: ['match'] },
  { weight: 0.25, cues: ['planarity', 'depth'] },
  { weight: 0.2, cues: ['challenge', 'blink', 'passive-pad', 'flash'] },
  { weight: 0.15, cues: ['motion', 'continuity', 'injection'] },
];

/**
 * The probability, 0..1, that the session is bona fide and its claim true. `sum-llr` adds the measured cues'
 * log-likelihood ratios to the prior's log odds, as if cues were independent given the truth. `weighted` averages
 * the groups' probabilities by fixed weights, shared out anew over the groups that were measured. Unmeasured cues
 * speak neither way.
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
  for (const { weight, cues } of WEIGHTED_GROUPS) {
    const { llr, measured } = summed(
      evidence,
      cues.filter((cue) => policy.cues.includes(cue)),
    );
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
