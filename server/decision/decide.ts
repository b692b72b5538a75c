import type { Retry } from '../../protocol/errors.ts';
import type { Mode, Outcome, Slowness } from '../../protocol/status.ts';
import type { ChallengeFailure } from '../evidence/challenge.ts';
import type { EvidenceByCue } from '../evidence/evidence.ts';
import type { Cue } from '../policy/cues.ts';
import type { Standing } from '../matching/match.ts';
import { fuse } from './fuse.ts';
import type { Policy } from '../policy/shape.ts';
import { SLOWNESS_REASON, type Reason } from './reasons.ts';

/** Everything a session has found out that bears on its outcome. */
export interface Findings {
  readonly mode: Mode;
  readonly evidence: EvidenceByCue;
  /** True once no challenge is left to pass (there may have been none to draw). */
  readonly challengesDone: boolean;
  readonly challengeFailure: ChallengeFailure | null;
  /** Colours are yet to be shown, or their light to come back. */
  readonly flashPending: boolean;
  readonly skipsUsed: number;
  readonly faceChanged: boolean;
  /** The face on screen has yet to be recognised as the session's own. */
  readonly identityUnproven: boolean;
  readonly trackBreaks: number;
  readonly severalFacesMs: number;
  readonly standing: Standing;
  /** Too few frames were analysed, by whose fault; null: enough were. */
  readonly starvedBy: Slowness | null;
  /** Probes pooled, and the time they span. */
  readonly probes: number;
  readonly probeSpanMs: number;
}

/** Why no more frames will come. */
export type Cause = 'time-up' | 'source-ended' | 'cancelled' | 'disconnected';

export interface Conclusion {
  readonly kind: 'conclude';
  readonly outcome: Outcome;
  readonly retry: Retry;
  readonly reasons: readonly Reason[];
}

export type Decision =
  | { readonly kind: 'go-on' }
  /** Enrol and identify: all is shown but what the gallery or the store has to say. */
  | { readonly kind: 'proceed' }
  | Conclusion;

const GO_ON: Decision = { kind: 'go-on' };

export function conclude(outcome: Outcome, retry: Retry, ...reasons: readonly Reason[]): Conclusion {
  return { kind: 'conclude', outcome, retry, reasons };
}

/**
 * Judges a session, with `cause` null while frames still come. Hard rules stand beside the probability: an attack
 * found rejects at any time; nothing accepts without every required cue measured, every challenge passed, the face
 * recognised, and a match above its bar.
 *
 * Whose face it is has no bearing on anything before the moment at which the session would accept that face if it were
 * the subject's, or its time is up after the challenges: who tries faces on a stored template, which is secret, learns
 * of none before it has been through all of it. What other cues find is told at once: it follows from the pictures and
 * published models, so that everybody can find it out at home, and who attacks is not served any longer.
 */
export function decide(findings: Findings, cause: Cause | null, policy: Policy): Decision {
  const attack = attackFound(findings, policy);
  if (attack !== null) return attack;
  const mismatch = mismatchFound(findings, policy);
  const noted: readonly Reason[] = mismatch === null ? [] : [mismatch];
  if (cause === 'cancelled' || cause === 'disconnected') return conclude('re-verify', 'now', cause, ...noted);
  const spoiled = spoiledBy(findings, policy);
  if (spoiled !== null) {
    const conclusion = conclude('re-verify', 'now', ...spoiled, ...noted);
    return wasSeen(findings, policy) ? conclusion : forWantOfFrames(conclusion, findings);
  }

  const isShown =
    livesConvincingly(findings, policy) && lacking(findings, policy, cause !== null).length === 0;
  const isTimeUp = cause === 'time-up' && findings.challengesDone;
  if (mismatch !== null && (isShown || isTimeUp)) return conclude('reject', 'backoff', mismatch);
  const probability = fuse(findings.evidence, policy.fusion);
  if (isShown && probability >= policy.fusion.accept) {
    if (findings.mode === 'enrol') return { kind: 'proceed' };
    if (findings.standing === 'above') return conclude('accept', 'never', 'evidence-sufficient');
    if (findings.mode === 'identify' && cause === null) return { kind: 'proceed' };
  }
  if (cause === null) return GO_ON;
  const isNegative = isTimeUp && findings.evidence.match.measured && probability <= policy.fusion.reject;
  return forWantOfFrames(giveUp(findings, cause, isNegative, noted, policy), findings);
}

/** Names first what kept the session from being judged. Only where it ends open: slowness makes no reject milder. */
function forWantOfFrames(conclusion: Conclusion, { starvedBy }: Findings): Conclusion {
  if (starvedBy === null || conclusion.outcome !== 're-verify') return conclusion;
  const reasons = [SLOWNESS_REASON[starvedBy], ...conclusion.reasons];
  return { ...conclusion, retry: starvedBy === 'service' ? 'backoff' : 'now', reasons };
}

/**
 * Whether what spoiled a session was seen, and not missed: a wrong or an early movement, or a second face. Where few
 * frames come, movements are seen late or not at all, but none that was not made, and none before it was made.
 */
function wasSeen({ challengeFailure, severalFacesMs }: Findings, { continuity }: Policy): boolean {
  switch (challengeFailure) {
    case 'wrong-response':
    case 'unasked-move':
    case 'too-early':
      return true;
    case 'too-late':
      return false;
    case null:
      return severalFacesMs > continuity.maxSeveralFacesMs;
  }
}

/** Whether what was seen shows a living person before the camera, whoever it may be. */
function livesConvincingly({ evidence }: Findings, { fusion }: Policy): boolean {
  const cues = fusion.cues.filter((cue) => cue !== 'match');
  return fuse(evidence, { ...fusion, cues }) >= fusion.acceptLiveness;
}

/** Verdicts that need no more evidence and that no other evidence can outweigh. */
function attackFound(findings: Findings, policy: Policy): Conclusion | null {
  const { evidence } = findings;
  const reject = (...reasons: readonly Reason[]) => conclude('reject', 'backoff', ...reasons);
  if (findings.faceChanged) return reject('face-changed');
  const injection = evidence.injection;
  if (injection.measured && injection.score >= policy.injection.rejectSeverity)
    return reject('injection-above-bar');
  const { flash } = evidence;
  if (policy.flash !== null && flash.measured && flash.score < policy.flash.contradictBar)
    return reject('flash-contradicted');
  const pad = evidence['passive-pad'];
  if (pad.measured && pad.score < policy.passivePad.rejectBar) return reject('pad-below-bar');
  const { planarity, depth } = evidence;
  if (planarity.measured && planarity.score < policy.planarity.rejectBar)
    return reject('planarity-below-bar');
  if (depth.measured && depth.score < policy.depth.rejectBar) return reject('depth-below-bar');
  return null;
}

/** That the face is clearly not the subject's, or nobody's in the gallery; null where that is not so, or not clear. */
function mismatchFound({ standing, probes, mode }: Findings, { match }: Policy): Reason | null {
  if (standing !== 'below' || probes < match.minProbes) return null;
  return mode === 'identify' ? 'no-candidate' : 'match-below-threshold';
}

/** What no further frame can mend. */
function spoiledBy(findings: Findings, policy: Policy): readonly Reason[] | null {
  switch (findings.challengeFailure) {
    case 'wrong-response':
    case 'unasked-move':
      return ['challenge-failed'];
    case 'too-early':
      return ['challenge-failed', 'challenge-too-early'];
    case 'too-late':
      return skipsExhausted(findings, policy)
        ? ['challenge-failed', 'time-up', 'skips-exhausted']
        : ['challenge-failed', 'time-up'];
    case null:
      break;
  }
  const lacksFlash =
    policy.requiredCues.includes('flash') && !findings.flashPending && !findings.evidence.flash.measured;
  if (lacksFlash) return ['required-cue-unmeasured'];
  if (findings.trackBreaks > policy.continuity.maxBreaks) return ['continuity-broken'];
  return findings.severalFacesMs > policy.continuity.maxSeveralFacesMs ? ['several-faces'] : null;
}

function skipsExhausted({ skipsUsed }: Findings, { challenges }: Policy): boolean {
  return challenges !== null && challenges.maxSkips > 0 && skipsUsed >= challenges.maxSkips;
}

/**
 * What an accept still needs. `match` is left to the standing, which knows its own number of probes. PAD that could
 * be measured has to be: a client that keeps its frames from being judged gains nothing.
 */
function lacking(
  findings: Findings,
  policy: Policy,
  ending: boolean,
): readonly (Cue | 'challenges' | 'probes')[] {
  const { evidence, mode } = findings;
  const missing: (Cue | 'challenges' | 'probes')[] = requiredCues(policy, mode).filter(
    (cue) => !evidence[cue].measured && !(cue === 'match' && mode === 'identify'),
  );
  if (!findings.challengesDone) missing.push('challenges');
  if (findings.identityUnproven) missing.push('continuity');
  if (findings.flashPending) missing.push('flash');
  const pad = evidence['passive-pad'];
  if (pad.measured ? pad.score < policy.passivePad.acceptBar : pad.why === 'too-few-frames')
    missing.push('passive-pad');
  const blink = evidence.blink;
  if (policy.requiredCues.includes('blink') && blink.measured && blink.score < 1) missing.push('blink');
  if (!enoughProbes(findings, policy, ending)) missing.push('probes');
  return missing;
}

function enoughProbes({ mode, probes, probeSpanMs }: Findings, policy: Policy, ending: boolean): boolean {
  if (mode !== 'enrol') return probes >= policy.match.minProbes;
  const { minFrames, targetFrames, minSpanMs } = policy.enrol;
  return probes >= (ending ? minFrames : targetFrames) && probeSpanMs >= minSpanMs;
}

/** The cues that must be measured before a session of this mode can be accepted. */
export function requiredCues(policy: Policy, mode: Mode): readonly Cue[] {
  return mode === 'enrol' ? policy.requiredCues : ['match', ...policy.requiredCues];
}

function giveUp(
  findings: Findings,
  cause: 'time-up' | 'source-ended',
  clearlyNegative: boolean,
  noted: readonly Reason[],
  policy: Policy,
): Conclusion {
  const unmeasured = requiredCues(policy, findings.mode).some((cue) => !findings.evidence[cue].measured);
  const why: readonly Reason[] = [
    cause,
    unmeasured ? 'required-cue-unmeasured' : 'evidence-insufficient',
    ...(findings.identityUnproven && findings.trackBreaks > 0 ? (['continuity-broken'] as const) : []),
    ...(skipsExhausted(findings, policy) && !findings.challengesDone ? (['skips-exhausted'] as const) : []),
    ...noted,
  ];
  return clearlyNegative ? conclude('reject', 'backoff', ...why) : conclude('re-verify', 'now', ...why);
}
