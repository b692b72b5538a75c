import type { Findings } from '../decision/decide.ts';
import type { Policy } from '../policy/shape.ts';
import type { Assurance } from '../decision/reasons.ts';
import { blinkEvidence } from '../evidence/blink.ts';
import { challengeEvidence } from '../evidence/challenge.ts';
import { continuityEvidence } from '../matching/continuity.ts';
import { depthEvidence } from '../evidence/depth.ts';
import { poolMean } from '../matching/embedding-pool.ts';
import type { Evidence, EvidenceByCue } from '../evidence/evidence.ts';
import { CUES } from '../policy/cues.ts';
import { injectionEvidence } from '../evidence/injection.ts';
import { matchEvidence, matchReferences, type MatchFinding } from '../matching/match.ts';
import { motionEvidence } from '../evidence/motion.ts';
import { passivePadEvidence } from '../evidence/passive-pad.ts';
import { planarityEvidence } from '../evidence/planarity.ts';
import { qualityEvidence } from '../evidence/quality-gate.ts';
import { flashFinding, isFlashPending } from './flashing.ts';
import { starvedTask } from './frame-supply.ts';
import type { LiveState, SessionContext } from './state.ts';

/** What the session knows about whose face it is; null when there is nothing to compare with (yet). */
export function matchFinding(state: LiveState, policy: Policy): MatchFinding | null {
  const { mode, gathered, references } = state.live;
  switch (mode) {
    case 'enrol':
      return null;
    case 'identify':
      return state.phase === 'matching' ? state.found : null;
    case 'verify':
      return references === null
        ? null
        : matchReferences(poolMean(gathered.probes), gathered.probes.frames, references, policy.match);
  }
}

const NOT_REQUESTED: Evidence = { measured: false, why: 'not-requested' };

/** All evidence of a live session, by cue. */
export function evidenceOf(
  state: LiveState,
  found: MatchFinding | null,
  policy: Policy,
  context: SessionContext,
): EvidenceByCue {
  const { gathered, mode } = state.live;
  const { passed, failure, of } = gathered.challenges;
  return {
    match: mode === 'enrol' ? NOT_REQUESTED : matchEvidence(found, policy.match),
    challenge: challengeEvidence(passed, failure, policy.challenges === null ? 0 : of),
    blink: blinkEvidence(gathered.blink, policy.blink),
    'passive-pad': policy.fusion.cues.includes('passive-pad')
      ? passivePadEvidence(gathered.passivePad, context.models.pad.length > 0, policy.passivePad)
      : NOT_REQUESTED,
    motion: policy.fusion.cues.includes('motion')
      ? motionEvidence(gathered.motion, context.models.motion === true, policy.motion)
      : NOT_REQUESTED,
    continuity: continuityEvidence(gathered.continuity, policy.continuity),
    injection: injectionEvidence(gathered.injection, policy.injection),
    planarity: policy.fusion.cues.includes('planarity')
      ? planarityEvidence(gathered.planarity, policy.planarity)
      : NOT_REQUESTED,
    depth: policy.fusion.cues.includes('depth') ? depthEvidence(gathered.depth, policy.depth) : NOT_REQUESTED,
    flash: flashFinding(state, policy),
    quality: qualityEvidence(gathered.quality),
  };
}

/** What `decide` judges by, at `atMs`. */
export function findingsOf(
  state: LiveState,
  atMs: number,
  found: MatchFinding | null,
  evidence: EvidenceByCue,
  policy: Policy,
): Findings {
  const { mode, gathered } = state.live;
  const { continuity, probes, challenges } = gathered;
  const { supply } = state.live;
  return {
    mode,
    starvedBy:
      policy.supply === null ? null : starvedTask(supply, state.phase === 'positioning', atMs, policy.supply),
    evidence,
    challengesDone: state.phase === 'matching',
    challengeFailure: challenges.failure,
    flashPending: isFlashPending(state, policy),
    skipsUsed: challenges.skipped.length,
    faceChanged: continuity.changed,
    identityUnproven: continuity.unproven,
    trackBreaks: continuity.breaks,
    severalFacesMs: continuity.severalFacesSinceMs === null ? 0 : atMs - continuity.severalFacesSinceMs,
    standing: found?.standing ?? 'unknown',
    probes: probes.frames,
    probeSpanMs: probes.lastAtMs - probes.firstAtMs,
  };
}

/**
 * What a decision rests on. The full tier is claimed only when the strong match network compared (or, at
 * enrolment, was stored) and the PAD networks had their say.
 */
export function assuranceOf(
  state: LiveState,
  found: MatchFinding | null,
  evidence: EvidenceByCue,
): Assurance {
  const { mode, gathered } = state.live;
  const strongMatch =
    mode === 'enrol'
      ? gathered.probes.sums.mobilefacenet !== undefined
      : found?.comparison?.method === 'mobilefacenet';
  return {
    tier: strongMatch && evidence['passive-pad'].measured ? 'full' : 'base',
    measured: CUES.filter((cue) => evidence[cue].measured),
    unmeasured: CUES.filter((cue) => !evidence[cue].measured),
    challengesPassed: gathered.challenges.passed.length,
  };
}
