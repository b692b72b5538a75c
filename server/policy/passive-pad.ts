/** How the scores of the networks for presentation attack detection (PAD) are pooled and judged. */
export interface PassivePadPolicy {
  readonly minFrames: number;
  /** The worst run of this many samples counts. */
  readonly windowFrames: number;
  readonly acceptBar: number;
  readonly rejectBar: number;
  readonly maxYawDeg: number;
}

/**
 * `npm run evaluate -- pad-grid`, the pair of MiniFASNet on two views of a face, pooled by recording: 8 recordings of
 * printed photographs and one of a phone (no screen) reach .03 as they are, and .24 in the worst of 90 white balances,
 * gammas and contrasts; with borders and cuts .35 in a study of the same recordings. Of 42 living recordings (development
 * half) 2 are below .5 and none below .2; in a warm lamp's light 4 and none. Scores are pooled as medians of seven, so
 * that single frames which fail do not decide.
 */
export const passivePad: PassivePadPolicy = {
  minFrames: 4,
  windowFrames: 7,
  acceptBar: 0.5,
  rejectBar: 0.2,
  maxYawDeg: 18,
};
