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

interface Weight {
  /** How far the sign goes toward certainty, 0..1. At `rejectSeverity` and above it rejects alone. */
  readonly severity: number;
  /** Starting values, to be calibrated: log odds against a bona fide presentation. */
  readonly llr: number;
}

/**
 * Frozen, looped, repeated and replayed pictures do not come out of a camera at all, nor do three cuts in a session.
 * One cut may be a camera that stalled. Clocks may be wrong, programs that pose as cameras have honest uses and so have
 * video codecs on the way from one, a camera in the dark repeats its pictures, and a file that an operator plays has even
 * times: what such signs are worth is for the audit to say.
 */
const WEIGHTS: Readonly<Record<InjectionSign, Weight>> = {
  replayed: { severity: 1, llr: -4 },
  frozen: { severity: 1, llr: -4 },
  looped: { severity: 1, llr: -4 },
  repeated: { severity: 1, llr: -4 },
  spliced: { severity: 0.9, llr: -3 },
  motionless: { severity: 0.6, llr: -1.5 },
  cut: { severity: 0.3, llr: -0.5 },
  clock: { severity: 0.3, llr: -0.5 },
  noiseless: { severity: 0.3, llr: -0.5 },
  'virtual-camera': { severity: 0.3, llr: -0.5 },
  duplicated: { severity: 0.2, llr: -0.2 },
  metronome: { severity: 0.1, llr: 0 },
};

/** Severity of the worst of these signs, 0 for none. */
export function worstSeverity(signs: readonly InjectionSign[]): number {
  return signs.reduce((worst, sign) => Math.max(worst, WEIGHTS[sign].severity), 0);
}

/** Natural logarithm of the odds that the signs together give, 0 for none. */
export function summedLlr(signs: readonly InjectionSign[]): number {
  return signs.reduce((sum, sign) => sum + WEIGHTS[sign].llr, 0);
}
