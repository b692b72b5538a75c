import { CHALLENGE_STRENGTH } from '../policy/challenges.ts';
import { relief } from '../policy/relief.ts';
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

/** What policies have that were recorded before these were judged: they are decided as they were. */
const NO_COURSE = { course: null };
const FIXED_NUMBER = { sequence: null, strength: CHALLENGE_STRENGTH, minTurns: 0, maxExtraTurns: 0 };
const TURNS_IN_ANY_LIGHT = { minShading: 0, nod: null };
const ANY_BLINK = { minFramesBetween: 0, betweenRatio: 1, betweenMargin: 0, betweenMs: 0 };

/** A policy of an earlier version: a part had another name, or was not there yet. */
type Recorded = Omit<Policy, 'relief' | 'trustDemand'> &
  Partial<Pick<Policy, 'relief' | 'trustDemand'>> & { readonly planarity?: Policy['depthParallax'] };

/** A policy that was recorded by this version or an earlier one, in the present form. */
export function presentPolicy(recorded: Policy): Policy {
  const { planarity, ...policy }: Recorded = recorded;
  return {
    ...policy,
    gestures: { ...NO_COURSE, ...policy.gestures },
    blink: { ...ANY_BLINK, ...policy.blink },
    challenges: policy.challenges === null ? null : { ...FIXED_NUMBER, ...policy.challenges },
    relief: policy.relief === undefined ? relief : { ...TURNS_IN_ANY_LIGHT, ...policy.relief },
    trustDemand: policy.trustDemand ?? noDemand,
    ...(planarity === undefined ? {} : { depthParallax: planarity }),
    name: presentName(policy.name),
    fusion: { ...policy.fusion, cues: policy.fusion.cues.map(presentName) },
    requiredCues: policy.requiredCues.map(presentName),
  };
}
