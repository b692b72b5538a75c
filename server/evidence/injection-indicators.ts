/** What makes a stream implausible as a camera's, worst first. */
export const INJECTION_INDICATORS = [
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
export type InjectionIndicator = (typeof INJECTION_INDICATORS)[number];

/**
 * What causes a weak indicator where there is no attack. `stillness`: a person who holds still. `stalling`: a camera or
 * a connection that stalls. `clock`: a wrong clock, or a file that an operator plays. `transcoding`: a codec or a
 * program between the camera and the client.
 */
type InnocentCause = 'stillness' | 'stalling' | 'clock' | 'transcoding';

interface Weight {
  /** 0..1; 1 is certainty. At `rejectSeverity` and above, the indicator rejects alone. */
  readonly severity: number;
  /**
   * Log-likelihood ratio: negative values speak against a bona fide presentation. Starting values, to be calibrated.
   */
  readonly llr: number;
  /** Null: only an attack explains it. */
  readonly cause: InnocentCause | null;
}

/**
 * A camera never gives frozen, looped, repeated or replayed pictures, nor three cuts in one session. All other
 * indicators have innocent causes, and are for the record: a camera that stalled makes one cut; a clock may be wrong; a
 * program that poses as a camera may have an honest use, and a video codec may lie behind it; a camera in the dark
 * repeats its pictures; a file that an operator plays has even times.
 */
const WEIGHTS: Readonly<Record<InjectionIndicator, Weight>> = {
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

/** Severity of the worst of these indicators, 0 for none. */
export function worstSeverity(indicators: readonly InjectionIndicator[]): number {
  return indicators.reduce((worst, indicator) => Math.max(worst, WEIGHTS[indicator].severity), 0);
}

/**
 * The log-likelihood ratio of the indicators together, 0 for none. Indicators with the same innocent cause count once,
 * by the worst of them. And they count only beside an indicator that this cause does not explain, so that one innocent
 * cause changes no outcome.
 */
export function corroboratedLlr(indicators: readonly InjectionIndicator[]): number {
  const byCause = new Map<InnocentCause, number>();
  let llr = 0;
  for (const indicator of indicators) {
    const weight = WEIGHTS[indicator];
    if (weight.cause === null) llr += weight.llr;
    else byCause.set(weight.cause, Math.min(byCause.get(weight.cause) ?? 0, weight.llr));
  }
  const corroborated = byCause.size > 1 || llr < 0;
  return corroborated ? [...byCause.values()].reduce((sum, one) => sum + one, llr) : 0;
}
