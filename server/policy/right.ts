import type { Cue } from './cues.ts';
import type { Policy } from './shape.ts';

/** Cues that a photograph does not show. */
const LIVENESS_CUES: readonly Cue[] = ['challenge', 'blink', 'passive-pad', 'flash'];

/** A policy would accept without liveness, and any caller could ask for it. `message` names the policy. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/**
 * Whether an accept under the policy says that the person is alive. The policy must look for injection. It must
 * require, ask for and weigh a cue of liveness. And the liveness that it demands must be more than what it assumes
 * beforehand.
 */
export function asksForLiveness(policy: Policy): boolean {
  const { injection, requiredCues, fusion } = policy;
  const isAskedFor = (cue: Cue) =>
    (cue !== 'challenge' || policy.challenges !== null) && (cue !== 'flash' || policy.flash !== null);
  const required = (cue: Cue) => requiredCues.includes(cue) && fusion.cues.includes(cue) && isAskedFor(cue);
  return (
    injection.enforced &&
    required('injection') &&
    LIVENESS_CUES.some(required) &&
    fusion.acceptLiveness > fusion.prior
  );
}

/**
 * Returns the policies unchanged.
 * @throws PolicyError when one does not ask for liveness and names no right that its caller needs
 */
export function checkedPolicies<Table extends Readonly<Record<string, Policy>>>(table: Table): Table {
  for (const policy of Object.values(table))
    if (!asksForLiveness(policy) && policy.needsRight === null)
      throw new PolicyError(`The policy ${policy.name} accepts without liveness and needs no right.`);
  return table;
}
