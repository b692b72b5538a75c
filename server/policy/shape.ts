import type { Mode } from '../../protocol/status.ts';
import type { BlinkPolicy } from './blink.ts';
import type { ChallengePolicy, GesturePolicy } from './challenges.ts';
import type { ContinuityPolicy } from './continuity.ts';
import type { Cue } from './cues.ts';
import type { DepthParallaxPolicy } from './depth-parallax.ts';
import type { DepthPolicy } from './depth.ts';
import type { FlashPolicy } from './flash.ts';
import type { FusionPolicy } from './fusion.ts';
import type { InjectionPolicy } from './injection.ts';
import type { EnrolPolicy, MatchPolicy } from './match.ts';
import type { MotionPolicy } from './motion.ts';
import type { PassivePadPolicy } from './passive-pad.ts';
import type { PositioningPolicy, QualityPolicy } from './quality.ts';
import type { ReliefPolicy } from './relief.ts';
import type { SupplyPolicy } from './supply.ts';
import type { SamplingPolicy, TimingPolicy } from './timing.ts';
import type { TrustDemand } from './trust.ts';

export const POLICY_NAMES = [
  'standard',
  'standard-flash',
  'blink-only',
  'passive',
  'operator-vouched',
] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

/**
 * A right that an API key may be granted. `attend`: its owner vouches, as an operator, for the person in front of the
 * camera.
 */
export type Right = 'attend';

/**
 * Everything that a session may be decided by. Each part, its values, their data sets and error rates stand in a file
 * of this folder.
 */
export interface Policy {
  readonly name: PolicyName;
  readonly modes: readonly Mode[];
  /** The right that an API key needs to create a session; null: none. A policy without liveness needs one. */
  readonly needsRight: Right | null;
  /** The most frames that a client may have in transit, waiting and running together. */
  readonly frameWindow: number;
  /**
   * More unreadable pictures in a row than this end the session, if none was readable before, or none for
   * `undecodableMs`: then it is the client, not a disturbance.
   */
  readonly maxUndecodable: number;
  readonly undecodableMs: number;
  /** The most frames that may be lost with their worker. One may be chance; many in one session are not. */
  readonly maxLost: number;
  readonly statusEveryMs: number;
  readonly hintHoldMs: number;
  readonly timing: TimingPolicy;
  /** Null: there is no minimum frame rate. */
  readonly supply: SupplyPolicy | null;
  readonly sampling: SamplingPolicy;
  readonly quality: QualityPolicy;
  readonly positioning: PositioningPolicy;
  /** Null: none are drawn. */
  readonly challenges: ChallengePolicy | null;
  readonly gestures: GesturePolicy;
  readonly blink: BlinkPolicy;
  readonly continuity: ContinuityPolicy;
  readonly passivePad: PassivePadPolicy;
  readonly motion: MotionPolicy;
  readonly injection: InjectionPolicy;
  readonly depthParallax: DepthParallaxPolicy;
  readonly relief: ReliefPolicy;
  readonly depth: DepthPolicy;
  /** Null: never shown. Otherwise shown where the client offers it. */
  readonly flash: FlashPolicy | null;
  readonly match: MatchPolicy;
  readonly enrol: EnrolPolicy;
  readonly fusion: FusionPolicy;
  /** Without these cues there is no accept. Verify and identify also require `match`, whether it is listed or not. */
  readonly requiredCues: readonly Cue[];
  /** What must be shown beside the pictures. A session may demand more. */
  readonly trustDemand: TrustDemand;
}
