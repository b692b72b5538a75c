import type { DepthPolicy, InjectionPolicy, PlanarityPolicy } from './shape.ts';

/**
 * Two pictures of a camera are never equal, for their noise; a second of them is no accident. A stalled camera may hand
 * the last picture of one session to the next, and no more than one. The rest by `npm run bench:cues`, on the development
 * data and puppets:
 * Stillness, over any second: landmarks of people (ten clips, eight webcam recordings) moved by .011 eye distances or
 * more, those of still pictures with fresh noise by .003 to .006. It counts beside other signs only.
 * Repeats: another encoding of the same picture moves landmarks by .003 to .034 eye distances (medians). Below
 * `repeatExtent` people who rest come back to where they were by chance. A gesture that is asked for twice comes on
 * the same path, and one phase of it at the same pace by chance: a way there takes up to .56 s of movement, there and
 * back from .65 s.
 * Cuts: of 3 600 steps in the clips one is a jump of .1 between stillness, where the camera had dropped a frame; of
 * cuts to random moments about a fourth are. At 12 frames a second, or 10 played as 12, a jerk of a living head is
 * such a jump: only steps of 70 ms and less are judged.
 * Standing blocks: at most .033 (median of a recording) before eight webcams, .03 to .32 in clips out of a video codec, six
 * of ten beyond the bar. Honest cameras with such a codec inside were not measured, so the sign is weak.
 * The other values are starting values.
 */
export const injection: InjectionPolicy = {
  enforced: true,
  minFrames: 8,
  minSpanMs: 500,
  frozenFrames: 5,
  frozenMs: 1_000,
  loopedFrames: 5,
  loopGapMs: 500,
  replayedFrames: 3,
  digestsKept: 900,
  stillMotion: 0.009,
  stillMs: 1_000,
  stillFrames: 4,
  repeatMotion: 0.025,
  repeatFrames: 10,
  repeatMs: 1_200,
  repeatMovedMs: 600,
  repeatExtent: 0.12,
  repeatStride: 0.06,
  repeatStrideMs: 250,
  repeatDriftMs: 25,
  repeatGapMs: 1_000,
  posturesKept: 900,
  cutMotion: 0.1,
  cutStillness: 0.05,
  cutGapMs: 70,
  splicedCuts: 3,
  minFramesToCount: 30,
  duplicatedShare: 0.3,
  standingShare: 0.1,
  metronomeFrames: 30,
  metronomeSpreadMs: 0.05,
  maxClockDriftMs: 3_000,
  rejectSeverity: 0.8,
};

/**
 * Likeness to a stiff head in turns of 8° to 24°, medians, `npm run bench:cues`: four recordings of people .966 to .971;
 * printed photographs, bent and turned by hand, .90 in the one of eight that is turned so and not nodded; photographs
 * waved flat .83 to .87, held as half a pipe .88 to .93; puppets, which have a network's idea of depth, .93 to .97. All
 * people above all photographs (AUC 1, of four and ten); the movement's distance from a plane's is no better than chance.
 * A photograph turned by 30° reads as turned by 8° in the median, by 65° as 18° where the face is not lost. So few people
 * turn in these recordings that the ratio may say little in their favour, and rejects only far below all of them.
 */
export const planarity: PlanarityPolicy = {
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

/**
 * Relief as a share of a face's, on depth drawn from the meshes of 18 people with noise of 1 to 6 mm (no recordings with
 * depth exist here), `npm run bench:cues`: people under another person's mesh .63 to .95; planes, cylinders of 120 mm and
 * paper folded along the nose −.10 to .09. A client may write what it likes in place of a sensor, so depth says little
 * in favour.
 */
export const depth: DepthPolicy = {
  minCoverage: 0.6,
  minAgreement: 0.4,
  minFieldOfViewDeg: 30,
  maxFieldOfViewDeg: 110,
  minFrames: 5,
  maxFrames: 200,
  neutral: 0.24,
  slope: 10,
  minLlr: -4,
  maxLlr: 1,
  rejectBar: 0.2,
};
