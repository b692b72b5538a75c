import type { FlashPolicy } from './policy-shape.ts';

/**
 * Starting values; no recordings of flashes exist here. Correlation: in a simulated camera (noise, drift, white balance,
 * 12 to 30 fps, lags to 400 ms) of skin whose light is a tenth the screen's 99 % exceed .98, at a fiftieth .92; of
 * sequences other than the one shown .1 % exceed .91. In ten clips of people who talk and turn, lit by no screen, none
 * of 1 110 sequences drawn at random exceeds .89; their tint changes by .011 (median), .043 at most.
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
