/** When a turning face moves like a head with depth. */
export interface DepthParallaxPolicy {
  /** A face turned by no more than this, against its rest, is a face at rest. */
  readonly restDeg: number;
  /** The turns that are judged. */
  readonly minTurnDeg: number;
  readonly maxTurnDeg: number;
  readonly maxNodDeg: number;
  readonly minFrames: number;
  /** This many of the newest frames count. */
  readonly maxFrames: number;
  /** The log-likelihood ratio is `slope` × (score − `neutral`), within `minLlr` and `maxLlr`. */
  readonly neutral: number;
  readonly slope: number;
  readonly minLlr: number;
  readonly maxLlr: number;
  /** A lower score rejects by itself. */
  readonly rejectBar: number;
}

/**
 * Depth parallax in turns of 8° to 24°, medians, by `npm run bench:cues`: .966 to .971 for four recordings of people;
 * .90 for printed photographs that were bent and turned by hand, in the one recording of eight with a turn and without
 * a nod; .83 to .87 for photographs waved flat; .88 to .93 for photographs held as half a pipe; .93 to .97 for puppets,
 * which have the depth that a network assumes. All people are above all photographs (area under the curve 1, of four
 * and ten). The distance of the movement from that of a plane separates them no better than chance. A photograph that
 * is turned by 30° is measured as turned by 8° in the median; at 65°, where the face is not lost, as 18°. So few people
 * turn in these recordings that the ratio may speak little in favour, and rejects only far below all of them.
 */
export const depthParallax: DepthParallaxPolicy = {
  restDeg: 4,
  minTurnDeg: 8,
  maxTurnDeg: 24,
  maxNodDeg: 10,
  minFrames: 4,
  maxFrames: 200,
  neutral: 0.945,
  slope: 40,
  minLlr: -2,
  maxLlr: 0.8,
  rejectBar: 0.84,
};
