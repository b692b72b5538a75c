import type { DepthPolicy, InjectionPolicy, PlanarityPolicy } from './policy-shape.ts';

/**
 * Two pictures of a camera are never equal, for their noise; a second of them is no accident. A stalled camera may hand
 * the last picture of one session to the next, and no more than one.
 * Stillness, over any second of ten clips and eight webcam recordings of people: landmarks moved by .011 eye distances or
 * more; on still pictures with fresh noise by .003 to .009, at 47 px between the eyes as at 84. It counts against a
 * session but cannot reject it.
 * Repeats, `npm run bench:cues`: the same frames in another encoding or size come to within .003 to .034 eye distances
 * (medians of six clips, 47 to 130 px between the eyes). Of those six, played again encoded anew, scaled and backward, and
 * noisier at half the rate, five are found, and one whose face moves by .08 in all is not; none of ten clips (79 s), nor
 * puppets that turn the same way four times.
 * Cuts: of 3 600 steps in clips at full and half rate one jumps by .1 between stillness, and about a fourth of random cuts.
 * The rest are starting values.
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
  repeatExtent: 0.12,
  repeatDriftMs: 25,
  repeatGapMs: 1_000,
  posturesKept: 900,
  cutMotion: 0.1,
  cutStillness: 0.05,
  cutGapMs: 120,
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
 * Likeness to a stiff head in turns of 8° to 24°, medians, `npm run bench:cues`: five recordings of people .965 to .975;
 * printed photographs, bent and turned by hand (NUAA), .87 to .95 in the four that turn as far; ten photographs (LFW) held
 * flat, waved and turned by 30° to 65° .77 to .94, bent to a half-pipe .84 to .93; puppets, which have a network's idea of
 * depth, .92 to .96. A photograph waved at 30° reads as turned by 10° in the median, at 65° the face is lost half the
 * time. So few people turn in these recordings that the ratio may say little in favour.
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
 * Relief as a share of a face's, on depth drawn from the meshes of 28 people with noise of 1 to 6 mm (no recordings with
 * depth exist here), `npm run bench:cues`: people measured against another person's mesh .36 to .98; planes, cylinders of
 * 120 mm and paper folded along the nose −.16 to .11. A client may write what it likes in place of a sensor, so depth says
 * little in favour.
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
