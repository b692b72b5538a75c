import type { ChallengeKind } from '../../protocol/status.ts';
import type { ChallengePolicy, GesturePolicy } from '../policy/challenges.ts';
import type { CoursePolicy } from '../policy/course.ts';
import type { SequencePolicy } from '../policy/sequence.ts';
import type { Blink } from './blink.ts';
import { unchanged, type CueDefinition } from './cue.ts';
import { NOT_REQUESTED, type Evidence } from './evidence.ts';
import { isCourseSeen, type CourseFrame } from './course.ts';
import {
  conspicuousMoves,
  courseExtentOf,
  extentOf,
  facesAhead,
  isAtRest,
  type Deviation,
} from './gesture.ts';

/** Why a challenge was not passed. */
export type ChallengeFailure =
  | 'wrong-response'
  | 'unasked-move'
  | 'too-early'
  | 'too-late'
  /** It was answered, but no answer's course was seen. */
  | 'unseen';

/** What is known of a challenge in every stage. */
interface ChallengeBase {
  readonly kind: ChallengeKind;
  /** Gestures that began before a person could react, in this challenge and in those before it in the session. */
  readonly earlyStarts: number;
  /** Answers to this challenge whose course was not seen. */
  readonly unseen: number;
}

/** One challenge, from its draw to its end. Times are server milliseconds. */
export type ChallengeRun = ChallengeBase &
  (
    | { readonly stage: 'pause'; readonly revealAtMs: number }
    /** Revealed. The face must first be seen at rest, with open eyes. */
    | {
        readonly stage: 'awaiting-neutral';
        readonly revealedAtMs: number;
        readonly deadlineAtMs: number;
      }
    | {
        readonly stage: 'awaiting-response';
        readonly revealedAtMs: number;
        readonly deadlineAtMs: number;
        /** When the gesture began; null while the face is at rest. */
        readonly onsetAtMs: number | null;
        /** Since when the gesture is done far enough to count. */
        readonly heldSinceMs: number | null;
        /** Every frame since the face was at rest; empty for a blink. */
        readonly course: readonly CourseFrame[];
      }
    /** Answered. The face must look straight and be recognised again. */
    | {
        readonly stage: 'settling';
        readonly respondedAtMs: number;
        readonly deadlineAtMs: number;
        readonly course: readonly CourseFrame[];
        /** From the prompt until the answer began. */
        readonly begunAfterMs: number;
      }
    | { readonly stage: 'passed'; readonly begunAfterMs: number }
    | { readonly stage: 'failed'; readonly failure: ChallengeFailure }
  );

/** What a challenge reads of one frame. */
export interface ChallengeSample {
  /** Server time at which the frame arrived. */
  readonly atMs: number;
  /** Against the face at rest. */
  readonly deviation: Deviation;
  readonly eyesClosed: boolean;
  readonly blink: Blink | null;
  /** Track and identity are unbroken, and the frame is usable. */
  readonly trusted: boolean;
  /** An embedding of this frame agreed with the session's own. */
  readonly recognised: boolean;
  /** An embedding of this frame agreed, or fell short by no more than a face away from its rest does. */
  readonly resembles: boolean;
}

/** `draw`, in [0, 1), sets the pause before the prompt. `earlyStarts` are those of the challenges before. */
export function startChallenge(
  kind: ChallengeKind,
  atMs: number,
  draw: number,
  policy: ChallengePolicy,
  earlyStarts = 0,
): ChallengeRun {
  const pauseMs = policy.minPauseMs + draw * (policy.maxPauseMs - policy.minPauseMs);
  return { kind, earlyStarts, unseen: 0, stage: 'pause', revealAtMs: atMs + Math.round(pauseMs) };
}

/** Lets time pass: reveals the challenge when it is due, and fails it when it is overdue. */
export function passTime(run: ChallengeRun, atMs: number, policy: ChallengePolicy): ChallengeRun {
  switch (run.stage) {
    case 'pause':
      if (atMs < run.revealAtMs) return run;
      return {
        ...baseOf(run),
        stage: 'awaiting-neutral',
        revealedAtMs: atMs,
        deadlineAtMs: atMs + policy.responseMs,
      };
    case 'awaiting-neutral':
    case 'awaiting-response':
    case 'settling':
      return atMs < run.deadlineAtMs ? run : failed(run, run.unseen > 0 ? 'unseen' : 'too-late');
    case 'passed':
    case 'failed':
      return run;
  }
}

/** When `passTime` next changes something; null once the challenge has ended. */
export function nextChallengeTime(run: ChallengeRun): number | null {
  switch (run.stage) {
    case 'pause':
      return run.revealAtMs;
    case 'awaiting-neutral':
    case 'awaiting-response':
    case 'settling':
      return run.deadlineAtMs;
    case 'passed':
    case 'failed':
      return null;
  }
}

/**
 * Folds one frame. The head must rest until it is asked to move. A response counts under these conditions: it begins
 * from rest, after the prompt, and no sooner than a person can react. It goes the asked way and no other. It is held as
 * long as its kind demands, and arrives before the deadline. The face that does it resembles the session's, so that no
 * other face can answer for a moment. The challenge is passed when the face looks straight again, an embedding agrees
 * that it is still the same face, and the frames show how the gesture came about. An answer whose course was not seen
 * may be given again, for a limited number of times.
 */
export function foldChallenge(
  run: ChallengeRun,
  sample: ChallengeSample,
  policy: ChallengePolicy,
  gestures: GesturePolicy,
): ChallengeRun {
  const { atMs, trusted, deviation, eyesClosed } = sample;
  switch (run.stage) {
    case 'pause':
      return trusted && conspicuousMoves(deviation, gestures).length > 0 ? failed(run, 'unasked-move') : run;
    case 'passed':
    case 'failed':
      return run;
    case 'awaiting-neutral':
      if (!trusted || eyesClosed || !isAtRest(deviation, run.kind, gestures) || atMs < run.revealedAtMs)
        return run;
      return {
        ...run,
        stage: 'awaiting-response',
        onsetAtMs: null,
        heldSinceMs: null,
        course: withFrame([], run.kind, sample, gestures),
      };
    case 'awaiting-response':
      if (atMs >= run.deadlineAtMs) return run;
      if (!trusted) return awaitRest(run, run.earlyStarts);
      if (conspicuousMoves(deviation, gestures).some((move) => move !== run.kind))
        return failed(run, 'wrong-response');
      return run.kind === 'blink'
        ? awaitBlink(run, sample, policy, gestures)
        : awaitGesture(
            { ...run, course: withFrame(run.course, run.kind, sample, gestures) },
            sample,
            policy,
            gestures,
          );
    case 'settling': {
      const course = withFrame(run.course, run.kind, sample, gestures);
      const isBack = trusted && !eyesClosed && sample.recognised && facesAhead(deviation, run.kind, gestures);
      if (!isBack || atMs <= run.respondedAtMs) return { ...run, course };
      return gestures.course === null ||
        run.kind === 'blink' ||
        isCourseSeen(run.kind, course, gestures.course)
        ? { ...baseOf(run), stage: 'passed', begunAfterMs: run.begunAfterMs }
        : notSeen(run, atMs, policy, gestures.course);
    }
  }
}

/** The course with one frame more. A blink has a course of its own (`blink.ts`). */
function withFrame(
  course: readonly CourseFrame[],
  kind: ChallengeKind,
  { atMs, deviation }: ChallengeSample,
  gestures: GesturePolicy,
): readonly CourseFrame[] {
  return kind === 'blink' ? course : [...course, { atMs, extent: courseExtentOf(kind, deviation, gestures) }];
}

function baseOf({ kind, earlyStarts, unseen }: ChallengeRun): ChallengeBase {
  return { kind, earlyStarts, unseen };
}

/** The gesture was done, but its course was not seen: the person does it again, with the full time. */
function notSeen(
  run: ChallengeRun,
  atMs: number,
  policy: ChallengePolicy,
  course: CoursePolicy,
): ChallengeRun {
  const unseen = run.unseen + 1;
  if (unseen > course.maxUnseen) return failed({ ...run, unseen }, 'unseen');
  return {
    ...baseOf(run),
    unseen,
    stage: 'awaiting-neutral',
    revealedAtMs: atMs,
    deadlineAtMs: atMs + policy.responseMs,
  };
}

type Awaiting = Extract<ChallengeRun, { stage: 'awaiting-response' }>;

function awaitRest(run: Awaiting, earlyStarts: number): ChallengeRun {
  const { revealedAtMs, deadlineAtMs } = run;
  return { ...baseOf(run), earlyStarts, stage: 'awaiting-neutral', revealedAtMs, deadlineAtMs };
}

function responded(run: Awaiting, begunAtMs: number, atMs: number, policy: ChallengePolicy): ChallengeRun {
  const { course, revealedAtMs } = run;
  return {
    ...baseOf(run),
    stage: 'settling',
    respondedAtMs: atMs,
    deadlineAtMs: atMs + policy.settleMs,
    course,
    begunAfterMs: begunAtMs - revealedAtMs,
  };
}

function failed(run: ChallengeRun, failure: ChallengeFailure): ChallengeRun {
  return { ...baseOf(run), stage: 'failed', failure };
}

function awaitBlink(
  run: Awaiting,
  { atMs, blink }: ChallengeSample,
  policy: ChallengePolicy,
  { course }: GesturePolicy,
): ChallengeRun {
  const inTime = blink !== null && blink.startMs >= run.revealedAtMs + policy.earliestBlinkMs;
  if (!inTime) return run;
  if (course === null || blink.courseSeen) return responded(run, blink.startMs, atMs, policy);
  // People blink again by themselves, and too quickly for many cameras: only the time for the answer ends the wait.
  return { ...run, unseen: run.unseen + 1 };
}

function awaitGesture(
  run: Awaiting,
  { atMs, deviation, resembles }: ChallengeSample,
  policy: ChallengePolicy,
  gestures: GesturePolicy,
): ChallengeRun {
  const extent = extentOf(run.kind, deviation, gestures);
  if (extent < gestures.begunShare) return { ...run, onsetAtMs: null, heldSinceMs: null };
  const onsetAtMs = run.onsetAtMs ?? atMs;
  if (onsetAtMs < run.revealedAtMs + policy.earliestGestureMs) {
    const earlyStarts = run.earlyStarts + 1;
    return earlyStarts > policy.maxEarlyStarts ? failed(run, 'too-early') : awaitRest(run, earlyStarts);
  }
  if (extent < 1) return { ...run, onsetAtMs, heldSinceMs: null };
  const heldSinceMs = run.heldSinceMs ?? atMs;
  const held = atMs - heldSinceMs >= gestures.holdMs[run.kind];
  return held && resembles ? responded(run, onsetAtMs, atMs, policy) : { ...run, onsetAtMs, heldSinceMs };
}

/**
 * The assumed rates behind the log-likelihood ratios. They are starting values, to be calibrated. A bona fide subject
 * passes a challenge with probability .95. A recording blinks within the window by chance with .25. It smiles or opens
 * its mouth long enough with .2, because people talk. It moves its head, or comes closer from rest, with .1.
 */
const MOVED_LLR = Math.log(0.95 / 0.1);
const PASSED_LLR: Readonly<Record<ChallengeKind, number>> = {
  blink: Math.log(0.95 / 0.25),
  'turn-left': MOVED_LLR,
  'turn-right': MOVED_LLR,
  'look-up': MOVED_LLR,
  'look-down': MOVED_LLR,
  smile: Math.log(0.95 / 0.2),
  'open-mouth': Math.log(0.95 / 0.2),
  'come-closer': MOVED_LLR,
};
/**
 * Bounds the sum at 20 : 1, however many challenges were passed. The rates rest on about sixty recordings of attackers.
 * When none of sixty succeeds, the true rate may still be three in sixty (95 %, the rule of three).
 */
const MAX_PASSED_LLR = 3;
/** People are often too late, because they did not notice. They are seldom wrong, and never impossibly early. */
const FAILED_LLR: Readonly<Record<ChallengeFailure, number>> = {
  'too-late': Math.log(0.04 / 0.6),
  'wrong-response': Math.log(0.01 / 0.2),
  'unasked-move': Math.log(0.02 / 0.3),
  'too-early': Math.log(0.003 / 0.2),
  unseen: Math.log(0.04 / 0.4),
};

/**
 * Score: challenges passed. `drawn` is how many must be passed: 0 where the policy draws none, null before the draw.
 */
export function challengeEvidence(
  passed: readonly ChallengeKind[],
  failure: ChallengeFailure | null,
  drawn: number | null,
): Evidence {
  if (drawn === 0) return NOT_REQUESTED;
  if (drawn === null || (failure === null && passed.length < drawn))
    return { measured: false, why: passed.length === 0 ? 'not-started' : 'too-few-frames' };
  const gained = Math.min(
    MAX_PASSED_LLR,
    passed.reduce((sum, kind) => sum + PASSED_LLR[kind], 0),
  );
  const lost = failure === null ? 0 : FAILED_LLR[failure];
  return { measured: true, logLikelihoodRatio: gained + lost, score: passed.length, frames: passed.length };
}

/**
 * The log-likelihood ratio of a passed challenge. A gesture that began later than `promptMs` after its prompt is less:
 * a recording begins its gestures at any time.
 */
export function passedLlr(
  kind: ChallengeKind,
  begunAfterMs: number,
  { promptMs, lateShare }: SequencePolicy,
): number {
  return PASSED_LLR[kind] * (begunAfterMs <= promptMs ? 1 : lateShare);
}

/** The challenges of a session. `of` is null until their number is drawn. It may grow. */
export interface ChallengeLog {
  readonly of: number | null;
  readonly passed: readonly ChallengeKind[];
  /** The sum of `passedLlr`; 0 where the number of challenges does not depend on it. */
  readonly gained: number;
  /** Answers whose course was not seen, of the passed and the skipped challenges. */
  readonly doubts: number;
  readonly skipped: readonly ChallengeKind[];
  /** Kinds that others took the place of, because no answer's course was seen. */
  readonly replaced: readonly ChallengeKind[];
  readonly failure: ChallengeFailure | null;
}

const noChallenges: ChallengeLog = {
  of: null,
  passed: [],
  gained: 0,
  doubts: 0,
  skipped: [],
  replaced: [],
  failure: null,
};

/** The phase `challenging` writes the log: a frame answers a challenge only together with the clock and the draws. */
export const challengeCue: CueDefinition<ChallengeLog, unknown, unknown> = {
  initial: noChallenges,
  fold: unchanged,
  evidence: ({ passed, failure, of }, _, policy) =>
    challengeEvidence(passed, failure, policy.challenges === null ? 0 : of),
  rejectReason: null,
};
