import type { CueReading, LiveSession, ChallengeKind, Mode, Outcome, Phase } from '@veriframe/protocol';
import { instrument } from './operator-strings.ts';
import { language } from './words.ts';

const { guidance } = instrument;

/** Cues that there is a name for, in the order in which the service tells of them. */
export const KNOWN_CUES: readonly string[] = Object.keys(instrument.cue);

/** `passive-pad` as `Passive pad`: for whatever this page has no word of its own for. */
export function plainWords(id: string): string {
  const words = id.replaceAll(/[-._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const cueName = (cue: string): string => instrument.cue[cue] ?? plainWords(cue);
export const outcomeName = (outcome: Outcome): string => instrument.outcome[outcome];
export const phaseName = (phase: Phase): string => instrument.phase[phase];
export const modeName = (mode: Mode): string => instrument.mode[mode];
export const reasonName = (reason: string): string => instrument.reason[reason] ?? plainWords(reason);
export const challengeName = (kind: ChallengeKind): string => guidance.challenge[kind];
export const whyUnmeasured = (why: string): string => instrument.why[why] ?? plainWords(why).toLowerCase();

/** In the page's language, with as many decimals as are asked for; digits as on any measuring device. */
export function fixed(value: number, decimals = 0): string {
  return new Intl.NumberFormat(language, {
    numberingSystem: 'latn',
    useGrouping: false,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(value);
}

/** A number with its sign, for what may go either way. */
export function signed(value: number, digits = 1): string {
  const text = fixed(Math.abs(value), digits);
  const isZero = Number(value.toFixed(digits)) === 0;
  return isZero ? text : `${value < 0 ? '−' : '+'}${text}`;
}

/** A probability that is never rounded to certainty. */
export function probabilityText(probability: number): string {
  if (probability > 0.99) return `> ${fixed(0.99, 2)}`;
  return probability < 0.01 ? `< ${fixed(0.01, 2)}` : fixed(probability, 2);
}

/** What the person is asked for now, or null when nothing. */
export function instruction({ hint, challenges }: LiveSession): string | null {
  if (hint === 'do-challenge' && challenges.current !== null) return challengeName(challenges.current.kind);
  return hint === null ? null : guidance.hint[hint];
}

export function endName({ end }: LiveSession): string | null {
  if (end === null) return null;
  return end.outcome === null ? instrument.reading.ended : outcomeName(end.outcome);
}

/** How far a cue speaks, −1 fully against .. 1 fully for; 0 when it was not measured. */
export function weightOf(reading: CueReading): number {
  return reading.measured ? Math.max(-1, Math.min(1, reading.logLikelihoodRatio / FULL_LLR)) : 0;
}

/** e^6 is about 1 : 400; what says more fills the bar as well. */
const FULL_LLR = 6;
