import type { ChallengeStatus, Hint, PublicStatus } from '../../protocol/status.ts';
import type { Policy } from '../policy/shape.ts';
import type { ChallengeRun } from '../evidence/challenge.ts';
import { deviationFrom, facesAhead, isAtRest } from '../evidence/gesture.ts';
import { isSkippable } from './challenging.ts';
import { halfTimeOf } from './deadlines.ts';
import { probeFinding } from './findings.ts';
import { flashProgress, flashStatus } from './flashing.ts';
import { SLOWNESS_HINT } from './frame-supply.ts';
import type { ChallengingState, LiveState, MatchingState, PositioningState } from './state.ts';

/** What the client may see of a live session at `atMs`: the phase, its progress, and the hint that helps most now. */
export function publicStatus(state: LiveState, atMs: number, policy: Policy): PublicStatus {
  const { box } = state.live.look;
  const hint = hintOf(state, atMs, policy);
  const challenge = state.phase === 'challenging' ? challengeStatus(state, atMs, policy) : null;
  const flash = flashStatus(state, atMs, policy);
  return {
    phase: state.phase,
    ...(box === null ? {} : { face: box }),
    ...(hint === null ? {} : { hint }),
    progress: progressOf(state, policy),
    ...(challenge === null ? {} : { challenge }),
    ...(flash === null ? {} : { flash }),
  };
}

function hintOf(state: LiveState, atMs: number, policy: Policy): Hint | null {
  switch (state.phase) {
    case 'positioning':
      return positioningHint(state, atMs, policy);
    case 'challenging':
      return challengingHint(state, atMs, policy);
    case 'matching':
      return matchingHint(state, atMs, policy);
  }
}

/** The quality gate's hint. Closed eyes are no reason for one until they are closed for longer than a blink. */
function gateHint({ live }: LiveState, atMs: number, policy: Policy): Hint | null {
  const hint = live.look.assessment?.hint ?? null;
  if (hint !== 'open-eyes') return hint;
  const { dip } = live.gathered.cues.blink;
  return dip !== null && atMs - dip.startMs > policy.blink.maxDurationMs ? hint : null;
}

function positioningHint(state: PositioningState, atMs: number, policy: Policy): Hint | null {
  if (state.live.look.assessment === null) return supplyHint(state);
  return gateHint(state, atMs, policy) ?? supplyHint(state) ?? 'hold-still';
}

/** Says what is too slow. Hints that ask the person for something come first. */
function supplyHint({ live }: LiveState): Hint | null {
  const { starvedBy } = live.supply;
  return starvedBy === null ? null : SLOWNESS_HINT[starvedBy];
}

function challengingHint(state: ChallengingState, atMs: number, policy: Policy): Hint | null {
  const { live, run, rest } = state;
  const { assessment, posture } = live.look;
  if (assessment !== null && !assessment.usable) return assessment.hint;
  const deviation = posture === null ? null : deviationFrom(rest, posture);
  const aside = deviation !== null && !facesAhead(deviation, run.kind, policy.gestures);
  switch (run.stage) {
    case 'pause':
      return aside ? 'look-straight' : (supplyHint(state) ?? 'hold-still');
    case 'awaiting-neutral':
      if (aside) return 'look-straight';
      return run.kind === 'come-closer' &&
        deviation !== null &&
        !isAtRest(deviation, run.kind, policy.gestures)
        ? 'move-back'
        : askingHint(state, atMs, policy);
    case 'awaiting-response':
      return askingHint(state, atMs, policy);
    case 'settling':
      return 'look-straight';
    case 'passed':
    case 'failed':
      return null;
  }
}

/**
 * First says what is asked for, or that it is asked for again because its course was not seen. After half the time it
 * says why no answer was seen.
 */
function askingHint(state: ChallengingState, atMs: number, policy: Policy): Hint {
  const { run } = state;
  const isAskedAgain = run.unseen > 0 && run.kind !== 'blink' && 'revealedAtMs' in run;
  if (isAskedAgain && atMs - run.revealedAtMs < policy.hintHoldMs) return supplyHint(state) ?? 'again-slower';
  const isOverdue = atMs >= (halfTimeOf(state.run) ?? Infinity);
  return (isOverdue ? supplyHint(state) : null) ?? 'do-challenge';
}

function matchingHint(state: MatchingState, atMs: number, policy: Policy): Hint {
  return state.pending === null
    ? (gateHint(state, atMs, policy) ?? supplyHint(state) ?? 'hold-still')
    : 'wait';
}

/** Nothing about a challenge is shown before it starts (SPEC R24). */
function challengeStatus(state: ChallengingState, atMs: number, policy: Policy): ChallengeStatus | null {
  const { run, live } = state;
  const { passed, of } = live.gathered.cues.challenge;
  const remainingMs = remainingOf(run, atMs);
  if (remainingMs === null || policy.challenges === null || of === null) return null;
  return {
    kind: run.kind,
    number: passed.length + 1,
    of,
    remainingMs,
    skippable: isSkippable(state, policy),
  };
}

function remainingOf(run: ChallengeRun, atMs: number): number | null {
  switch (run.stage) {
    case 'awaiting-neutral':
    case 'awaiting-response':
    case 'settling':
      return Math.max(0, run.deadlineAtMs - atMs);
    case 'pause':
    case 'passed':
    case 'failed':
      return null;
  }
}

/** 0..1. It may fall; `paceStatus` keeps what is sent from falling. */
function progressOf(state: LiveState, policy: Policy): number {
  const { gathered, mode } = state.live;
  switch (state.phase) {
    case 'positioning':
      return Math.min(1, state.postures.length / policy.positioning.goodFrames);
    case 'challenging': {
      const { passed, of } = gathered.cues.challenge;
      const half = state.run.stage === 'settling' ? 0.5 : 0;
      return of === null ? 0 : Math.min(1, (passed.length + half) / of);
    }
    case 'matching': {
      const shown =
        mode === 'enrol'
          ? (probeFinding(state, policy)?.agreeing.length ?? 0) / policy.enrol.targetFrames
          : gathered.probes.frames / policy.match.minProbes;
      return Math.min(1, shown, flashProgress(state, policy));
    }
  }
}
