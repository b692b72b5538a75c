import type { CaptureDemand, PossessionDemand } from '../../protocol/status.ts';

/** What must be shown, beside the pictures, of who controls the camera and holds the subject's key. Null: nothing. */
export interface TrustDemand {
  readonly capture: CaptureDemand | null;
  readonly possession: PossessionDemand | null;
}

/** No built-in policy demands either: a relying party does, session by session, because it knows its clients. */
export const trustDemand: TrustDemand = { capture: null, possession: null };

/**
 * What a policy and a session demand together: of possession the stricter. Of the capture they must not name two kinds,
 * since neither contains the other; where they do, the policy's counts (`conflictsWith` finds it beforehand).
 */
export function bothDemands(policy: TrustDemand, session: TrustDemand): TrustDemand {
  const possession = [policy.possession, session.possession];
  return {
    capture: policy.capture ?? session.capture,
    possession: possession.includes('user-verified')
      ? 'user-verified'
      : (policy.possession ?? session.possession),
  };
}

/** Whether a session demands another kind of capture than its policy does. */
export function conflictsWith(policy: TrustDemand, session: TrustDemand): boolean {
  return policy.capture !== null && session.capture !== null && policy.capture !== session.capture;
}
