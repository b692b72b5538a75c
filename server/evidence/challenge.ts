import type { ChallengeKind } from '../../protocol/status.ts';
import type { ChallengePolicy } from '../decision/policy-shape.ts';
import type { Blink } from './blink.ts';
import type { Evidence } from './evidence.ts';

/** Why a challenge was not passed. */
export type ChallengeFailure = 'wrong-response' | 'unasked-turn' | 'too-early' | 'too-late';

/** One challenge from its drawing to its end. Times are server milliseconds. */
export type ChallengeRun = { readonly kind: ChallengeKind } & (
  | { readonly stage: 'pause'; readonly revealAtMs: number }
  /** Revealed; the face must first be seen in its neutral pose with eyes open. */
  | {
      readonly stage: 'awaiting-neutral';
      readonly revealedAtMs: number;
      readonly deadlineAtMs: number;
      readonly earlyTurns: number;
    }
  | {
      readonly stage: 'awaiting-response';
      readonly revealedAtMs: number;
      readonly deadlineAtMs: number;
      readonly earlyTurns: number;
      /** When the head left the neutral pose; null while it is in it. */
      readonly onsetAtMs: number | null;
    }
  /** Answered; waiting for the face to look straight and to be recognised again. */
  | { readonly stage: 'settling'; readonly respondedAtMs: number; readonly deadlineAtMs: number }
  | { readonly stage: 'passed' }
  | { readonly stage: 'failed'; readonly failure: ChallengeFailure }
);

/** What one frame shows that matters to a challenge. */
export interface ChallengeSample {
  /** Server time at which the frame arrived. */
  readonly atMs: number;
  /** Yaw against the session's neutral. Positive: toward image right, the subject's own left. */
  readonly relativeYawDeg: number;
  readonly eyesClosed: boolean;
  readonly blink: Blink | null;
  /** Track and identity are unbroken and the face is usable. */
  readonly trusted: boolean;
  /** An embedding of this very frame agreed with the session's own. */
  readonly recognised: boolean;
  /** An embedding of this very frame agreed, or fell short only as a turned head's does. */
  readonly resembles: boolean;
}

/** A picture is unmirrored: the subject's left is on the image's right, where yaw is positive. */
const TURN_SIGN = { 'turn-left': 1, 'turn-right': -1 } as const;

/** `draw` in [0, 1) sets the pause before the prompt. */
export function startChallenge(
  kind: ChallengeKind,
  atMs: number,
  draw: number,
  policy: ChallengePolicy,
): ChallengeRun {
  const pauseMs = policy.minPauseMs + draw * (policy.maxPauseMs - policy.minPauseMs);
  return { kind, stage: 'pause', revealAtMs: atMs + Math.round(pauseMs) };
}

/** Lets time pass: reveals what is due, and fails what is overdue. */
export function passTime(run: ChallengeRun, atMs: number, policy: ChallengePolicy): ChallengeRun {
  switch (run.stage) {
    case 'pause':
      if (atMs < run.revealAtMs) return run;
      return {
        kind: run.kind,
        stage: 'awaiting-neutral',
        revealedAtMs: atMs,
        deadlineAtMs: atMs + policy.responseMs,
        earlyTurns: 0,
      };
    case 'awaiting-neutral':
    case 'awaiting-response':
    case 'settling':
      return atMs < run.deadlineAtMs ? run : failed(run, 'too-late');
    case 'passed':
    case 'failed':
      return run;
  }
}

/** When `passTime` will next change something; null once the challenge has ended. */
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
 * Folds one frame. The head has to rest until it is asked to turn. A response counts when it begins from the neutral
 * pose, after the prompt and no sooner than a person can react, goes the asked way, and arrives before the deadline;
 * a turned head must itself resemble the session's face, or another's could be lent for the moment. It is complete
 * when the face looks straight again and an embedding says that it is still the same one.
 */
export function foldChallenge(
  run: ChallengeRun,
  sample: ChallengeSample,
  policy: ChallengePolicy,
): ChallengeRun {
  const neutral = Math.abs(sample.relativeYawDeg) < policy.neutralDeg && !sample.eyesClosed;
  switch (run.stage) {
    case 'pause':
      return sample.trusted && isTurned(sample, policy) ? failed(run, 'unasked-turn') : run;
    case 'passed':
    case 'failed':
      return run;
    case 'awaiting-neutral':
      if (!sample.trusted || !neutral || sample.atMs < run.revealedAtMs) return run;
      return { ...run, stage: 'awaiting-response', onsetAtMs: null };
    case 'awaiting-response':
      if (sample.atMs >= run.deadlineAtMs) return run;
      if (!sample.trusted) {
        const { kind, revealedAtMs, deadlineAtMs, earlyTurns } = run;
        return { kind, stage: 'awaiting-neutral', revealedAtMs, deadlineAtMs, earlyTurns };
      }
      return run.kind === 'blink' ? awaitBlink(run, sample, policy) : awaitTurn(run, sample, policy);
    case 'settling':
      if (!sample.trusted || !neutral || !sample.recognised || sample.atMs <= run.respondedAtMs) return run;
      return { kind: run.kind, stage: 'passed' };
  }
}

type Awaiting = Extract<ChallengeRun, { stage: 'awaiting-response' }>;

function responded(run: Awaiting, atMs: number, policy: ChallengePolicy): ChallengeRun {
  return { kind: run.kind, stage: 'settling', respondedAtMs: atMs, deadlineAtMs: atMs + policy.settleMs };
}

function failed({ kind }: ChallengeRun, failure: ChallengeFailure): ChallengeRun {
  return { kind, stage: 'failed', failure };
}

/** Too far aside to be at rest, whatever the direction. */
function isTurned({ relativeYawDeg }: ChallengeSample, { wrongTurnDeg }: ChallengePolicy): boolean {
  return Math.abs(relativeYawDeg) >= wrongTurnDeg;
}

function awaitBlink(run: Awaiting, sample: ChallengeSample, policy: ChallengePolicy): ChallengeRun {
  const { atMs, blink } = sample;
  if (isTurned(sample, policy)) return failed(run, 'wrong-response');
  const inTime = blink !== null && blink.startMs >= run.revealedAtMs + policy.earliestResponseMs;
  return inTime ? responded(run, atMs, policy) : run;
}

function awaitTurn(run: Awaiting, sample: ChallengeSample, policy: ChallengePolicy): ChallengeRun {
  const { atMs, relativeYawDeg } = sample;
  const { kind, revealedAtMs, deadlineAtMs } = run;
  if (kind === 'blink') return run;
  const turned = relativeYawDeg * TURN_SIGN[kind];
  if (Math.abs(turned) < policy.neutralDeg) return { ...run, onsetAtMs: null };
  const onsetAtMs = run.onsetAtMs ?? atMs;
  if (onsetAtMs < revealedAtMs + policy.earliestResponseMs) {
    const earlyTurns = run.earlyTurns + 1;
    if (earlyTurns > policy.maxEarlyTurns) return failed(run, 'too-early');
    return { kind, stage: 'awaiting-neutral', revealedAtMs, deadlineAtMs, earlyTurns };
  }
  if (turned <= -policy.wrongTurnDeg) return failed(run, 'wrong-response');
  if (turned >= policy.turnDeg && sample.resembles) return responded(run, atMs, policy);
  return { ...run, onsetAtMs };
}

/**
 * Assumed rates behind the log-likelihood ratios, starting values to be calibrated: a bona fide subject passes a
 * challenge with .95; a recording happens to blink in the window with .25, and turns the asked way from rest
 * in the window with .15.
 */
const PASSED_LLR: Readonly<Record<ChallengeKind, number>> = {
  blink: Math.log(0.95 / 0.25),
  'turn-left': Math.log(0.95 / 0.15),
  'turn-right': Math.log(0.95 / 0.15),
};
/** Too late is common with people (they did not notice); wrong or impossibly early is not. */
const FAILED_LLR: Readonly<Record<ChallengeFailure, number>> = {
  'too-late': Math.log(0.04 / 0.6),
  'wrong-response': Math.log(0.01 / 0.2),
  'unasked-turn': Math.log(0.02 / 0.3),
  'too-early': Math.log(0.003 / 0.2),
};

/** Score: challenges passed. `drawn` is how many have to be passed, 0 where the policy draws none. */
export function challengeEvidence(
  passed: readonly ChallengeKind[],
  failure: ChallengeFailure | null,
  drawn: number | null,
): Evidence {
  if (drawn === 0) return { measured: false, why: 'not-requested' };
  if (drawn === null || (failure === null && passed.length < drawn))
    return { measured: false, why: passed.length === 0 ? 'not-started' : 'too-few-frames' };
  const gained = passed.reduce((sum, kind) => sum + PASSED_LLR[kind], 0);
  const lost = failure === null ? 0 : FAILED_LLR[failure];
  return { measured: true, logLikelihoodRatio: gained + lost, score: passed.length, frames: passed.length };
}
