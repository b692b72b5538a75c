import { SLOWNESSES, type Slowness } from '../../protocol/status.ts';
import type { Cue } from '../policy/cues.ts';
import { INJECTION_SIGNS } from '../evidence/injection-indicators.ts';

/** Why a session ended as it did. For the audit record; the client never sees them. */
export const REASONS = [
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
  'skips-exhausted',
  'pad-below-bar',
  'planarity-below-bar',
  'depth-below-bar',
  'injection-above-bar',
  'flash-contradicted',
  'continuity-broken',
  'face-changed',
  'several-faces',
  'required-cue-unmeasured',
  'duplicate-subject',
  'storage-failed',
  'subject-erased',
  'connection-too-slow',
  'service-too-slow',
  ...INJECTION_SIGNS,
] as const;
export type Reason = (typeof REASONS)[number];

/** The reason of a session that could not be judged because too few frames were analysed. */
export const SLOWNESS_REASON: Readonly<Record<Slowness, Reason>> = {
  connection: 'connection-too-slow',
  service: 'service-too-slow',
};

/** What the client may hear of the reasons: which part was too slow, if that is why the session ended (SPEC R46). */
export function slownessOf(reasons: readonly Reason[]): Slowness | null {
  return SLOWNESSES.find((slowness) => reasons.includes(SLOWNESS_REASON[slowness])) ?? null;
}

/** What stands behind an outcome: signed into the token so that a relying application can set its own bar. */
export interface Assurance {
  /** `full` when the optional match and PAD models decided, else `base`. */
  readonly tier: 'base' | 'full';
  readonly measured: readonly Cue[];
  readonly unmeasured: readonly Cue[];
  readonly challengesPassed: number;
}
