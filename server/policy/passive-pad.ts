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
 * `npm run evaluate -- pad-grid`, the pair of MiniFASNet on two views of a face, pooled by recording: eight recordings
 * of printed photographs and one of a phone (no screen) reach .03 as they are, and .46 in the worst of 178 white
 * balances, tones, JPEG qualities, sizes and borders. Of 42 living recordings (development half) two are below .5 and
 * none below .2; in a warm lamp's light four and none. Scores are pooled as medians of seven, so that single frames
 * which fail do not decide.
 */
export const passivePad: PassivePadPolicy = {
  minFrames: 4,
  windowFrames: 7,
  acceptBar: 0.5,
  rejectBar: 0.2,
  maxYawDeg: 18,
};
