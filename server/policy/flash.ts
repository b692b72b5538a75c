import type { FlashPolicy } from './shape.ts';

/**
 * Starting values; nobody has filmed faces under a flashing screen for them. Simulated skin and camera (noise, drift, white
 * balance, 12 to 30 fps, lags to 400 ms; `test/evidence/flash.test.ts`), screen .05 to .35 of the room's light: 2 000 of
 * 2 000 sequences follow, and of 5 000 that showed other colours none, 79 % contradict. Ten clips of people whose light
 * is changed by computation (`bench/flash.ts`): heads that hold still follow in 710 of 710 at .1, in 96 % at .05, in 39 %
 * at .02, none contradicts; in colours other than those shown, or in none, 7 of 12 600 follow.
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
