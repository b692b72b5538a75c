import type { CueReading, LiveSession } from '../../../protocol/live.ts';
import type { ChallengeKind, Hint, Outcome } from '../../../protocol/status.ts';

const CUES: Readonly<Record<string, string>> = {
  match: 'Match',
  challenge: 'Challenges',
  blink: 'Blink',
  'passive-pad': 'Passive PAD',
  motion: 'Living motion',
  continuity: 'Continuity',
  injection: 'No injection',
  planarity: 'Not a plane',
  depth: 'Depth',
  flash: 'Flash',
  quality: 'Quality',
};
/** Cues that there is a name for, in the order in which the service tells of them. */
export const KNOWN_CUES: readonly string[] = Object.keys(CUES);
const WHY: Readonly<Record<string, string>> = {
  'not-started': 'not started',
  'too-few-frames': 'too few frames',
  'model-absent': 'model absent',
  'not-requested': 'not asked for',
  'frame-rate-too-low': 'too few frames a second',
  'no-reference': 'no reference',
  skipped: 'skipped',
  'no-depth': 'no depth camera',
};
const HINTS: Readonly<Record<Hint, string>> = {
  'no-face': 'No face',
  'several-faces': 'Several faces',
  'move-closer': 'Move closer',
  'move-back': 'Move back',
  'centre-face': 'Move to the middle',
  'look-straight': 'Look straight ahead',
  'hold-still': 'Hold still',
  'too-dark': 'Too dark here',
  'too-bright': 'Too bright here',
  'face-covered': 'Face is covered',
  'open-eyes': 'Open your eyes',
  'do-challenge': 'Challenge',
  wait: 'One moment',
};
const CHALLENGES: Readonly<Record<ChallengeKind, string>> = {
  blink: 'Blink once',
  'turn-left': 'Turn left',
  'turn-right': 'Turn right',
  'look-up': 'Look up',
  'look-down': 'Look down',
  smile: 'Smile',
  'open-mouth': 'Open your mouth',
  'come-closer': 'Come closer',
};
const OUTCOMES: Readonly<Record<Outcome, string>> = {
  accept: 'Accepted',
  reject: 'Rejected',
  're-verify': 'Verify again',
};

/** `passive-pad` as `Passive pad`: for whatever this page has no word of its own for. */
export function plainWords(id: string): string {
  const words = id.replaceAll(/[-._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const cueName = (cue: string): string => CUES[cue] ?? plainWords(cue);
export const outcomeName = (outcome: Outcome): string => OUTCOMES[outcome];
export const challengeName = (kind: ChallengeKind): string => CHALLENGES[kind] ?? plainWords(kind);
export const whyUnmeasured = (why: string): string => WHY[why] ?? plainWords(why).toLowerCase();

/** A number with its sign, for what may go either way. */
export function signed(value: number, digits = 1): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

/** A probability that is never rounded to certainty. */
export function probabilityText(probability: number): string {
  if (probability > 0.99) return '> 0.99';
  return probability < 0.01 ? '< 0.01' : probability.toFixed(2);
}

/** What the person is asked for now, or null when nothing. */
export function instruction({ hint, challenges }: LiveSession): string | null {
  if (hint === 'do-challenge' && challenges.current !== null) return challengeName(challenges.current.kind);
  return hint === null ? null : HINTS[hint];
}

export function endName({ end }: LiveSession): string | null {
  if (end === null) return null;
  return end.outcome === null ? 'Ended' : outcomeName(end.outcome);
}

/** How far a cue speaks, −1 fully against .. 1 fully for; 0 when it was not measured. */
export function weightOf(reading: CueReading): number {
  return reading.measured ? Math.max(-1, Math.min(1, reading.logLikelihoodRatio / FULL_LLR)) : 0;
}

/** e^6 is about 1 : 400; what says more fills the bar as well. */
const FULL_LLR = 6;
