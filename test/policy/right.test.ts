import { describe, expect, it } from 'vitest';
import { asksForLiveness, checkedPolicies, PolicyError } from '../../server/policy/right.ts';
import {
  lacksNetworks,
  neededRight,
  POLICY_NAMES,
  policyFor,
  type Policy,
} from '../../server/policy/built-in.ts';

describe('a policy that relies on networks', () => {
  const BASE = ['blazeface', 'facemesh', 'iris', 'faceres', 'motion'];

  it('accepts nobody without them: passive at the base tier, and no other', () => {
    const lacking = (loaded: readonly string[]) => POLICY_NAMES.filter((name) => lacksNetworks(name, loaded));
    expect(lacking(BASE)).toEqual(['passive']);
    expect(lacking([...BASE, 'minifasnet-v2'])).toEqual([]);
  });
});

describe('a policy without liveness', () => {
  const standard = policyFor('standard');

  it.each([
    ['that looks for no injection', { ...standard, injection: { ...standard.injection, enforced: false } }],
    ['that asks for nothing', { ...standard, challenges: null }],
    ['that requires nothing', { ...standard, requiredCues: ['continuity', 'injection', 'quality'] as const }],
    [
      'that weighs nothing',
      { ...standard, fusion: { ...standard.fusion, cues: ['match', 'injection'] as const } },
    ],
    ['that assumes as much as it asks for', { ...standard, fusion: { ...standard.fusion, prior: 0.9 } }],
    ['that vouches, as another than the built-in one', { ...policyFor('attended'), needsRight: null }],
  ])('%s, is refused unless it names the right that it needs', (_what, policy) => {
    expect(asksForLiveness(policy)).toBe(false);
    expect(() => checkedPolicies({ ...policies(), 'of-mine': policy })).toThrow(PolicyError);
    const withRight = { ...policy, needsRight: 'attend' } as const;
    expect(checkedPolicies({ ...policies(), 'of-mine': withRight })['of-mine']).toBe(withRight);
  });

  it('is, of the built-in ones, only the one that an operator vouches in', () => {
    const needing = POLICY_NAMES.filter((name) => neededRight(name) !== null);
    expect(needing).toEqual(['operator-vouched']);
    expect(POLICY_NAMES.filter((name) => !asksForLiveness(policyFor(name)))).toEqual(needing);
  });
});

function policies(): Record<string, Policy> {
  return Object.fromEntries(POLICY_NAMES.map((name) => [name, policyFor(name)]));
}
