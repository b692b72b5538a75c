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

/**
 * Why a score above the bar does not match. `parts`: the beginning, the middle or the end of the session shows a face
 * that is clearly not the reference's. `first-reference`: the subject's first reference is clearly not of this face.
 */
export type MatchDoubt = 'parts' | 'first-reference';

/** The result of comparing the pooled probe with a claim, or with the best candidate of a search. */
export type MatchFinding = { readonly probes: number; readonly doubt: MatchDoubt | null } & (
  | { readonly band: MatchBand; readonly comparison: Comparison; readonly reference: MatchedReference }
  /** There was nothing to compare with. `below`: a search found nobody. */
  | {
      readonly band: Extract<MatchBand, 'unknown' | 'below'>;
      readonly comparison: null;
      readonly reference: null;
    }
);

/** What a session compares: the pooled probe, from so many frames, and the parts that all must show the same face. */
export interface SessionProbe {
  readonly pooled: Embeddings;
  readonly frames: number;
  readonly parts: readonly Embeddings[];
}

/**
 * Compares a session with the best of a subject's references, which stand in order of creation. The first of them must
 * not contradict: references join by their likeness to it, but a face half-way between two people is like both.
 */
export function matchReferences(
  probe: SessionProbe,
  references: readonly Reference[],
  policy: MatchPolicy,
): MatchFinding {
  const probes = probe.frames;
  const [best] = ranked(probe.pooled, references);
  if (best === undefined) return { band: 'unknown', doubt: null, comparison: null, reference: null, probes };
  const band = bandOf(best.comparison, policy.rejectFmr, policy.acceptFmr);
  return { ...doubted(best, band, probe, references, policy), probes };
}

function doubted(
  { comparison, reference }: Compared,
  band: MatchBand,
  { pooled, parts }: SessionProbe,
  references: readonly Reference[],
  { rejectFmr, firstReferenceFmr }: MatchPolicy,
): Compared & { readonly band: MatchBand; readonly doubt: MatchDoubt | null } {
  const found = { comparison, reference, band, doubt: null };
  if (band !== 'above') return found;
  const own = references.filter(({ subject }) => subject === reference.subject);
  const matched = own.find(({ referenceId }) => referenceId === reference.referenceId);
  const contradicts = (shown: Embeddings, stored: Reference | undefined, fmr: Fmr) => {
    const score = stored === undefined ? null : compare(shown, stored.embeddings);
    return score !== null && bandOf(score, fmr, fmr) === 'below';
  };
  if (parts.some((part) => contradicts(part, matched, rejectFmr)))
    return { ...found, band: 'between', doubt: 'parts' };
  return contradicts(pooled, own[0], firstReferenceFmr)
    ? { ...found, band: 'between', doubt: 'first-reference' }
    : found;
}

/**
 * Finds the best subject among the candidates of a search, each subject's in order of creation. Each candidate is
 * compared by the best method that its reference allows. With too small a margin to the next subject there is no match,
 * however high the score.
 */
export function matchCandidates(
  probe: SessionProbe,
  candidates: readonly Candidate[],
  policy: MatchPolicy,
): MatchFinding {
  const probes = probe.frames;
  const all = ranked(probe.pooled, candidates);
  const [best] = all;
  if (best === undefined) return { band: 'below', doubt: null, comparison: null, reference: null, probes };
  const next = all.find(({ reference }) => reference.subject !== best.reference.subject);
  const margin =
    next === undefined ? Infinity : unclampedLlr(best.comparison) - unclampedLlr(next.comparison);
  const band = bandOf(best.comparison, policy.identifyRejectFmr, policy.identifyAcceptFmr);
  const clear = band === 'above' && margin < policy.identifyMarginLlr ? 'between' : band;
  return { ...doubted(best, clear, probe, candidates, policy), probes };
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

/**
 * Whether a face may join a subject's references, which stand in order of creation. It must reach the score of
 * `sameFmr` with the first one with which it can be compared, and that of `contradictedFmr` with every other. Likeness
 * to a later one is not enough: each could lie a little further from the first, and the last be another person.
 */
export function joinsReferences(
  probe: Embeddings,
  own: readonly Pick<Reference, 'embeddings'>[],
  sameFmr: Fmr,
  contradictedFmr: Fmr,
): boolean {
  const comparisons = own.flatMap(({ embeddings }) => compare(probe, embeddings) ?? []);
  return (
    comparisons.length > 0 &&
    comparisons.every(
      ({ method, score }, at) => score >= thresholdAt(method, at === 0 ? sameFmr : contradictedFmr),
    )
  );
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
