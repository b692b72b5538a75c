import { comparisonLlr, unclampedLlr } from '../decision/calibrate.ts';
import { compare, type Comparison } from '../decision/compare.ts';
import type { MatchPolicy } from '../decision/policy-shape.ts';
import { methodOfModel, thresholdAt, type Fmr } from '../decision/score-scales.ts';
import type { Candidate, Reference } from '../session/event.ts';
import type { Embeddings } from '../vision/analysis.ts';
import type { Evidence } from './evidence.ts';

/** Where a comparison score lies between the two bars of a policy. */
export type Standing = 'unknown' | 'below' | 'between' | 'above';

/** What the pooled probe is worth against a claim, or against the best candidate of a search. */
export interface MatchFinding {
  readonly standing: Standing;
  readonly comparison: Comparison | null;
  readonly subject: string | null;
  readonly probes: number;
}

/** The pooled probe against the best of a subject's references. */
export function matchReferences(
  probe: Embeddings,
  probes: number,
  references: readonly Reference[],
  policy: MatchPolicy,
): MatchFinding {
  let best: MatchFinding = { standing: 'unknown', comparison: null, subject: null, probes };
  for (const { subject, embeddings } of references) {
    const comparison = compare(probe, embeddings);
    if (comparison === null) continue;
    if (best.comparison !== null && unclampedLlr(comparison) <= unclampedLlr(best.comparison)) continue;
    const standing = standingOf(comparison, policy.rejectFmr, policy.acceptFmr);
    best = { standing, comparison, subject, probes };
  }
  return best;
}

/**
 * The best subject among a search's candidates. A candidate that brings its embeddings is compared by the best
 * method. Too small a margin to the next subject is no match, however high the score.
 */
export function matchCandidates(
  probe: Embeddings,
  probes: number,
  candidates: readonly Candidate[],
  policy: MatchPolicy,
): MatchFinding {
  const ranked = candidates
    .map((candidate) => ({ subject: candidate.subject, comparison: compareCandidate(probe, candidate) }))
    .toSorted((a, b) => unclampedLlr(b.comparison) - unclampedLlr(a.comparison));
  const best = ranked[0];
  if (best === undefined) return { standing: 'below', comparison: null, subject: null, probes };
  const next = ranked.find(({ subject }) => subject !== best.subject);
  const margin =
    next === undefined ? Infinity : unclampedLlr(best.comparison) - unclampedLlr(next.comparison);
  const standing = standingOf(best.comparison, policy.identifyRejectFmr, policy.identifyAcceptFmr);
  const clear = standing === 'above' && margin < policy.identifyMarginLlr ? 'between' : standing;
  return { standing: clear, comparison: best.comparison, subject: best.subject, probes };
}

function compareCandidate(probe: Embeddings, { embeddings, model, score }: Candidate): Comparison {
  const better = embeddings === undefined ? null : compare(probe, embeddings);
  return better ?? { method: methodOfModel(model), score };
}

function standingOf({ method, score }: Comparison, rejectFmr: Fmr, acceptFmr: Fmr): Standing {
  if (score >= thresholdAt(method, acceptFmr)) return 'above';
  return score < thresholdAt(method, rejectFmr) ? 'below' : 'between';
}

/** Score: the comparison score of the method used. Null finding: there was nothing to compare with. */
export function matchEvidence(finding: MatchFinding | null, policy: MatchPolicy): Evidence {
  if (finding === null || finding.comparison === null) return { measured: false, why: 'no-reference' };
  if (finding.probes < policy.minProbes) return { measured: false, why: 'too-few-frames' };
  return {
    measured: true,
    logLikelihoodRatio: comparisonLlr(finding.comparison),
    score: finding.comparison.score,
    frames: finding.probes,
  };
}
