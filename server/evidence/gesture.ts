import type { ChallengeKind } from '../../protocol/status.ts';
import type { GesturePolicy } from '../policy/shape.ts';
import type { FaceAnalysis, Pose } from '../vision/analysis.ts';
import type { Mouth } from '../vision/mouth.ts';
import { poseFrom } from '../vision/neutral-pose.ts';
import { median } from './sample.ts';

/** How a face holds itself in one frame, or how it is found at rest. */
export interface Posture {
  readonly pose: Pose;
  readonly mouth: Mouth;
  /** Distance between the eyes in pixels: how near the face is. */
  readonly interEyePx: number;
  /** Width of the face as a share of the frame's. */
  readonly widthShare: number;
}

/** How far a face is from its rest. */
export interface Deviation {
  /** Turn of the head itself, whatever the camera's place. Positive: toward image right, the subject's own left. */
  readonly yawDeg: number;
  /** Positive: nose down. */
  readonly pitchDeg: number;
  /** Gap between the lips over the mouth's width, above that at rest. */
  readonly opening: number;
  /** Relative growth of the mouth's width. */
  readonly widening: number;
  /** Rise of the mouth's corners in distances between the eyes' outer corners. */
  readonly cornerLift: number;
  /** Relative growth of the distance between the eyes. */
  readonly closeness: number;
}

export function postureOf({ pose, mouth, quality, box }: FaceAnalysis, frameWidth: number): Posture {
  return { pose, mouth, interEyePx: quality.interEyePx, widthShare: box.width / frameWidth };
}

/** The median of each measure: how a person holds still, which one odd frame does not move. Not of an empty list. */
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

/** Gestures of the whole head, which have a direction; any other one is at odds with them. */
export const HEAD_MOVES = ['turn-left', 'turn-right', 'look-up', 'look-down'] as const;
export type HeadMove = (typeof HEAD_MOVES)[number];

export function isHeadMove(kind: ChallengeKind): kind is HeadMove {
  return (HEAD_MOVES as readonly string[]).includes(kind);
}

/**
 * How far a gesture is done: 0 at rest, 1 where it counts, negative the opposite way. A picture is unmirrored: the
 * subject's left is on the image's right, where yaw is positive. 0 for a blink, which is no matter of degree.
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
      // An opening mouth widens too, and its corners lie above the middle of its lips.
      return deviation.opening >= policy.smileMaxOpening
        ? 0
        : Math.min(deviation.widening / policy.smileWidening, deviation.cornerLift / policy.smileLift);
    case 'open-mouth':
      return deviation.opening / policy.mouthOpening;
    case 'come-closer':
      return deviation.closeness / policy.closeness;
  }
}

/** The head moves that are done so far that they must have been asked for. */
export function conspicuousMoves(deviation: Deviation, policy: GesturePolicy): readonly HeadMove[] {
  const { yawDeg, pitchDeg } = deviation;
  const moves: HeadMove[] = [];
  if (Math.abs(yawDeg) >= policy.wrongTurnDeg) moves.push(yawDeg > 0 ? 'turn-left' : 'turn-right');
  if (Math.abs(pitchDeg) >= policy.wrongLookDeg) moves.push(pitchDeg > 0 ? 'look-down' : 'look-up');
  return moves;
}

/** Whether the head faces as it does at rest. Its pitch, which drifts, matters to whoever asks for a look. */
export function facesAhead(deviation: Deviation, kind: ChallengeKind, policy: GesturePolicy): boolean {
  const looks = kind === 'look-up' || kind === 'look-down';
  return (
    Math.abs(deviation.yawDeg) < policy.neutralTurnDeg &&
    (!looks || Math.abs(deviation.pitchDeg) < policy.neutralLookDeg)
  );
}

/** Whether a gesture could begin from here: the head ahead, and the gesture itself not half done already. */
export function isAtRest(deviation: Deviation, kind: ChallengeKind, policy: GesturePolicy): boolean {
  return (
    facesAhead(deviation, kind, policy) &&
    (isHeadMove(kind) || extentOf(kind, deviation, policy) < policy.begunShare)
  );
}

/** Whether a network that knows the face at rest may know it less well. */
export function isAway(deviation: Deviation, policy: GesturePolicy): boolean {
  return (
    Math.abs(deviation.yawDeg) > policy.awayTurnDeg ||
    Math.abs(deviation.pitchDeg) > policy.awayLookDeg ||
    extentOf('open-mouth', deviation, policy) >= policy.begunShare ||
    extentOf('smile', deviation, policy) >= policy.begunShare
  );
}

/** The kinds that a face at this rest can do before this camera: one that fills the picture cannot come closer. */
export function isFeasible(kind: ChallengeKind, rest: Posture, policy: GesturePolicy): boolean {
  return kind !== 'come-closer' || rest.widthShare <= policy.maxWidthShareToApproach;
}
