import type { CueReading, LiveSession, ChallengeKind, Mode, Outcome, Phase } from '@veriframe/protocol';
import { operatorStrings } from './operator-strings.ts';
import { language } from './words.ts';

const { guidance } = operatorStrings;

/** Cues with a name, in the order in which the service sends them. */
export const KNOWN_CUES: readonly string[] = Object.keys(operatorStrings.cue);

/** Makes an id readable for which there is no name: `passive-pad` becomes `Passive pad`. */
export function plainWords(id: string): string {
  const words = id.replaceAll(/[-._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const cueName = (cue: string): string => operatorStrings.cue[cue] ?? plainWords(cue);
export const outcomeName = (outcome: Outcome): string => operatorStrings.outcome[outcome];
export const phaseName = (phase: Phase): string => operatorStrings.phase[phase];
export const modeName = (mode: Mode): string => operatorStrings.mode[mode];
export const reasonName = (reason: string): string => operatorStrings.reason[reason] ?? plainWords(reason);
export const challengeName = (kind: ChallengeKind): string => guidance.challenge[kind];
export const whyUnmeasured = (why: string): string =>
  operatorStrings.why[why] ?? plainWords(why).toLowerCase();

/** A number in the language of the page, with a fixed number of decimals and Latin digits. */
export function fixed(value: number, decimals = 0): string {
  return new Intl.NumberFormat(language, {
    numberingSystem: 'latn',
    useGrouping: false,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(value);
}

/** A number with its sign, plus included. */
export function signed(value: number, digits = 1): string {
  const text = fixed(Math.abs(value), digits);
  const isZero = Number(value.toFixed(digits)) === 0;
  return isZero ? text : `${value < 0 ? '−' : '+'}${text}`;
}

/** A probability that is never rounded to 0 or 1. */
export function probabilityText(probability: number): string {
  if (probability > 0.99) return `> ${fixed(0.99, 2)}`;
  return probability < 0.01 ? `< ${fixed(0.01, 2)}` : fixed(probability, 2);
}

/** The present instruction to the person, or null. */
export function instruction({ hint, challenges }: LiveSession): string | null {
  if (hint === 'do-challenge' && challenges.current !== null) return challengeName(challenges.current.kind);
  return hint === null ? null : guidance.hint[hint];
}

export function endName({ end }: LiveSession): string | null {
  if (end === null) return null;
  return end.outcome === null ? operatorStrings.reading.ended : outcomeName(end.outcome);
}

/** Weight of a cue: −1 fully against the person .. 1 fully for the person; 0 when unmeasured. */
export function weightOf(reading: CueReading): number {
  return reading.measured ? Math.max(-1, Math.min(1, reading.logLikelihoodRatio / FULL_LLR)) : 0;
}

/** Log-likelihood ratio of a full bar: e^6 is about 400 : 1. Larger values fill the bar as well. */
const FULL_LLR = 6;
