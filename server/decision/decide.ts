import type { Retry } from '../../protocol/errors.ts';
import type { Mode, Outcome, Slowness } from '../../protocol/status.ts';
import type { ChallengeFailure } from '../evidence/challenge.ts';
import type { EvidenceByCue } from '../evidence/evidence.ts';
import type { MatchBand, MatchDoubt } from '../matching/match.ts';
import type { Cue } from '../policy/cues.ts';
import type { Policy } from '../policy/shape.ts';
import { CUE_TABLE, cuesIn, type CueTable } from './cue-table.ts';
import { fuse } from './fuse.ts';
import {
  CAMERA_FAULT_REASON,
  type CameraFault,
  MISSING_TRUST_REASON,
  type MissingTrust,
  SLOWNESS_REASON,
  type Reason,
} from './reasons.ts';

/** Everything that a session has found out and that its outcome depends on. */
export interface Findings {
  readonly mode: Mode;
  readonly evidence: EvidenceByCue;
  /** True once no challenge is left to pass. There may have been none. */
  readonly challengesDone: boolean;
  readonly challengeFailure: ChallengeFailure | null;
  /** Colours are still to be shown, or their light has not arrived yet. */
  readonly flashPending: boolean;
  readonly skipsUsed: number;
  /** The face in the picture has not been recognised as the session's own yet, or not again. */
  readonly needsReidentification: boolean;
  readonly trackBreaks: number;
  readonly severalFacesMs: number;
  readonly band: MatchBand;
  /** Why a comparison above its bar does not match; null where nothing speaks against it. */
  readonly doubt: MatchDoubt | null;
  /** Which part was too slow, so that too few frames were analysed; null: enough were. */
  readonly starvedBy: Slowness | null;
  /** Why the session got no further than positioning; null: it did, or for another reason. */
  readonly cameraFault: CameraFault | null;
  /** What is demanded beside the pictures and not shown. */
  readonly missingTrust: readonly MissingTrust[];
  /** More of that may still come, or a signature that covers the last frames. */
  readonly trustPending: boolean;
  /** The number of pooled probes. */
  readonly probes: number;
  /** The probes do not show one face, although no two frames after each other contradict. */
  readonly probesDisagree: boolean;
  /** Those that agree with the face before the first challenge and with each other, and the time that they span. */
  readonly storable: { readonly frames: number; readonly spanMs: number };
}

/** Why no more frames will come. */
export type Cause = 'time-up' | 'source-ended' | 'cancelled' | 'disconnected';

export interface Conclusion {
  readonly kind: 'conclude';
  readonly outcome: Outcome;
  readonly retry: Retry;
  readonly reasons: readonly Reason[];
}

/** What `decide` says of a session. */
type Judgement =
  | { readonly kind: 'go-on' }
  /** Enrol and identify: the session lacks only the answer of the gallery or the store. */
  | { readonly kind: 'proceed' }
  | Conclusion;

const GO_ON: Judgement = { kind: 'go-on' };

export function conclude(outcome: Outcome, retry: Retry, ...reasons: readonly Reason[]): Conclusion {
  return { kind: 'conclude', outcome, retry, reasons };
}

/**
 * Judges a session. `cause` is null while frames still come. Hard rules apply beside the probability. An attack that
 * was found rejects at any time. There is no accept unless every required cue is measured, every challenge is passed,
 * the face is recognised, and the match is above its bar.
 *
 * A mismatch changes nothing before a certain moment: when the session would accept this face if it were the subject's,
 * or when its time is up after the challenges. The stored template is secret, so an attacker who tries faces on it must
 * complete a whole session before learning anything. What other cues find is told at once. It follows from the pictures
 * and from published models, so that an attacker can also compute it without this service.
 */
export function decide(
  findings: Findings,
  cause: Cause | null,
  policy: Policy,
  cues: CueTable = CUE_TABLE,
): Judgement {
  const attack = attackFound(findings, policy, cues);
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
    livesConvincingly(findings, policy) && !lacksSomething(findings, policy, cues, cause !== null);
  const isTimeUp = cause === 'time-up' && findings.challengesDone;
  if (mismatch !== null && (isShown || isTimeUp)) return conclude('reject', 'backoff', mismatch);
  const probability = fuse(findings.evidence, policy.fusion);
  if (isShown && probability >= policy.fusion.accept) {
    const isRecognised = findings.mode === 'enrol' || findings.band === 'above';
    if (isRecognised && findings.trustPending && cause === null) return GO_ON;
    const lacking = findings.missingTrust.map((missing) => MISSING_TRUST_REASON[missing]);
    if (isRecognised && lacking.length > 0) return conclude('re-verify', 'now', ...lacking);
    if (findings.mode === 'enrol') return { kind: 'proceed' };
    if (findings.band === 'above') return conclude('accept', 'never', 'evidence-sufficient');
    if (findings.mode === 'identify' && cause === null) return { kind: 'proceed' };
  }
  if (cause === null) return GO_ON;
  const isNegative = isTimeUp && findings.evidence.match.measured && probability <= policy.fusion.reject;
  return forWantOfFrames(giveUp(findings, cause, isNegative, noted, policy), findings);
}

/** Names slowness as the first reason of a session that ends undecided. It excuses no reject. */
function forWantOfFrames(conclusion: Conclusion, { starvedBy }: Findings): Conclusion {
  if (starvedBy === null || conclusion.outcome !== 're-verify') return conclusion;
  const reasons = [SLOWNESS_REASON[starvedBy], ...conclusion.reasons];
  return { ...conclusion, retry: starvedBy === 'service' ? 'backoff' : 'now', reasons };
}

/**
 * Whether a session was spoiled by something that was seen: a wrong or an early movement, or a second face. With few
 * frames, a movement may be seen late or not at all. But no movement is seen that was not made, and none too early.
 */
function wasSeen({ challengeFailure, severalFacesMs }: Findings, { continuity }: Policy): boolean {
  switch (challengeFailure) {
    case 'wrong-response':
    case 'unasked-move':
    case 'too-early':
      return true;
    case 'too-late':
    case 'unseen':
      return false;
    case null:
      return severalFacesMs > continuity.maxSeveralFacesMs;
  }
}

/** Whether the cues without the match show a living person in front of the camera, whoever it is. */
function livesConvincingly({ evidence }: Findings, { fusion }: Policy): boolean {
  const cues = fusion.cues.filter((cue) => cue !== 'match');
  return fuse(evidence, { ...fusion, cues }) >= fusion.acceptLiveness;
}

/** Where several cues reject, one reason is told: the first of these, else the first in the table. */
const REJECTION_ORDER: readonly string[] = [
  'face-changed',
  'injection-above-bar',
  'flash-contradicted',
  'pad-below-bar',
] satisfies readonly Reason[];

/** The reject of a cue that needs no more evidence, and that no other evidence outweighs. */
function attackFound({ evidence }: Findings, policy: Policy, table: CueTable): Conclusion | null {
  const reasons = cuesIn(table).flatMap((cue) => {
    const { rejectReason } = table[cue];
    const one = evidence[cue];
    return rejectReason !== null && one.measured && rejectReason.applies(one, policy)
      ? [rejectReason.reason]
      : [];
  });
  const told = REJECTION_ORDER.find((reason) => reasons.includes(reason)) ?? reasons[0];
  return told === undefined ? null : conclude('reject', 'backoff', told as Reason);
}

/** The face is clearly not the subject's, or that of nobody in the gallery; null where that is not so, or not clear. */
function mismatchFound({ band, probes, mode }: Findings, { match }: Policy): Reason | null {
  if (band !== 'below' || probes < match.minProbes) return null;
  return mode === 'identify' ? 'no-candidate' : 'match-below-threshold';
}

/** Why the session cannot end well any more, whatever frames still come; null: it can. */
function spoiledBy(findings: Findings, policy: Policy): readonly Reason[] | null {
  switch (findings.challengeFailure) {
    case 'wrong-response':
    case 'unasked-move':
      return ['challenge-failed'];
    case 'too-early':
      return ['challenge-failed', 'challenge-too-early'];
    case 'unseen':
      return ['challenge-failed', 'gesture-unseen'];
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

/** Whether an accept still needs something. `match` has a rule of its own, because it has its own number of probes. */
function lacksSomething(findings: Findings, policy: Policy, table: CueTable, isEnding: boolean): boolean {
  const { evidence, mode } = findings;
  const isUnmeasured = (cue: Cue) => !evidence[cue].measured && !(cue === 'match' && mode === 'identify');
  return (
    requiredCues(policy, mode).some(isUnmeasured) ||
    cuesIn(table).some((cue) => table[cue].fallsShort?.(evidence[cue], policy) === true) ||
    !findings.challengesDone ||
    findings.needsReidentification ||
    findings.probesDisagree ||
    findings.flashPending ||
    !enoughProbes(findings, policy, isEnding)
  );
}

function enoughProbes({ mode, probes, storable }: Findings, policy: Policy, isEnding: boolean): boolean {
  if (mode !== 'enrol') return probes >= policy.match.minProbes;
  const { minFrames, targetFrames, minSpanMs } = policy.enrol;
  return storable.frames >= (isEnding ? minFrames : targetFrames) && storable.spanMs >= minSpanMs;
}

/** What speaks against one face throughout, although the session may have found nothing else. */
function disagreements({ doubt, probesDisagree }: Findings): readonly Reason[] {
  return [
    ...(probesDisagree || doubt === 'parts' ? (['probes-disagree'] as const) : []),
    ...(doubt === 'first-reference' ? (['references-disagree'] as const) : []),
  ];
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
    ...(findings.cameraFault === null ? [] : [CAMERA_FAULT_REASON[findings.cameraFault]]),
    cause,
    unmeasured ? 'required-cue-unmeasured' : 'evidence-insufficient',
    ...(findings.needsReidentification && findings.trackBreaks > 0 ? (['continuity-broken'] as const) : []),
    ...(skipsExhausted(findings, policy) && !findings.challengesDone ? (['skips-exhausted'] as const) : []),
    ...disagreements(findings),
    ...noted,
  ];
  return clearlyNegative ? conclude('reject', 'backoff', ...why) : conclude('re-verify', 'now', ...why);
}
