import { comparisonLlr, unclampedLlr } from './comparison-llr.ts';
import { compare, type Comparison } from './compare.ts';
import type { MatchPolicy } from '../policy/shape.ts';
import { thresholdAt } from './score-scales.ts';
import type { Fmr } from '../policy/false-match-rates.ts';
import type { Candidate, Reference } from './reference.ts';
import type { Embeddings } from '../vision/analysis.ts';
import type { Evidence } from '../evidence/evidence.ts';

/** Where a comparison score lies between the two bars of a policy. */
export type Standing = 'unknown' | 'below' | 'between' | 'above';

/** Which stored reference a probe was compared with. */
export type MatchedReference = Pick<Reference, 'referenceId' | 'subject'>;

/** What the pooled probe is worth against a claim, or against the best candidate of a search. */
export type MatchFinding = { readonly probes: number } & (
  | { readonly standing: Standing; readonly comparison: Comparison; readonly reference: MatchedReference }
  /** There was nothing to compare with: `below` when a search found nobody. */
  | {
      readonly standing: Extract<Standing, 'unknown' | 'below'>;
      readonly comparison: null;
      readonly reference: null;
    }
);

/** The pooled probe against the best of a subject's references. */
export function matchReferences(
  probe: Embeddings,
  probes: number,
  references: readonly Reference[],
  policy: MatchPolicy,
): MatchFinding {
  const [best] = ranked(probe, references);
  if (best === undefined) return { standing: 'unknown', comparison: null, reference: null, probes };
  const standing = standingOf(best.comparison, policy.rejectFmr, policy.acceptFmr);
  return { ...best, standing, probes };
}

/**
 * The best subject among a search's candidates, each compared by the best method that its reference allows. Too small a
 * margin to the next subject is no match, however high the score.
 */
export function matchCandidates(
  probe: Embeddings,
  probes: number,
  candidates: readonly Candidate[],
  policy: MatchPolicy,
): MatchFinding {
  const all = ranked(probe, candidates);
  const [best] = all;
  if (best === undefined) return { standing: 'below', comparison: null, reference: null, probes };
  const next = all.find(({ reference }) => reference.subject !== best.reference.subject);
  const margin =
    next === undefined ? Infinity : unclampedLlr(best.comparison) - unclampedLlr(next.comparison);
  const standing = standingOf(best.comparison, policy.identifyRejectFmr, policy.identifyAcceptFmr);
  const clear = standing === 'above' && margin < policy.identifyMarginLlr ? 'between' : standing;
  return { ...best, standing: clear, probes };
}

interface Compared {
  readonly comparison: Comparison;
  readonly reference: MatchedReference;
}

/** Those that can be compared with the probe, the best first. */
function ranked(probe: Embeddings, references: readonly Reference[]): readonly Compared[] {
  return references
    .flatMap(({ referenceId, subject, embeddings }): Compared[] => {
      const comparison = compare(probe, embeddings);
      return comparison === null ? [] : [{ comparison, reference: { referenceId, subject } }];
    })
    .toSorted((a, b) => unclampedLlr(b.comparison) - unclampedLlr(a.comparison));
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
