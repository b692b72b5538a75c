/**
 * What must be seen of a movement before it counts. Distances are shares of the way from rest to the movement's peak.
 */
export interface CoursePolicy {
  /** Frames that far from both ends, or further, are between them. */
  readonly endShare: number;
  /** Frames between the ends, each way. */
  readonly minFramesBetween: number;
  /** Frames between the ends, both ways together, where the return is judged too. */
  readonly minFramesBothWays: number;
  /** A frame counts only if the movement went on by this much since the last one that counted. */
  readonly minStepShare: number;
  /** The most that lies between two frames. */
  readonly maxStepShare: number;
  /** The most that a movement may go back on its way. */
  readonly maxBackShare: number;
  /**
   * The longest time between two frames. Between two counted ones it may be the share of the way's time, if that is
   * longer.
   */
  readonly maxGapMs: number;
  readonly maxGapShare: number;
  /** But never longer than this. */
  readonly longestGapMs: number;
  /** The longest time in which frames come but show the same, in the same two ways. */
  readonly maxStandMs: number;
  readonly maxStandShare: number;
  /** The shortest time of a way from one end to the other. */
  readonly minWayMs: number;
  /**
   * So many answers to a challenge may go unseen, and be given again. Then another challenge takes its place. Blinks
   * may go unseen until the time for the answer is over.
   */
  readonly maxUnseen: number;
  /** So many challenges of a session may be replaced because no answer's course was seen. Then one fails. */
  readonly maxReplaced: number;
}

/**
 * Stills go from one end to the other within a frame, or stand in between. The first frame after a jump may be measured
 * up to .3 short of it, because the face is searched where it was before: hence `maxStepShare`. Nobody in the living
 * recordings was asked to move: of movements as large as a challenge asks for, which mostly are no clean way out and
 * back, `npm run bench:gestures -- --only courses` finds 11 of 20 turns to the left seen at 15 frames a second, 4 of 13
 * to the right, 12 of 19 looks up, 8 of 26 down and 10 of 23 open mouths of talkers; at 30, 6 of 9, 2 of 5, 5 of 9, 6
 * of 12 and 6 of 13. What is not seen is asked for again, then replaced. Of stills, three pictures between the ends
 * each way, at 8 a second, are a film that passes. `maxGapMs` lets 12 frames a second through when one comes a third
 * late, and stops 8 a second. A camera that sends each picture twice stands for 33 ms; 8 pictures a second stand for 66
 * ms and longer where 25 frames a second or more are sent.
 */
export const course: CoursePolicy = {
  endShare: 0.15,
  minFramesBetween: 1,
  minFramesBothWays: 3,
  minStepShare: 0.05,
  maxStepShare: 0.65,
  maxBackShare: 0.3,
  maxGapMs: 115,
  maxGapShare: 0.4,
  longestGapMs: 200,
  maxStandMs: 60,
  maxStandShare: 0.35,
  minWayMs: 75,
  maxUnseen: 1,
  maxReplaced: 2,
};
