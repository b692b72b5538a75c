import type { Policy } from '../policy/shape.ts';
import { trustDemand as noDemand } from '../policy/trust.ts';

/** Names of cues, reasons and policies that records of earlier versions hold, and the present ones. */
const PRESENT_NAME: Readonly<Record<string, string>> = {
  planarity: 'depth-parallax',
  'planarity-below-bar': 'depth-parallax-below-bar',
  attended: 'operator-vouched',
};

function presentName<Name extends string>(name: Name): Name {
  return (Object.hasOwn(PRESENT_NAME, name) ? PRESENT_NAME[name] : name) as Name;
}

/** The present names of recorded reasons or cues. Names that this version does not know stay as they are. */
export function presentNames(names: readonly string[]): readonly string[] {
  return names.map(presentName);
}

/** A policy that was recorded by this version or an earlier one, in the present form. */
export function presentPolicy(recorded: Policy): Policy {
  const { planarity, ...policy }: Policy & { readonly planarity?: Policy['depthParallax'] } = recorded;
  // Policies of earlier versions could demand nothing.
  const { trustDemand = noDemand } = policy as Partial<Policy>;
  return {
    ...policy,
    trustDemand,
    ...(planarity === undefined ? {} : { depthParallax: planarity }),
    name: presentName(policy.name),
    fusion: { ...policy.fusion, cues: policy.fusion.cues.map(presentName) },
    requiredCues: policy.requiredCues.map(presentName),
  };
}
