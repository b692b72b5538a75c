import { comparisonLlr, unclampedLlr } from './comparison-llr.ts';
import { compare, type Comparison } from './compare.ts';
import type { MatchPolicy } from '../policy/match.ts';
import { thresholdAt } from './score-scales.ts';
import type { Fmr } from '../policy/false-match-rates.ts';
import type { Candidate, Reference } from './reference.ts';
import type { Embeddings } from '../vision/analysis.ts';
import { unchanged, type CueDefinition } from '../evidence/cue.ts';
import { NOT_REQUESTED, type Evidence } from '../evidence/evidence.ts';

/** Where a comparison score lies: `between` is between the bars for a reject and for an accept. */
export type MatchBand = 'unknown' | 'below' | 'between' | 'above';

/** Which stored reference a probe was compared with. */
export type MatchedReference = Pick<Reference, 'referenceId' | 'subject'>;

/** The result of comparing the pooled probe with a claim, or with the best candidate of a search. */
export type MatchFinding = { readonly probes: number } & (
  | { readonly band: MatchBand; readonly comparison: Comparison; readonly reference: MatchedReference }
  /** There was nothing to compare with. `below`: a search found nobody. */
  | {
      readonly band: Extract<MatchBand, 'unknown' | 'below'>;
      readonly comparison: null;
      readonly reference: null;
    }
);

/** Compares the pooled probe with the best of a subject's references. */
export function matchReferences(
  probe: Embeddings,
  probes: number,
  references: readonly Reference[],
  policy: MatchPolicy,
): MatchFinding {
  const [best] = ranked(probe, references);
  if (best === undefined) return { band: 'unknown', comparison: null, reference: null, probes };
  const band = bandOf(best.comparison, policy.rejectFmr, policy.acceptFmr);
  return { ...best, band, probes };
}

/**
 * Finds the best subject among the candidates of a search. Each candidate is compared by the best method that its
 * reference allows. With too small a margin to the next subject there is no match, however high the score.
 */
export function matchCandidates(
  probe: Embeddings,
  probes: number,
  candidates: readonly Candidate[],
  policy: MatchPolicy,
): MatchFinding {
  const all = ranked(probe, candidates);
  const [best] = all;
  if (best === undefined) return { band: 'below', comparison: null, reference: null, probes };
  const next = all.find(({ reference }) => reference.subject !== best.reference.subject);
  const margin =
    next === undefined ? Infinity : unclampedLlr(best.comparison) - unclampedLlr(next.comparison);
  const band = bandOf(best.comparison, policy.identifyRejectFmr, policy.identifyAcceptFmr);
  const clear = band === 'above' && margin < policy.identifyMarginLlr ? 'between' : band;
  return { ...best, band: clear, probes };
}

interface Compared {
  readonly comparison: Comparison;
  readonly reference: MatchedReference;
}

/** The references that can be compared with the probe, the best first. */
function ranked(probe: Embeddings, references: readonly Reference[]): readonly Compared[] {
  return references
    .flatMap(({ referenceId, subject, embeddings }): Compared[] => {
      const comparison = compare(probe, embeddings);
      return comparison === null ? [] : [{ comparison, reference: { referenceId, subject } }];
    })
    .toSorted((a, b) => unclampedLlr(b.comparison) - unclampedLlr(a.comparison));
}

function bandOf({ method, score }: Comparison, rejectFmr: Fmr, acceptFmr: Fmr): MatchBand {
  if (score >= thresholdAt(method, acceptFmr)) return 'above';
  return score < thresholdAt(method, rejectFmr) ? 'below' : 'between';
}

/** Score: the comparison score of the method used. `finding` is null where there was nothing to compare with. */
function matchEvidence(finding: MatchFinding | null, policy: MatchPolicy): Evidence {
  if (finding === null || finding.comparison === null) return { measured: false, why: 'no-reference' };
  if (finding.probes < policy.minProbes) return { measured: false, why: 'too-few-frames' };
  return {
    measured: true,
    logLikelihoodRatio: comparisonLlr(finding.comparison),
    score: finding.comparison.score,
    frames: finding.probes,
  };
}

/** The session compares, when it has references or the answer of a search. The cue only reads the result. */
export const matchCue: CueDefinition<
  null,
  unknown,
  { readonly match: MatchFinding | 'not-requested' | null }
> = {
  initial: null,
  fold: unchanged,
  evidence: (_, { match }, policy) =>
    match === 'not-requested' ? NOT_REQUESTED : matchEvidence(match, policy.match),
  rejectReason: null,
};
