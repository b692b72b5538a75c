import { SLOWNESSES, type Slowness } from '../../protocol/status.ts';
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
  'connection-too-slow',
  'service-too-slow',
] as const;

/** Why a session ended as it did. For the audit record; the client never sees it. */
export type Reason = (typeof GENERAL_REASONS)[number] | CueRejectReason | CueIndicator;
export const REASONS: readonly Reason[] = [...GENERAL_REASONS, ...CUE_REJECT_REASONS, ...CUE_INDICATORS];

/** The reason of a session that could not be judged because too few frames were analysed. */
export const SLOWNESS_REASON: Readonly<Record<Slowness, Reason>> = {
  connection: 'connection-too-slow',
  service: 'service-too-slow',
};

/**
 * What the client may know of the reasons: what was too slow, if the session ended because of that (SPEC R46). The
 * reasons may come from a record, and a record may hold names that this version does not know: it may be older, or,
 * after a rollback, newer.
 */
export function slownessOf(reasons: readonly string[]): Slowness | null {
  return SLOWNESSES.find((slowness) => reasons.includes(SLOWNESS_REASON[slowness])) ?? null;
}

/** What an outcome rests on. It is signed into the token, so that a relying party can set its own bar. */
export interface Assurance {
  /** `full` when the optional match and PAD models decided, else `base`. */
  readonly tier: 'base' | 'full';
  readonly measured: readonly Cue[];
  readonly unmeasured: readonly Cue[];
  readonly challengesPassed: number;
}
