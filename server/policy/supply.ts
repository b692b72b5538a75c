import type { SupplyPolicy } from './shape.ts';

/**
 * Below 12 frames a second blinks are missed (`blink` in `policy.ts`). The bar is 11, so that cameras of 12 pass that keep
 * time badly or lose a frame now and then. At the bar, 12 missing frames are a stall of 1.1 s: shorter ones are forgiven; at
 * 5 frames a second as many are missing after 2 s. A server that is as full as it lets itself become analyses 17 to 18 of
 * 25 (`capacity.ts` promises 18), which is enough. A browser's help keeps back what does not fit while a face is being
 * placed, but for one picture a second: twice that is waited for. The other values are starting values.
 */
export const supply: SupplyPolicy = {
  minFramesPerSecond: 11,
  missingFrames: 12,
  steadyFrames: 6,
  recoveredFrames: 17,
  heldMs: 1_000,
  glimpseMs: 2_000,
  starvedShare: 0.25,
};
