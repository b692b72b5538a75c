import type { ChallengeKind, Mode } from '../../protocol/status.ts';
import type { Cue } from './cues.ts';
import type { Fmr } from './false-match-rates.ts';

/** When each part of a session runs out. All in milliseconds of server time. */
export interface TimingPolicy {
  readonly helloMs: number;
  readonly positioningMs: number;
  /** The matching phase: time to collect what is still missing once all challenges are done. */
  readonly matchingMs: number;
  readonly sessionMs: number;
  /** How long to wait for a gallery search or for a reference to be stored. */
  readonly storageMs: number;
}

/** How many analysed frames a second a session must get before it can be held against a person that something is missing. */
export interface SupplyPolicy {
  readonly minFramesPerSecond: number;
  /** A session that lacks this many frames of that rate is starved. */
  readonly missingFrames: number;
  /** Where the line is slow, positioning ends only when the newest this many frames came at that rate. */
  readonly steadyFrames: number;
  /** When the newest this many frames came at that rate, a session is no longer starved. */
  readonly recoveredFrames: number;
  /** Positioning in which nothing but the rate is missing for this long is starved. */
  readonly heldMs: number;
  /** Longest time between two frames of a client that keeps back pictures that do not fit, as it may in positioning. */
  readonly glimpseMs: number;
  /** A challenge or phase is starved as a whole when it was for this share of its time. */
  readonly starvedShare: number;
}

/** How often a frame gets the expensive looks. */
export interface SamplingPolicy {
  readonly embedEveryMs: number;
  /** Interval once `enoughProbes` are pooled. */
  readonly embedSeldomEveryMs: number;
  readonly enoughProbes: number;
  readonly padEveryMs: number;
  readonly countFacesEveryMs: number;
}

export interface QualityPolicy {
  readonly minPresence: number;
  readonly minInterEyePx: number;
  /** Widest face as a share of the frame's width. */
  readonly maxWidthShare: number;
  readonly minInsideShare: number;
  readonly minBrightness: number;
  readonly maxBrightness: number;
  readonly maxClippedShare: number;
  readonly minSharpness: number;
  readonly maxOcclusion: number;
  /** Furthest a face may look aside in a probe, against the camera axis. */
  readonly maxYawDeg: number;
  readonly maxPitchDeg: number;
  readonly maxRollDeg: number;
}

/** What ends positioning: good frames in a row, still enough for a neutral pose. */
export interface PositioningPolicy {
  readonly goodFrames: number;
  readonly withinMs: number;
  readonly spanMs: number;
  /** Largest difference of yaw, and of pitch, among them. */
  readonly maxSpreadDeg: number;
  readonly probes: number;
}

export interface ChallengePolicy {
  readonly pool: readonly ChallengeKind[];
  readonly minCount: number;
  readonly maxCount: number;
  /** Head moves demand a direction, so that a recording has to guess; blinks come by themselves. */
  readonly minHeadMoves: number;
  readonly maxSkips: number;
  /** The pause before each prompt is drawn between these two. */
  readonly minPauseMs: number;
  readonly maxPauseMs: number;
  /** A blink that begins sooner after its prompt was no response to it. */
  readonly earliestBlinkMs: number;
  /** The same for a gesture, which is seen to have begun when a share of it is done. */
  readonly earliestGestureMs: number;
  readonly responseMs: number;
  /** From the response until the face looks straight again and is recognised. */
  readonly settleMs: number;
  /** Gestures begun before a person could have reacted: more than this many in a session fail the challenge. */
  readonly maxEarlyStarts: number;
}

/** How far a gesture must go to count, all against the face at rest as the session found it. */
export interface GesturePolicy {
  readonly turnDeg: number;
  /** A turn the other way, or while none is asked for, that fails the challenge. */
  readonly wrongTurnDeg: number;
  readonly neutralTurnDeg: number;
  /** Looks up and down, by pitch. */
  readonly lookDeg: number;
  readonly wrongLookDeg: number;
  readonly neutralLookDeg: number;
  /** A smile: relative growth of the mouth's width, and rise of its corners in eye distances. */
  readonly smileWidening: number;
  readonly smileLift: number;
  /** Lips further apart make no smile. */
  readonly smileMaxOpening: number;
  /** Growth of the gap between the lips over the mouth's width. */
  readonly mouthOpening: number;
  /** Relative growth of the distance between the eyes. */
  readonly closeness: number;
  /** Wider faces than this share of the frame are not asked to come closer. */
  readonly maxWidthShareToApproach: number;
  /** The share of a gesture from which on it has begun. */
  readonly begunShare: number;
  /** How long a gesture has to be held: lips part and widen for moments in speech. */
  readonly holdMs: Readonly<Record<ChallengeKind, number>>;
  /** From these angles on an embedding weakens. */
  readonly awayTurnDeg: number;
  readonly awayLookDeg: number;
}

export interface BlinkPolicy {
  /** Lids count as closed below this share of the rolling median openness. */
  readonly closedRatio: number;
  /** A dip seen in one frame only must be at least this deep. */
  readonly singleFrameRatio: number;
  readonly baselineMs: number;
  readonly minBaselineFrames: number;
  readonly minDurationMs: number;
  readonly maxDurationMs: number;
  /** Longest gap between two frames of a blink. */
  readonly maxFrameGapMs: number;
  readonly maxYawDeg: number;
  /** Largest change of pitch during a blink, against the rolling median. */
  readonly maxPitchChangeDeg: number;
  /** The absence of blinks says something only at this frame rate and after this long. */
  readonly minFramesPerSecond: number;
  readonly absenceMs: number;
}

export interface ContinuityPolicy {
  /** False where pictures may jump: then every embedding has to agree instead. */
  readonly followTrack: boolean;
  /** Fastest plausible move of the face's centre, in face sizes per millisecond, beyond `moveAllowance`. */
  readonly maxMovePerMs: number;
  readonly moveAllowance: number;
  /** Fastest plausible change of size, as |ln ratio| per millisecond, beyond `scaleAllowance`. */
  readonly maxScalePerMs: number;
  readonly scaleAllowance: number;
  readonly maxYawDegPerMs: number;
  readonly yawAllowanceDeg: number;
  /** Breaks beyond this many end the session. */
  readonly maxBreaks: number;
  /** Unclamped log-likelihood ratio against the session's own pool at which an embedding agrees or contradicts. */
  readonly agreeLlr: number;
  readonly contradictLlr: number;
  /** The same for a face away from its rest, where every embedding weakens. */
  readonly contradictAwayLlr: number;
  /**
   * Contradictions that make it another face, with no agreement between them: of good frames whose face looks ahead and has
   * done so for `aheadMs` spread over `contradictionSpanMs` at least; or of any over `awayContradictionSpanMs`, for turned
   * and hurried looks resemble nobody, but nobody looks away for so long.
   */
  readonly contradictionsToChange: number;
  readonly contradictionSpanMs: number;
  readonly aheadMs: number;
  readonly awayContradictionSpanMs: number;
  readonly minAgreements: number;
  readonly maxSeveralFacesMs: number;
}

export interface PassivePadPolicy {
  readonly minFrames: number;
  /** The worst run of this many samples in a row is what counts. */
  readonly windowFrames: number;
  readonly acceptBar: number;
  readonly rejectBar: number;
  readonly maxYawDeg: number;
}

/** How windows of living motion are weighed. */
export interface MotionPolicy {
  /** A new window is judged this often. */
  readonly everyMs: number;
  /** Fewest windows to say anything by. */
  readonly minWindows: number;
  /** Log-likelihood ratio: `slope` · log odds of the pooled probability + `offset`, kept within the two below. */
  readonly slope: number;
  readonly offset: number;
  readonly minLlr: number;
  readonly maxLlr: number;
}

export interface InjectionPolicy {
  /** False where the source is known to be a set of pictures. */
  readonly enforced: boolean;
  readonly minFrames: number;
  readonly minSpanMs: number;
  readonly frozenFrames: number;
  readonly frozenMs: number;
  /** Frames equal to one seen at least `loopGapMs` before. */
  readonly loopedFrames: number;
  readonly loopGapMs: number;
  /** Pictures that another session has shown. */
  readonly replayedFrames: number;
  readonly digestsKept: number;
  /** Landmark motion over `stillMs` below this share of the eye distance is no living person's. */
  readonly stillMotion: number;
  readonly stillMs: number;
  /** Fewest frames in `stillMs` to judge by. */
  readonly stillFrames: number;
  /** Postures this near to each other, in eye distances, may be the same moment of a recording. */
  readonly repeatMotion: number;
  /**
   * As many frames in a row on such a way, for this long, moving for `repeatMovedMs` of it, and this far from where they
   * began, are a recording come round. Rest does not tell one moment from another.
   */
  readonly repeatFrames: number;
  readonly repeatMs: number;
  readonly repeatMovedMs: number;
  readonly repeatExtent: number;
  /** Time in which a head goes this far, in eye distances, within this time counts as moved. */
  readonly repeatStride: number;
  readonly repeatStrideMs: number;
  /** Largest difference of pace, added up over the run. */
  readonly repeatDriftMs: number;
  readonly repeatGapMs: number;
  readonly posturesKept: number;
  /** A step of the head beyond `cutMotion` eye distances among steps below `cutStillness` is a cut. */
  readonly cutMotion: number;
  readonly cutStillness: number;
  /** Longest gap between two frames that still tells a cut from a pause, or from a jerk of the head between two frames. */
  readonly cutGapMs: number;
  /** Cuts that no camera's stalling explains. */
  readonly splicedCuts: number;
  /** Frames before shares and regularities are counted. */
  readonly minFramesToCount: number;
  /** Share of pictures equal to the one before. */
  readonly duplicatedShare: number;
  /** Share of a picture's blocks that come again exactly, from which on it has no camera's noise. */
  readonly standingShare: number;
  readonly metronomeFrames: number;
  readonly metronomeSpreadMs: number;
  /** Largest drift between the client's clock and the server's within a session. */
  readonly maxClockDriftMs: number;
  /** A severity at or above this rejects by itself. */
  readonly rejectSeverity: number;
}

/** A random sequence of colours around the picture, answered by skin. */
export interface FlashPolicy {
  /** Colours in a sequence. */
  readonly count: number;
  /** How long each is shown. At most three changes a second: never below 334. */
  readonly stepMs: number;
  /** Share of a step, at its start, in which frames are not looked at. */
  readonly settleShare: number;
  /** From a colour's revelation to the arrival of a frame that shows it; searched in steps of `lagStepMs`. */
  readonly minLagMs: number;
  readonly maxLagMs: number;
  readonly lagStepMs: number;
  /** Fewest colours that frames must have been seen of. */
  readonly minSteps: number;
  /** Correlation of the skin's tint with the colours from which on it follows them. */
  readonly followBar: number;
  /** Root mean square of the tint's changes, as natural logarithms, from which on they are the screen's. */
  readonly minExplained: number;
  /** Changes this large and a correlation below `contradictBar` are another sequence's. */
  readonly minContradiction: number;
  readonly contradictBar: number;
  /** A background that follows with more than this share of the skin's change is lit as the face is. */
  readonly maxBackgroundShare: number;
}

export interface PlanarityPolicy {
  /** Turned by no more than this, against the face at rest, a mesh is one at rest. */
  readonly restDeg: number;
  /** Turns that are judged. */
  readonly minTurnDeg: number;
  readonly maxTurnDeg: number;
  readonly maxNodDeg: number;
  readonly minFrames: number;
  /** The newest this many count. */
  readonly maxFrames: number;
  /** The log-likelihood ratio is `slope` × (score − `neutral`), kept within these two. */
  readonly neutral: number;
  readonly slope: number;
  readonly minLlr: number;
  readonly maxLlr: number;
  /** A score below it rejects by itself. */
  readonly rejectBar: number;
}

export interface DepthPolicy {
  /** Share of the face's landmarks that must have a depth. */
  readonly minCoverage: number;
  /** Correlation between the relief of depth and mesh below which the depth is not the face's. */
  readonly minAgreement: number;
  /** Fields of view that cameras have. */
  readonly minFieldOfViewDeg: number;
  readonly maxFieldOfViewDeg: number;
  readonly minFrames: number;
  /** The newest this many count. */
  readonly maxFrames: number;
  /** The log-likelihood ratio is `slope` × (score − `neutral`), kept within these two. */
  readonly neutral: number;
  readonly slope: number;
  readonly minLlr: number;
  readonly maxLlr: number;
  /** A score below it rejects by itself. */
  readonly rejectBar: number;
}

export interface MatchPolicy {
  /** False match rates at which the thresholds below were read off. */
  readonly acceptFmr: Fmr;
  readonly rejectFmr: Fmr;
  readonly identifyAcceptFmr: Fmr;
  readonly identifyRejectFmr: Fmr;
  /** Least difference between the best two subjects, in units of the unclamped log-likelihood ratio. */
  readonly identifyMarginLlr: number;
  readonly minProbes: number;
  readonly searchEveryMs: number;
}

export interface EnrolPolicy {
  readonly minFrames: number;
  /** Stored as soon as there are this many. */
  readonly targetFrames: number;
  readonly minSpanMs: number;
}

export interface FusionPolicy {
  readonly method: 'sum-llr' | 'weighted';
  /** Probability, before anything is seen, that the session is bona fide and the claim true. */
  readonly prior: number;
  readonly accept: number;
  /** What all cues but the match must reach by themselves: whoever shows a subject's picture resembles the subject. */
  readonly acceptLiveness: number;
  readonly reject: number;
  readonly cues: readonly Cue[];
}

export const POLICY_NAMES = ['standard', 'standard-flash', 'blink-only', 'passive', 'attended'] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

/** What an API key may be granted: `attend` is to vouch, as an operator, for who stands before the camera. */
export const RIGHTS = ['attend'] as const;
export type Right = (typeof RIGHTS)[number];

/** Everything a session may be decided by. Values, their data sets and error rates stand in `policy.ts`. */
export interface Policy {
  readonly name: PolicyName;
  readonly modes: readonly Mode[];
  /** The right that an API key needs to create a session; null: none. A policy without liveness needs one. */
  readonly needsRight: Right | null;
  /** Frames a client may have on the way, waiting and running together. */
  readonly frameWindow: number;
  readonly maxUndecodable: number;
  /** Frames that may cost a worker its life: one is bad luck, many in one session are not. */
  readonly maxLost: number;
  readonly statusEveryMs: number;
  readonly hintHoldMs: number;
  readonly timing: TimingPolicy;
  /** Null: frames may come as slowly as they like. */
  readonly supply: SupplyPolicy | null;
  readonly sampling: SamplingPolicy;
  readonly quality: QualityPolicy;
  readonly positioning: PositioningPolicy;
  /** Null: none are drawn. */
  readonly challenges: ChallengePolicy | null;
  readonly gestures: GesturePolicy;
  readonly blink: BlinkPolicy;
  readonly continuity: ContinuityPolicy;
  readonly passivePad: PassivePadPolicy;
  readonly motion: MotionPolicy;
  readonly injection: InjectionPolicy;
  readonly planarity: PlanarityPolicy;
  readonly depth: DepthPolicy;
  /** Null: never shown. Otherwise shown where the client offers it. */
  readonly flash: FlashPolicy | null;
  readonly match: MatchPolicy;
  readonly enrol: EnrolPolicy;
  readonly fusion: FusionPolicy;
  /** Cues without which there is no accept. `match` is required by verify and identify, whatever stands here. */
  readonly requiredCues: readonly Cue[];
}
