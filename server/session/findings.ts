import type { Hint } from '../../protocol/status.ts';
import { evidenceByCue, type CueSession } from '../decision/cue-table.ts';
import type { Findings } from '../decision/decide.ts';
import type { Assurance, CameraFault } from '../decision/reasons.ts';
import type { EvidenceByCue } from '../evidence/evidence.ts';
import { judgeProbes, partsOf, type ProbeFinding } from '../matching/anchor.ts';
import { poolMean } from '../matching/embedding-pool.ts';
import { matchReferences, type MatchFinding, type SessionProbe } from '../matching/match.ts';
import type { Cue } from '../policy/cues.ts';
import type { Policy } from '../policy/shape.ts';
import { isFlashPending } from './flashing.ts';
import { starvedTask } from './frame-supply.ts';
import { asksForLiveness } from '../policy/right.ts';
import { cuesOf, type Gathered, type LiveState, type SessionContext } from './state.ts';
import { claimedTrust, isTrustPending, missingTrust, openToAttacks } from './trust.ts';

/** What the session knows about whose face it is; null when there is nothing to compare with, or not yet. */
export function matchFinding(state: LiveState, policy: Policy): MatchFinding | null {
  const { mode, gathered, references } = state.live;
  switch (mode) {
    case 'enrol':
      return null;
    case 'identify':
      return state.phase === 'matching' ? state.found : null;
    case 'verify':
      return references === null ? null : matchReferences(sessionProbe(gathered), references, policy.match);
  }
}

/** What the session compares with references. */
export function sessionProbe({ probes, anchor }: Gathered): SessionProbe {
  return { pooled: poolMean(probes), frames: probes.frames, parts: partsOf(anchor, probes) };
}

/** What the probes show together; null before the challenges are done. */
export function probeFinding(state: LiveState, policy: Policy): ProbeFinding | null {
  const { anchor, probes } = state.live.gathered;
  return state.phase !== 'matching' || anchor === null
    ? null
    : judgeProbes(anchor, probes, policy.continuity.anchor);
}

/** All evidence of a live session, by cue. */
export function evidenceOf(
  state: LiveState,
  found: MatchFinding | null,
  policy: Policy,
  context: SessionContext,
): EvidenceByCue {
  const { gathered, mode, offersFlash } = state.live;
  const session: CueSession = {
    models: context.models,
    flash: { offered: offersFlash, run: state.phase === 'matching' ? state.flash : null },
    match: mode === 'enrol' ? 'not-requested' : found,
  };
  return evidenceByCue(cuesOf(context), gathered.cues, session, policy);
}

/** What `decide` judges by, at `atMs`. */
export function findingsOf(
  state: LiveState,
  atMs: number,
  found: MatchFinding | null,
  evidence: EvidenceByCue,
  policy: Policy,
): Findings {
  const { mode, gathered, supply } = state.live;
  const { probes } = gathered;
  const { continuity, challenge } = gathered.cues;
  const together = probeFinding(state, policy);
  return {
    mode,
    starvedBy:
      policy.supply === null ? null : starvedTask(supply, state.phase === 'positioning', atMs, policy.supply),
    cameraFault: state.phase === 'positioning' ? cameraFaultOf(state.live.look.assessment?.hint) : null,
    evidence,
    challengesDone: state.phase === 'matching',
    challengeFailure: challenge.failure,
    flashPending: isFlashPending(state, policy),
    skipsUsed: challenge.skipped.length,
    needsReidentification: continuity.needsReidentification,
    trackBreaks: continuity.breaks,
    severalFacesMs: continuity.severalFacesSinceMs === null ? 0 : atMs - continuity.severalFacesSinceMs,
    band: found?.band ?? 'unknown',
    doubt: found?.doubt ?? null,
    missingTrust: missingTrust(state.live.control),
    trustPending: isTrustPending(state.live.control),
    probes: probes.frames,
    probesDisagree: together?.disagree ?? false,
    storable: { frames: together?.agreeing.length ?? 0, spanMs: together?.spanMs ?? 0 },
  };
}

function cameraFaultOf(hint: Hint | null | undefined): CameraFault | null {
  return hint === 'turn-camera' || hint === 'no-colour' ? hint : null;
}

/**
 * What a decision rests on. The full tier is claimed only when the strong match network compared (or, at enrolment, its
 * embedding is stored), and the PAD networks were measured, where the policy weighs them: an operator who vouches for
 * the person stands in their place.
 */
export function assuranceOf(
  state: LiveState,
  found: MatchFinding | null,
  evidence: EvidenceByCue,
  policy: Policy,
): Assurance {
  const { mode, gathered } = state.live;
  const { capture, possession } = claimedTrust(state.live.control);
  const strongMatch =
    mode === 'enrol'
      ? gathered.probes.sums.mobilefacenet !== undefined
      : found?.comparison?.method === 'mobilefacenet';
  const pad = evidence['passive-pad'];
  const isPadDone = pad.measured || pad.why === 'not-requested';
  const cues = Object.keys(evidence) as Cue[];
  return {
    tier: strongMatch && isPadDone ? 'full' : 'base',
    measured: cues.filter((cue) => evidence[cue].measured),
    unmeasured: cues.filter((cue) => !evidence[cue].measured),
    challengesPassed: gathered.cues.challenge.passed.length,
    trust: {
      capture,
      possession,
      openTo: openToAttacks({ capture, possession }, asksForLiveness(policy), mode),
    },
  };
}
