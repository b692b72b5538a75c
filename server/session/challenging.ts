import type { ChallengeKind } from '../../protocol/status.ts';
import type { ChallengePolicy, GesturePolicy } from '../policy/challenges.ts';
import type { Policy } from '../policy/shape.ts';
import {
  foldChallenge,
  passTime,
  startChallenge,
  type ChallengeLog,
  type ChallengeRun,
  type ChallengeSample,
} from '../evidence/challenge.ts';
import { deviationFrom, isFeasible, isTurn, type Posture } from '../evidence/gesture.ts';
import { showsHead } from '../evidence/relief.ts';
import { alternativesTo, drawCount, drawKind, pick } from './draw-challenge.ts';
import type { Seen } from './accumulate-frame.ts';
import { enterMatching } from './matching.ts';
import type { ChallengingState, Live, MatchingState } from './state.ts';
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
  const log: ChallengeLog = { ...live.gathered.cues.challenge, of: drawCount(drawAt(draws, 0), challenges) };
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
): ChallengingState | MatchingState {
  const { challenges, gestures } = policy;
  if (challenges === null) return state;
  const sample = seen === null ? null : challengeSample(state, seen);
  const answered = sample === null ? state.run : foldChallenge(state.run, sample, challenges, gestures);
  const run = passTime(answered, atMs, challenges);
  if (run.stage === 'passed') return afterPass(state, run, atMs, draws, policy, challenges);
  if (run.stage !== 'failed') return { ...state, run };
  const log = { ...state.live.gathered.cues.challenge, failure: run.failure };
  return { ...state, run, live: withLog(state.live, log) };
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
  run: ChallengeRun,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
  challenges: ChallengePolicy,
): ChallengingState | MatchingState {
  const before = state.live.gathered.cues.challenge;
  const log: ChallengeLog = { ...before, passed: [...before.passed, run.kind] };
  const live = withLog(state.live, log);
  const open = feasible(challenges, state.rest, policy.gestures);
  if (log.passed.length >= (log.of ?? 0)) {
    if (!needsTurn(live, log, policy, challenges)) return enterMatching(live, state.rest, atMs, policy);
    const extra = withLog(live, { ...log, of: log.passed.length + 1 });
    const turn = drawKind(drawAt(draws, 0), log, { ...open, pool: open.pool.filter(isTurn) });
    return {
      ...state,
      live: extra,
      run: startChallenge(turn, atMs, drawAt(draws, 1), challenges, run.earlyStarts),
    };
  }
  const kind = drawKind(drawAt(draws, 0), log, open);
  return { ...state, live, run: startChallenge(kind, atMs, drawAt(draws, 1), challenges, run.earlyStarts) };
}

/**
 * Whether one more turn is asked for: the policy requires the relief of a head, and no turn has shown it. Not every turn
 * of a living person does.
 */
function needsTurn(
  { gathered }: Live,
  { passed, skipped }: ChallengeLog,
  policy: Policy,
  { pool, maxCount, maxExtraTurns }: ChallengePolicy,
): boolean {
  return (
    policy.requiredCues.includes('relief') &&
    passed.length < maxCount + maxExtraTurns &&
    pool.some((kind) => isTurn(kind) && !skipped.includes(kind)) &&
    !showsHead(gathered.cues.relief, policy)
  );
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
  const live = withLog(state.live, { ...before, skipped: [...before.skipped, state.run.kind] });
  return [{ ...state, live, run: startChallenge(kind, atMs, drawAt(draws, 1), policy.challenges) }, []];
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
