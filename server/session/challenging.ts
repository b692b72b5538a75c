import type { ChallengeKind } from '../../protocol/status.ts';
import type { ChallengePolicy, GesturePolicy } from '../policy/challenges.ts';
import type { Policy } from '../policy/shape.ts';
import {
  foldChallenge,
  passedLlr,
  passTime,
  startChallenge,
  type ChallengeLog,
  type ChallengeRun,
  type ChallengeSample,
} from '../evidence/challenge.ts';
import { deviationFrom, isFeasible, isTurn, type Posture } from '../evidence/gesture.ts';
import { nodsWithoutHead, showsHead } from '../evidence/relief.ts';
import { needsMore, plannedCount } from './challenge-plan.ts';
import { alternativesTo, drawKind, isClosed, pick, replacementsFor } from './draw-challenge.ts';
import type { Seen } from './accumulate-frame.ts';
import { enterMatching } from './matching.ts';
import type { ChallengingState, Live, MatchingState, SessionContext } from './state.ts';
import { drawAt, type Step } from './step.ts';

/** Draws the number of challenges and starts the first. Uses three draws. */
export function beginChallenges(
  live: Live,
  rest: Posture,
  atMs: number,
  draws: readonly number[],
  challenges: ChallengePolicy,
  gestures: GesturePolicy,
): ChallengingState {
  const of = plannedCount(drawAt(draws, 0), live.control.trust, challenges);
  const log: ChallengeLog = { ...live.gathered.cues.challenge, of };
  const kind = drawKind(drawAt(draws, 1), log, feasible(challenges, rest, gestures));
  const run = startChallenge(kind, atMs, drawAt(draws, 2), challenges);
  return { phase: 'challenging', live: withLog(live, log), rest, run };
}

/** Folds a frame (null: only time passed) into the running challenge, and starts the next when it is passed. */
export function advanceChallenging(
  state: ChallengingState,
  seen: Seen | null,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
  context: SessionContext,
): ChallengingState | MatchingState {
  const { challenges, gestures } = policy;
  if (challenges === null) return state;
  const sample = seen === null ? null : challengeSample(state, seen);
  const answered = sample === null ? state.run : foldChallenge(state.run, sample, challenges, gestures);
  const run = passTime(answered, atMs, challenges);
  if (run.stage === 'passed') return afterPass(state, run, atMs, draws, policy, challenges, context);
  if (run.stage !== 'failed') return { ...state, run };
  const replaced = run.failure === 'unseen' ? replaceChallenge(state, run, atMs, draws, policy) : null;
  if (replaced !== null) return replaced;
  const log = { ...state.live.gathered.cues.challenge, failure: run.failure };
  return { ...state, run, live: withLog(state.live, log) };
}

/**
 * Another challenge, at least as strong, in the place of one whose answers were not seen: what is not seen is no
 * failure. Null where there is none. Uses two draws.
 */
function replaceChallenge(
  state: ChallengingState,
  { kind, unseen, earlyStarts }: ChallengeRun,
  atMs: number,
  draws: readonly number[],
  { challenges, gestures }: Policy,
): ChallengingState | null {
  if (challenges === null || gestures.course === null) return null;
  const { challenge } = state.live.gathered.cues;
  const open = feasible(challenges, state.rest, gestures);
  const kinds = replacementsFor(kind, challenge, open, gestures.course.maxReplaced);
  if (kinds.length === 0) return null;
  const log = {
    ...challenge,
    replaced: [...challenge.replaced, kind],
    doubts: challenge.doubts + unseen,
  };
  const next = startChallenge(pick(drawAt(draws, 0), kinds), atMs, drawAt(draws, 1), challenges, earlyStarts);
  return { ...state, live: withLog(state.live, log), run: next };
}

/** Null for a frame without a face, which cannot answer. */
function challengeSample({ rest }: ChallengingState, { posture, ...seen }: Seen): ChallengeSample | null {
  return posture === null ? null : { ...seen, deviation: deviationFrom(rest, posture) };
}

/** The same policy without the kinds that this face cannot do in front of this camera. */
function feasible(challenges: ChallengePolicy, rest: Posture, gestures: GesturePolicy): ChallengePolicy {
  return { ...challenges, pool: challenges.pool.filter((kind) => isFeasible(kind, rest, gestures)) };
}

function afterPass(
  state: ChallengingState,
  run: Extract<ChallengeRun, { stage: 'passed' }>,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
  challenges: ChallengePolicy,
  context: SessionContext,
): ChallengingState | MatchingState {
  const before = state.live.gathered.cues.challenge;
  const { sequence } = challenges;
  const passed: ChallengeLog = {
    ...before,
    passed: [...before.passed, run.kind],
    gained: before.gained + (sequence === null ? 0 : passedLlr(run.kind, run.begunAfterMs, sequence)),
    doubts: before.doubts + run.unseen,
  };
  const isPlanned = passed.passed.length < (passed.of ?? 0);
  const after = { ...state, live: withLog(state.live, passed) };
  const open = feasible(challenges, state.rest, policy.gestures);
  const turns = isPlanned ? [] : neededTurns(after.live, passed, policy, open);
  if (!isPlanned && turns.length === 0 && !needsMore(after, policy, context))
    return enterMatching(after.live, state.rest, atMs, policy);
  const log = isPlanned ? passed : { ...passed, of: passed.passed.length + 1 };
  const kind = drawKind(drawAt(draws, 0), log, turns.length > 0 ? { ...open, pool: turns } : open);
  const next = startChallenge(kind, atMs, drawAt(draws, 1), challenges, run.earlyStarts);
  return { ...state, live: withLog(state.live, log), run: next };
}

/**
 * The turns, or without them the nods, of which one more is asked for: the policy requires the relief of a head, and
 * none has shown it. Not every turn of a living person does.
 */
function neededTurns(
  { gathered }: Live,
  log: ChallengeLog,
  policy: Policy,
  challenges: ChallengePolicy,
): readonly ChallengeKind[] {
  const { pool, maxCount, maxExtraTurns } = challenges;
  const isNeeded =
    policy.requiredCues.includes('relief') &&
    log.passed.length < maxCount + maxExtraTurns &&
    !showsHead(gathered.cues.relief, policy);
  if (!isNeeded) return [];
  const open = pool.filter((kind) => !isClosed(kind, log));
  const turns = open.filter(isTurn);
  if (turns.length > 0 || policy.relief.nod === null) return turns;
  const missing: readonly ChallengeKind[] = nodsWithoutHead(gathered.cues.relief, policy.relief);
  return open.filter((kind) => missing.includes(kind));
}

/** Whether the running challenge can be exchanged: it is revealed and unanswered, and there is another to take. */
export function isSkippable({ run, live, rest }: ChallengingState, policy: Policy): boolean {
  if (run.stage !== 'awaiting-neutral' && run.stage !== 'awaiting-response') return false;
  return alternatives(run.kind, live.gathered.cues.challenge, rest, policy).length > 0;
}

/** Exchanges the running challenge for one that is at least as strong, with a new pause. Uses two draws. */
export function skipChallenge(
  state: ChallengingState,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
): Step {
  if (policy.challenges === null || !isSkippable(state, policy))
    return [state, [{ type: 'send-error', code: 'skip.not_allowed' }]];
  const before = state.live.gathered.cues.challenge;
  const kind = pick(drawAt(draws, 0), alternatives(state.run.kind, before, state.rest, policy));
  const { run } = state;
  const live = withLog(state.live, {
    ...before,
    skipped: [...before.skipped, run.kind],
    doubts: before.doubts + run.unseen,
  });
  const next = startChallenge(kind, atMs, drawAt(draws, 1), policy.challenges, run.earlyStarts);
  return [{ ...state, live, run: next }, []];
}

function alternatives(
  kind: ChallengeKind,
  log: ChallengeLog,
  rest: Posture,
  { challenges, gestures }: Policy,
): readonly ChallengeKind[] {
  return challenges === null ? [] : alternativesTo(kind, log, feasible(challenges, rest, gestures));
}

function withLog(live: Live, challenge: ChallengeLog): Live {
  const { gathered } = live;
  return { ...live, gathered: { ...gathered, cues: { ...gathered.cues, challenge } } };
}
