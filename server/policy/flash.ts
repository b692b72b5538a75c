/** A random sequence of colours around the picture, which the skin reflects. */
export interface FlashPolicy {
  /** Colours in a sequence. */
  readonly count: number;
  /** How long each is shown. At most three changes a second (WCAG 2.2, 2.3.1), so never below 334. */
  readonly stepMs: number;
  /** Share of a step, at its start, whose frames are left out. */
  readonly settleShare: number;
  /** From the reveal of a colour to the arrival of a frame that shows it; searched in steps of `lagStepMs`. */
  readonly minLagMs: number;
  readonly maxLagMs: number;
  readonly lagStepMs: number;
  /** The fewest colours of which frames must have been seen. */
  readonly minSteps: number;
  /** From this correlation on, the skin's tint follows the colours. */
  readonly followBar: number;
  /** From this root mean square on (natural logarithms), the changes of the tint are the screen's. */
  readonly minExplained: number;
  /** Changes this large, with a correlation below `contradictBar`, are caused by another sequence. */
  readonly minContradiction: number;
  readonly contradictBar: number;
  /** A background that follows with more than this share of the skin's change is lit as the face is. */
  readonly maxBackgroundShare: number;
}

/**
 * Starting values: no faces under a flashing screen were recorded for them. Simulated skin and camera (noise, drift,
 * white balance, 12 to 30 frames a second, lags to 400 ms; `test/evidence/flash.test.ts`), screen light .05 to .35 of
 * the room's: 2 000 of 2 000 sequences follow. Of 5 000 sequences with other colours than those shown none follows, and
 * 79 % contradict. Ten clips of people whose light is changed by computation (`bench/flash.ts`): heads that hold still
 * follow in 710 of 710 at .1, in 96 % at .05, in 39 % at .02, and none contradicts. In other colours than those shown,
 * or in none, 7 of 12 600 follow.
 */
export const flash: FlashPolicy = {
  count: 8,
  stepMs: 400,
  settleShare: 0.2,
  minLagMs: 50,
  maxLagMs: 650,
  lagStepMs: 25,
  minSteps: 7,
  followBar: 0.92,
  minExplained: 0.006,
  minContradiction: 0.06,
  contradictBar: 0.7,
  maxBackgroundShare: 0.8,
};
