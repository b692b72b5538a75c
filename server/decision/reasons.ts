import {
  type Capture,
  DECISION_CAUSES,
  type DecisionCause,
  type PossessionProof,
  type Slowness,
  type Hint,
} from '../../protocol/status.ts';
import type { Cue } from '../policy/cues.ts';
import { CUE_INDICATORS, CUE_REJECT_REASONS, type CueIndicator, type CueRejectReason } from './cue-table.ts';

/** Reasons that belong to no single row of the table of cues. */
const GENERAL_REASONS = [
  'evidence-sufficient',
  'evidence-insufficient',
  'time-up',
  'source-ended',
  'disconnected',
  'cancelled',
  'match-below-threshold',
  'no-candidate',
  'challenge-failed',
  'challenge-too-early',
  'gesture-unseen',
  'skips-exhausted',
  'continuity-broken',
  'several-faces',
  'probes-disagree',
  'references-disagree',
  'required-cue-unmeasured',
  'duplicate-subject',
  'storage-failed',
  'subject-erased',
  'camera-turned',
  'camera-colourless',
  'connection-too-slow',
  'service-too-slow',
  'possession-missing',
  'capture-missing',
] as const;

/** Why a session ended as it did. For the audit record; the client never sees it. */
export type Reason = (typeof GENERAL_REASONS)[number] | CueRejectReason | CueIndicator;
export const REASONS: readonly Reason[] = [...GENERAL_REASONS, ...CUE_REJECT_REASONS, ...CUE_INDICATORS];

/** The reason of a session that could not be judged because too few frames were analysed. */
export const SLOWNESS_REASON: Readonly<Record<Slowness, Reason>> = {
  connection: 'connection-too-slow',
  service: 'service-too-slow',
};

/** Hints about a camera whose pictures nothing can be judged by. */
export type CameraFault = Extract<Hint, 'turn-camera' | 'no-colour'>;

/** The reason of a session that did not get beyond positioning for that. */
export const CAMERA_FAULT_REASON: Readonly<Record<CameraFault, Reason>> = {
  'turn-camera': 'camera-turned',
  'no-colour': 'camera-colourless',
};

/** What may be demanded beside the pictures, and missing. */
export type MissingTrust = Exclude<DecisionCause, Slowness>;

/** The reason of a session that would have been accepted with what was demanded beside its pictures. */
export const MISSING_TRUST_REASON: Readonly<Record<MissingTrust, Reason>> = {
  possession: 'possession-missing',
  capture: 'capture-missing',
};

const REASON_OF_CAUSE: Readonly<Record<DecisionCause, Reason>> = {
  ...SLOWNESS_REASON,
  ...MISSING_TRUST_REASON,
};

/**
 * What the client may know of the reasons: what was too slow, or which demanded proof is missing (SPEC R46, R56). The
 * reasons may come from a record, and a record may hold names that this version does not know: it may be older, or,
 * after a rollback, newer.
 */
export function causeOf(reasons: readonly string[]): DecisionCause | null {
  return DECISION_CAUSES.find((cause) => reasons.includes(REASON_OF_CAUSE[cause])) ?? null;
}

/** Classes of attacker (docs/security.md), from the easiest to the one that no picture shows. */
export type Attack = 'presentation' | 'cheap-injection' | 'rendered-injection';

/** A WebAuthn key of the subject that took part in a session. */
export interface Possession {
  readonly proof: PossessionProof;
  /** It verified its user, by PIN or fingerprint. */
  readonly userVerified: boolean;
}

/** What a session has shown beside its pictures. */
export interface ShownTrust {
  readonly capture: Capture;
  readonly possession: Possession | null;
  /** Classes of attacker that nothing in the session stands against. */
  readonly openTo: readonly Attack[];
  /** Who answers for the capture. Only in a record. */
  readonly by?: string | null;
}

/** What an outcome rests on. It is signed into the token, so that a relying party can set its own bar. */
export interface Assurance {
  /** `full` when the optional match and PAD models decided, else `base`. */
  readonly tier: 'base' | 'full';
  readonly measured: readonly Cue[];
  readonly unmeasured: readonly Cue[];
  readonly challengesPassed: number;
  /** What was shown beside the pictures. Absent in what earlier versions recorded. */
  readonly trust?: ShownTrust;
}
