/** What makes a stream implausible as a camera's, worst first. */
export const INJECTION_SIGNS = [
  'replayed',
  'frozen',
  'looped',
  'repeated',
  'spliced',
  'motionless',
  'cut',
  'clock',
  'noiseless',
  'virtual-camera',
  'duplicated',
  'metronome',
] as const;
export type InjectionSign = (typeof INJECTION_SIGNS)[number];

/**
 * What explains a weak sign where no attack does: somebody who holds still, a camera or a line that stalls, a wrong
 * clock or a file that an operator plays, a codec or a program on the way from the camera.
 */
export type InnocentCause = 'stillness' | 'stalling' | 'clock' | 'transcoding';

interface Weight {
  /** How far the sign goes toward certainty, 0..1. At `rejectSeverity` and above it rejects alone. */
  readonly severity: number;
  /** Starting values, to be calibrated: log odds against a bona fide presentation. */
  readonly llr: number;
  /** Null: nothing explains it but an attack. */
  readonly cause: InnocentCause | null;
}

/**
 * Frozen, looped, repeated and replayed pictures do not come out of a camera at all, nor do three cuts in a session.
 * One cut may be a camera that stalled. Clocks may be wrong, programs that pose as cameras have honest uses and so have
 * video codecs on the way from one, a camera in the dark repeats its pictures, and a file that an operator plays has even
 * times: what such signs are worth is for the audit to say.
 */
const WEIGHTS: Readonly<Record<InjectionSign, Weight>> = {
  replayed: { severity: 1, llr: -4, cause: null },
  frozen: { severity: 1, llr: -4, cause: null },
  looped: { severity: 1, llr: -4, cause: null },
  repeated: { severity: 1, llr: -4, cause: null },
  spliced: { severity: 0.9, llr: -3, cause: null },
  motionless: { severity: 0.6, llr: -1.5, cause: 'stillness' },
  cut: { severity: 0.3, llr: -0.5, cause: 'stalling' },
  clock: { severity: 0.3, llr: -0.5, cause: 'clock' },
  noiseless: { severity: 0.3, llr: -0.5, cause: 'transcoding' },
  'virtual-camera': { severity: 0.3, llr: -0.5, cause: 'transcoding' },
  duplicated: { severity: 0.2, llr: -0.2, cause: 'stalling' },
  metronome: { severity: 0.1, llr: 0, cause: 'clock' },
};

/** Severity of the worst of these signs, 0 for none. */
export function worstSeverity(signs: readonly InjectionSign[]): number {
  return signs.reduce((worst, sign) => Math.max(worst, WEIGHTS[sign].severity), 0);
}

/**
 * Natural logarithm of the odds that the signs together give, 0 for none. Signs with one innocent cause in common count
 * once, by the worst of them, and only beside a sign that this cause does not explain: what one cause explains changes no
 * outcome.
 */
export function corroboratedLlr(signs: readonly InjectionSign[]): number {
  const byCause = new Map<InnocentCause, number>();
  let llr = 0;
  for (const sign of signs) {
    const weight = WEIGHTS[sign];
    if (weight.cause === null) llr += weight.llr;
    else byCause.set(weight.cause, Math.min(byCause.get(weight.cause) ?? 0, weight.llr));
  }
  const corroborated = byCause.size > 1 || llr < 0;
  return corroborated ? [...byCause.values()].reduce((sum, one) => sum + one, llr) : 0;
}
