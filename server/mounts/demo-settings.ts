import { POLICY_NAMES, serves } from '../policy/built-in.ts';

/** Whether the demo can sign people in under this policy: it enrols and verifies. */
export function isDemoPolicy(name: string): name is (typeof POLICY_NAMES)[number] {
  const policy = POLICY_NAMES.find((known) => known === name);
  return policy !== undefined && serves(policy, 'enrol') && serves(policy, 'verify');
}

/** Names of such policies. */
export function demoPolicies(): readonly string[] {
  return POLICY_NAMES.filter(isDemoPolicy);
}
