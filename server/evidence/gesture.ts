import type { ChallengeKind } from '../../protocol/status.ts';
import type { GesturePolicy } from '../policy/challenges.ts';
import type { FaceAnalysis, Pose } from '../vision/analysis.ts';
import type { Mouth } from '../vision/mouth.ts';
import { poseFrom } from '../vision/neutral-pose.ts';
import { median } from './sample.ts';

/** Pose, mouth and distance of a face, in one frame or at rest. */
export interface Posture {
  readonly pose: Pose;
  readonly mouth: Mouth;
  /** Distance between the eyes in pixels. It shows how near the face is. */
  readonly interEyePx: number;
  /** Width of the face as a share of the frame's. */
  readonly widthShare: number;
}

/** How far a face is from its rest. */
export interface Deviation {
  /** Turn of the head itself, wherever the camera is. Positive: toward image right, which is the subject's left. */
  readonly yawDeg: number;
  /** Positive: nose down. */
  readonly pitchDeg: number;
  /** Gap between the lips over the mouth's width, above that at rest. */
  readonly opening: number;
  /** Relative growth of the mouth's width. */
  readonly widening: number;
  /** Rise of the mouth's corners, over the distance between the outer corners of the eyes. */
  readonly cornerLift: number;
  /** Relative growth of the distance between the eyes. */
  readonly closeness: number;
}

export function postureOf({ pose, mouth, quality, box }: FaceAnalysis, frameWidth: number): Posture {
  return { pose, mouth, interEyePx: quality.interEyePx, widthShare: box.width / frameWidth };
}

/** The face at rest: the median of each measure, which one odd frame does not change. The list must not be empty. */
export function restOf(postures: readonly Posture[]): Posture {
  const middle = (pick: (posture: Posture) => number) => median(postures.map(pick));
  return {
    pose: {
      yawDeg: middle(({ pose }) => pose.yawDeg),
      pitchDeg: middle(({ pose }) => pose.pitchDeg),
      rollDeg: middle(({ pose }) => pose.rollDeg),
    },
    mouth: {
      opening: middle(({ mouth }) => mouth.opening),
      width: middle(({ mouth }) => mouth.width),
      cornerLift: middle(({ mouth }) => mouth.cornerLift),
    },
    interEyePx: middle(({ interEyePx }) => interEyePx),
    widthShare: middle(({ widthShare }) => widthShare),
  };
}

export function deviationFrom(rest: Posture, posture: Posture): Deviation {
  const { yawDeg, pitchDeg } = poseFrom(rest.pose, posture.pose);
  return {
    yawDeg,
    pitchDeg,
    opening: posture.mouth.opening - rest.mouth.opening,
    widening: growth(rest.mouth.width, posture.mouth.width),
    cornerLift: posture.mouth.cornerLift - rest.mouth.cornerLift,
    closeness: growth(rest.interEyePx, posture.interEyePx),
  };
}

function growth(before: number, after: number): number {
  return before > 0 ? after / before - 1 : 0;
}

/** Gestures of the whole head. They have a direction, so that a wrong one can be told. */
const HEAD_MOVES = ['turn-left', 'turn-right', 'look-up', 'look-down'] as const;
export type HeadMove = (typeof HEAD_MOVES)[number];

const TURNS: readonly ChallengeKind[] = ['turn-left', 'turn-right'];

export function isTurn(kind: ChallengeKind): boolean {
  return TURNS.includes(kind);
}

export function isNod(kind: ChallengeKind): boolean {
  return kind === 'look-up' || kind === 'look-down';
}

export function isHeadMove(kind: ChallengeKind): kind is HeadMove {
  return (HEAD_MOVES as readonly string[]).includes(kind);
}

/**
 * How far a gesture is done: 0 at rest, 1 where it counts, negative in the opposite direction. Pictures are not
 * mirrored: the subject's left is on the image's right, where yaw is positive. Always 0 for a blink, which has no
 * degrees.
 */
export function extentOf(kind: ChallengeKind, deviation: Deviation, policy: GesturePolicy): number {
  switch (kind) {
    case 'blink':
      return 0;
    case 'turn-left':
      return deviation.yawDeg / policy.turnDeg;
    case 'turn-right':
      return -deviation.yawDeg / policy.turnDeg;
    case 'look-up':
      return -deviation.pitchDeg / policy.lookDeg;
    case 'look-down':
      return deviation.pitchDeg / policy.lookDeg;
    case 'smile':
      // A mouth that opens becomes wider too, and its corners rise above the middle of the lips.
      return deviation.opening >= policy.smileMaxOpening
        ? 0
        : Math.min(deviation.widening / policy.smileWidening, deviation.cornerLift / policy.smileLift);
    case 'open-mouth':
      return deviation.opening / policy.mouthOpening;
    case 'come-closer':
      return deviation.closeness / policy.closeness;
  }
}

/**
 * The same for judging the course of a gesture. A smile's course is that of the mouth's width: its corners rise by so
 * little that the smaller of the two is hardly more than noise.
 */
export function courseExtentOf(kind: ChallengeKind, deviation: Deviation, policy: GesturePolicy): number {
  return kind === 'smile' ? deviation.widening / policy.smileWidening : extentOf(kind, deviation, policy);
}

/** The head moves that are done so far that they fail a challenge unless it asks for them. */
export function conspicuousMoves(deviation: Deviation, policy: GesturePolicy): readonly HeadMove[] {
  const { yawDeg, pitchDeg } = deviation;
  const moves: HeadMove[] = [];
  if (Math.abs(yawDeg) >= policy.wrongTurnDeg) moves.push(yawDeg > 0 ? 'turn-left' : 'turn-right');
  if (Math.abs(pitchDeg) >= policy.wrongLookDeg) moves.push(pitchDeg > 0 ? 'look-down' : 'look-up');
  return moves;
}

/** Whether the head is turned as it is at rest. The pitch drifts, so it counts only where a look is asked for. */
export function facesAhead(deviation: Deviation, kind: ChallengeKind, policy: GesturePolicy): boolean {
  const looks = kind === 'look-up' || kind === 'look-down';
  return (
    Math.abs(deviation.yawDeg) < policy.neutralTurnDeg &&
    (!looks || Math.abs(deviation.pitchDeg) < policy.neutralLookDeg)
  );
}

/** Whether a gesture can begin from here: the head looks ahead, and the gesture has not begun. */
export function isAtRest(deviation: Deviation, kind: ChallengeKind, policy: GesturePolicy): boolean {
  return (
    facesAhead(deviation, kind, policy) &&
    (isHeadMove(kind) || extentOf(kind, deviation, policy) < policy.begunShare)
  );
}

/** Whether the face is so far from its rest that an embedding of it is less reliable. */
export function isAway(deviation: Deviation, policy: GesturePolicy): boolean {
  return (
    Math.abs(deviation.yawDeg) > policy.awayTurnDeg ||
    Math.abs(deviation.pitchDeg) > policy.awayLookDeg ||
    extentOf('open-mouth', deviation, policy) >= policy.begunShare ||
    extentOf('smile', deviation, policy) >= policy.begunShare
  );
}

/**
 * Whether a face with this rest can do the gesture in front of this camera. One that fills the picture cannot approach.
 */
export function isFeasible(kind: ChallengeKind, rest: Posture, policy: GesturePolicy): boolean {
  return kind !== 'come-closer' || rest.widthShare <= policy.maxWidthShareToApproach;
}
