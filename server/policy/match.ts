import type { Fmr } from './false-match-rates.ts';

/** At which false match rates a comparison matches, and how many probes it needs. */
export interface MatchPolicy {
  /** The thresholds are those of these false match rates (`matching/score-scales.ts`). */
  readonly acceptFmr: Fmr;
  readonly rejectFmr: Fmr;
  /** A face that matches a later reference of a subject must match the first one at this rate. */
  readonly firstReferenceFmr: Fmr;
  readonly identifyAcceptFmr: Fmr;
  readonly identifyRejectFmr: Fmr;
  /** The least difference between the best two subjects, in units of the unclamped log-likelihood ratio. */
  readonly identifyMarginLlr: number;
  readonly minProbes: number;
  readonly searchEveryMs: number;
}

/**
 * The false match rates are those of LFW: single photographs of people of many origins. Among people who resemble each
 * other, in front of one camera, they are higher (`matching/score-scales.ts`). FNMR of MobileFaceNet on LFW: 3.2 % at
 * 1e-4, .7 % at 1e-2. Pooled probes do better. A 1:N search has a stricter bar, because it compares with everybody.
 *
 * The first reference: chains of five references, each as near to another person as it may be, let that person verify
 * in 96 of 100 random couples (full tier; base 61) and in 98 of 100 couples of look-alikes (58) when a new reference
 * had to be like any earlier one (`npm run evaluate -- anchors --photographs`).
 */
export const match: MatchPolicy = {
  acceptFmr: 1e-4,
  rejectFmr: 1e-2,
  firstReferenceFmr: 1e-3,
  identifyAcceptFmr: 1e-5,
  identifyRejectFmr: 1e-3,
  identifyMarginLlr: 2,
  minProbes: 5,
  searchEveryMs: 500,
};

/** How many frames a new reference is averaged from. */
export interface EnrolPolicy {
  readonly minFrames: number;
  /** The reference is stored as soon as there are this many. */
  readonly targetFrames: number;
  readonly minSpanMs: number;
}

/** Starting values. */
export const enrol: EnrolPolicy = { minFrames: 5, targetFrames: 8, minSpanMs: 1_000 };
