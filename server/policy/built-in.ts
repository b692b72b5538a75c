import { VeriframeError } from '../../protocol/errors.ts';
import type { Mode } from '../../protocol/status.ts';
import { blink } from './blink.ts';
import { challenges, gestures } from './challenges.ts';
import { continuity } from './continuity.ts';
import type { Cue } from './cues.ts';
import { depthParallax } from './depth-parallax.ts';
import { depth } from './depth.ts';
import { flash } from './flash.ts';
import { fusion } from './fusion.ts';
import { injection } from './injection.ts';
import { enrol, match } from './match.ts';
import { motion } from './motion.ts';
import { passivePad } from './passive-pad.ts';
import { positioning, quality } from './quality.ts';
import { relief } from './relief.ts';
import { checkedPolicies } from './right.ts';
import { POLICY_NAMES, type Policy, type PolicyName, type Right } from './shape.ts';
import { supply } from './supply.ts';
import { sampling, timing } from './timing.ts';
import { trustDemand } from './trust.ts';

export { POLICY_NAMES, type Policy, type PolicyName } from './shape.ts';

/*
 * Every threshold of a decision stands once, in a file of this folder. There are two exceptions: the scales of
 * comparison scores (`matching/score-scales.ts`), and the assumed rates behind log-likelihood ratios, which stand
 * beside the cue that uses them. "Starting value" means: chosen from what is known, not yet calibrated on a data set.
 */

/** What is required where nobody is asked to turn: the relief of a head shows in turns and nods only. */
const WITHOUT_TURNS: readonly Cue[] = ['challenge', 'continuity', 'injection', 'quality'];

const standard: Policy = {
  name: 'standard',
  modes: ['enrol', 'verify', 'identify'],
  needsRight: null,
  frameWindow: 3,
  maxUndecodable: 10,
  undecodableMs: 10_000,
  maxLost: 3,
  statusEveryMs: 100,
  hintHoldMs: 900,
  timing,
  supply,
  sampling,
  quality,
  positioning,
  challenges,
  gestures,
  blink,
  continuity,
  passivePad,
  motion,
  injection,
  depthParallax,
  relief,
  depth,
  flash,
  match,
  enrol,
  fusion,
  requiredCues: [...WITHOUT_TURNS, 'relief'],
  trustDemand,
};

/**
 * For relying parties that insist on the colours. Without them there is no accept: not from a client that cannot show
 * them, and not in light that outshines them.
 */
const standardFlash: Policy = {
  ...standard,
  name: 'standard-flash',
  requiredCues: [...standard.requiredCues, 'flash'],
};

/**
 * One blink, with enough time that people who talk and do not listen blink by themselves. One blink is weak evidence,
 * so that the bar for liveness is lower.
 */
const blinkOnly: Policy = {
  ...standard,
  name: 'blink-only',
  challenges: {
    ...challenges,
    pool: ['blink'],
    minCount: 1,
    maxCount: 1,
    sequence: null,
    minHeadMoves: 0,
    maxSkips: 0,
    minTurns: 0,
    responseMs: 10_000,
  },
  fusion: { ...standard.fusion, acceptLiveness: 0.7 },
  requiredCues: WITHOUT_TURNS,
};

/** Asks the person for nothing. So it needs the PAD networks, and a spontaneous blink. */
const passive: Policy = {
  ...standard,
  name: 'passive',
  timing: { ...timing, matchingMs: 10_000 },
  challenges: null,
  flash: null,
  fusion: {
    ...standard.fusion,
    cues: ['match', 'blink', 'passive-pad', 'motion', 'continuity', 'injection', 'depth'],
  },
  requiredCues: ['blink', 'passive-pad', 'continuity', 'injection', 'quality'],
};

/**
 * An operator vouches for the person, who may be shown in a few photographs. There is no liveness, but every picture
 * must show the same face. The window is one frame, so that none is replaced by a newer one. The prior is the
 * operator's word. Photographs of different days resemble each other less than frames do: an embedding agrees at about
 * FMR 1e-3 (FNMR 1.3 %) and contradicts at about 1e-2 (FNMR .7 %; MobileFaceNet, LFW development half).
 */
const operatorVouched: Policy = {
  ...standard,
  name: 'operator-vouched',
  modes: ['enrol'],
  needsRight: 'attend',
  frameWindow: 1,
  supply: null,
  sampling: { ...sampling, embedEveryMs: 0, embedSeldomEveryMs: 0, countFacesEveryMs: 0 },
  quality: { ...quality, maxYawDeg: 28 },
  positioning: { ...positioning, goodFrames: 1, spanMs: 0, probes: 1 },
  challenges: null,
  continuity: {
    ...continuity,
    followTrack: false,
    agreeLlr: 1,
    contradictLlr: -1,
    contradictAwayLlr: -1,
    anchor: {
      ...continuity.anchor,
      agreeLlr: -1,
      storeLlr: { strong: -1, weak: -1 },
      mutualLlr: { strong: -1, weak: -1 },
      maxDriftLlr: Infinity,
    },
    maxBreaks: Infinity,
    maxSeveralFacesMs: Infinity,
    contradictionsToChange: 1,
    contradictionSpanMs: 0,
    aheadMs: 0,
    awayContradictionSpanMs: 0,
  },
  injection: { ...injection, enforced: false },
  flash: null,
  enrol: { minFrames: 3, targetFrames: 24, minSpanMs: 0 },
  fusion: { ...standard.fusion, prior: 0.95, cues: ['continuity'] },
  requiredCues: ['continuity', 'quality'],
};

const POLICIES: Readonly<Record<PolicyName, Policy>> = checkedPolicies({
  standard,
  'standard-flash': standardFlash,
  'blink-only': blinkOnly,
  passive,
  'operator-vouched': operatorVouched,
});

/** Other names under which a policy may be asked for. */
const ALIASES: Readonly<Record<string, PolicyName>> = { attended: 'operator-vouched' };

/** Every name that `policyFor` knows: of each policy its own name, then the aliases. */
export const ACCEPTED_POLICY_NAMES: readonly string[] = [...POLICY_NAMES, ...Object.keys(ALIASES)];

function isPolicyName(name: string): name is PolicyName {
  return (POLICY_NAMES as readonly string[]).includes(name);
}

/** The policy of this name or alias. Throws `VeriframeError` `policy.unknown`. */
export function policyFor(name: string): Policy {
  if (isPolicyName(name)) return POLICIES[name];
  const named = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
  if (named === undefined) throw new VeriframeError('policy.unknown');
  return POLICIES[named];
}

/** Whether sessions of this mode may run under the policy. Throws `VeriframeError` `policy.unknown`. */
export function serves(name: string, mode: Mode): boolean {
  return policyFor(name).modes.includes(mode);
}

/** Networks without which a cue is never measured, as prefixes of their ids. */
const NETWORKS: Readonly<Partial<Record<Cue, string>>> = { 'passive-pad': 'minifasnet', motion: 'motion' };

/**
 * Whether the policy accepts nobody with these networks, because a cue that it requires is measured by others. Throws
 * `VeriframeError` `policy.unknown`.
 * @param loaded ids of the networks
 */
export function lacksNetworks(name: string, loaded: readonly string[]): boolean {
  return policyFor(name).requiredCues.some((cue) => {
    const needed = NETWORKS[cue];
    return needed !== undefined && !loaded.some((id) => id.startsWith(needed));
  });
}

/**
 * The right that a key needs to create sessions under the policy, or null. Throws `VeriframeError` `policy.unknown`.
 */
export function neededRight(name: string): Right | null {
  return policyFor(name).needsRight;
}
