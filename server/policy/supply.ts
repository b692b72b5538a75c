/**
 * How many analysed frames a second a session must get. Below that rate, missing evidence is not held against the
 * person.
 */
export interface SupplyPolicy {
  readonly minFramesPerSecond: number;
  /** A session is starved when it lacks this many frames of that rate. */
  readonly missingFrames: number;
  /** On a slow connection, positioning ends only when this many of the newest frames came at that rate. */
  readonly steadyFrames: number;
  /** A session is no longer starved when this many of the newest frames came at that rate. */
  readonly recoveredFrames: number;
  /** Positioning is starved when it has waited this long and lacks nothing but the rate. */
  readonly heldMs: number;
  /**
   * The longest time between two frames of a client that holds back pictures in which the face does not fit. It may do
   * so during positioning.
   */
  readonly glimpseMs: number;
  /** A challenge or phase counts as starved as a whole when it was starved for this share of its time. */
  readonly starvedShare: number;
}

/**
 * Below 12 frames a second blinks are missed (`blink.ts`). The bar is 11, so that a camera of 12 passes although it is
 * irregular or loses a frame now and then. At the bar, 12 missing frames are a stall of 1.1 s, and shorter stalls have
 * no effect. At 5 frames a second, 12 frames are missing after 2 s. A server at its own capacity limit analyses 17 to
 * 18 of 25 frames a second (`sessions/capacity.ts` promises 18), which is enough. While a face is being positioned, the
 * browser SDK holds back pictures that do not fit, but sends one a second: `glimpseMs` is twice that. The other values
 * are starting values.
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
