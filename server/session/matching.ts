import { conclude, type Conclusion } from '../decision/decide.ts';
import type { Policy } from '../policy/shape.ts';
import { poolMean, poolOf } from '../matching/embedding-pool.ts';
import type { Posture } from '../evidence/gesture.ts';
import { matchCandidates } from '../matching/match.ts';
import type { Mode } from '../../protocol/status.ts';
import type { EnrolmentResult } from './event.ts';
import type { Candidate } from '../matching/reference.ts';
import type { Live, MatchingState } from './state.ts';
import type { Step } from './step.ts';
import { probeFinding, sessionProbe } from './findings.ts';
import { flashTimeMs } from './flashing.ts';

export function enterMatching(live: Live, rest: Posture, atMs: number, policy: Policy): MatchingState {
  return {
    phase: 'matching',
    live,
    rest,
    deadlineAtMs: atMs + policy.timing.matchingMs + flashTimeMs(live, policy),
    flash: null,
    pending: null,
    found: null,
    searchedAtMs: null,
  };
}

/** Liveness was shown. Searches the gallery, again only with more probes, or stores the probes that agree. */
export function proceed(state: MatchingState, atMs: number, policy: Policy): Step {
  if (state.pending !== null) return [state, []];
  if (state.live.mode === 'enrol') {
    const agreeing = probeFinding(state, policy)?.agreeing ?? [];
    const pending = { for: 'storage', deadlineAtMs: atMs + policy.timing.storageMs } as const;
    const embeddings = poolMean(poolOf(agreeing));
    return [{ ...state, pending }, [{ type: 'store-reference', embeddings, frames: agreeing.length }]];
  }
  const early = state.searchedAtMs !== null && atMs - state.searchedAtMs < policy.match.searchEveryMs;
  if (early || state.found?.probes === state.live.gathered.probes.frames) return [state, []];
  const probe = sessionProbe(state.live.gathered);
  const pending = { for: 'candidates', probe } as const;
  return [{ ...state, pending, searchedAtMs: atMs }, [{ type: 'search-gallery', probe: probe.pooled }]];
}

/** Takes in the answer of a search. */
export function takeCandidates(
  state: MatchingState,
  candidates: readonly Candidate[],
  policy: Policy,
): MatchingState {
  if (state.pending?.for !== 'candidates') return state;
  const { probe } = state.pending;
  return { ...state, pending: null, found: matchCandidates(probe, candidates, policy.match) };
}

/** The decision that the store's answer leads to. */
export function enrolmentConclusion(result: EnrolmentResult['result']): Conclusion {
  switch (result) {
    case 'stored':
      return conclude('accept', 'never', 'evidence-sufficient');
    case 'duplicate':
      return conclude('reject', 'never', 'duplicate-subject');
    case 'failed':
      return conclude('re-verify', 'backoff', 'storage-failed');
    case 'erased':
      return erasedConclusion('enrol');
  }
}

/**
 * The decision in place of an accept whose subject was erased meanwhile. Under verify and identify the person is a
 * stranger now, and is decided on as one.
 */
export function erasedConclusion(mode: Mode): Conclusion & { readonly outcome: 'reject' | 're-verify' } {
  return mode === 'enrol'
    ? { kind: 'conclude', outcome: 're-verify', retry: 'never', reasons: ['subject-erased'] }
    : { kind: 'conclude', outcome: 'reject', retry: 'backoff', reasons: ['subject-erased'] };
}
