/** When a stream of frames is implausible as a camera's. Rates and spans are in frames and milliseconds. */
export interface InjectionPolicy {
  /** False where the source is known to be a set of pictures. */
  readonly enforced: boolean;
  readonly minFrames: number;
  readonly minSpanMs: number;
  readonly frozenFrames: number;
  readonly frozenMs: number;
  /** Frames equal to one that was seen at least `loopGapMs` before. */
  readonly loopedFrames: number;
  readonly loopGapMs: number;
  /** Pictures that another session has shown. */
  readonly replayedFrames: number;
  readonly digestsKept: number;
  /** No living person's landmarks move by less than this over `stillMs`, in eye distances. */
  readonly stillMotion: number;
  readonly stillMs: number;
  /** The fewest frames within `stillMs` that can show stillness. */
  readonly stillFrames: number;
  /** Two faces whose points are this near to each other, in eye distances, may be the same moment of a recording. */
  readonly repeatMotion: number;
  /**
   * A recording has come round when this many frames in a row follow an earlier stretch, for `repeatMs`, move for
   * `repeatMovedMs` of it, and go `repeatExtent` away from where they began. A face at rest shows no repeat: its
   * moments look alike.
   */
  readonly repeatFrames: number;
  readonly repeatMs: number;
  readonly repeatMovedMs: number;
  readonly repeatExtent: number;
  /** The head moves while it covers `repeatStride` eye distances within `repeatStrideMs`. */
  readonly repeatStride: number;
  readonly repeatStrideMs: number;
  /** The largest difference of pace, summed over the run. */
  readonly repeatDriftMs: number;
  readonly repeatGapMs: number;
  readonly posturesKept: number;
  /** A step of the head beyond `cutMotion` eye distances, among steps below `cutStillness`, is a cut. */
  readonly cutMotion: number;
  readonly cutStillness: number;
  /** Over a longer gap than this, a cut cannot be told from a pause, or from a fast move between two frames. */
  readonly cutGapMs: number;
  /** This many cuts cannot be explained by a camera that stalls. */
  readonly splicedCuts: number;
  /** The fewest frames before shares and regularities are counted. */
  readonly minFramesToCount: number;
  /** Share of pictures that are equal to the one before. */
  readonly duplicatedShare: number;
  /** A picture lacks a camera's noise when this share of its blocks repeats exactly. */
  readonly standingShare: number;
  readonly metronomeFrames: number;
  readonly metronomeSpreadMs: number;
  /** The largest drift within a session between the client's clock and the server's. */
  readonly maxClockDriftMs: number;
  /** An indicator of this severity or more rejects by itself. */
  readonly rejectSeverity: number;
}

/**
 * Two pictures of a camera are never equal, because of noise. A second of equal pictures is no accident. A camera that
 * stalls may hand the last picture of one session to the next session, but no more than one. The other values were
 * measured with `npm run bench:cues`, on the development data and on simulated faces:
 * Stillness, over any second: the landmarks of people (ten clips, eight webcam recordings) moved by .011 eye distances
 * or more. Those of still pictures with fresh noise moved by .003 to .006. It counts beside other indicators only.
 * Repeats: another encoding of the same picture moves the landmarks by .003 to .034 eye distances (medians). Within
 * `repeatExtent`, people at rest come back to an earlier place by chance. A gesture that is asked for twice follows the
 * same path, and by chance one phase of it at the same pace: one way takes up to .56 s of movement, there and back
 * takes .65 s or more.
 * Cuts: of 3 600 steps in the clips, one is a jump of .1 between stillness: the camera had dropped a frame. About a
 * quarter of cuts to random moments are such jumps. At 12 frames a second, or at 10 that are played as 12, a fast move
 * of a living head is such a jump. So only steps of 70 ms or less are judged.
 * Blocks that repeat exactly: at most .033 (median of a recording) from eight webcams; .03 to .32 in clips that a video
 * codec had encoded, six of ten beyond the bar. Cameras with such a codec inside were not measured, so this indicator
 * is weak.
 * The remaining values are starting values.
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
