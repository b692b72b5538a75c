import type { Policy, ChallengePolicy } from '../decision/policy-shape.ts';
import { foldChallenge, passTime, startChallenge, type ChallengeRun } from '../evidence/challenge.ts';
import { alternativesTo, drawCount, drawKind, pick } from './draw-challenge.ts';
import type { Seen } from './fold-analysis.ts';
import { enterMatching } from './matching.ts';
import type { ChallengeLog, ChallengingState, Live, MatchingState } from './state.ts';
import { drawAt, type Step } from './step.ts';

/** Counts the challenges out and starts the first. Uses three draws. */
export function beginChallenges(
  live: Live,
  neutralYawDeg: number,
  atMs: number,
  draws: readonly number[],
  policy: ChallengePolicy,
): ChallengingState {
  const log: ChallengeLog = { ...live.gathered.challenges, of: drawCount(drawAt(draws, 0), policy) };
  const kind = drawKind(drawAt(draws, 1), log, policy);
  const run = startChallenge(kind, atMs, drawAt(draws, 2), policy);
  return { phase: 'challenging', live: withLog(live, log), neutralYawDeg, run };
}

/** Folds a frame (null: only time went by) into the running challenge and starts the next when it is passed. */
export function advanceChallenging(
  state: ChallengingState,
  seen: Seen | null,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
): ChallengingState | MatchingState {
  const { challenges } = policy;
  if (challenges === null) return state;
  const answered =
    seen === null ? state.run : foldChallenge(state.run, challengeSample(state, seen), challenges);
  const run = passTime(answered, atMs, challenges);
  if (run.stage === 'passed') return afterPass(state, run, atMs, draws, policy, challenges);
  if (run.stage !== 'failed') return { ...state, run };
  const log = { ...state.live.gathered.challenges, failure: run.failure };
  return { ...state, run, live: withLog(state.live, log) };
}

function challengeSample({ neutralYawDeg }: ChallengingState, seen: Seen) {
  const { yawDeg, ...sample } = seen;
  return { ...sample, relativeYawDeg: yawDeg - neutralYawDeg };
}

function afterPass(
  state: ChallengingState,
  run: ChallengeRun,
  atMs: number,
  draws: readonly number[],
  policy: Policy,
  challenges: ChallengePolicy,
): ChallengingState | MatchingState {
  const before = state.live.gathered.challenges;
  const log: ChallengeLog = { ...before, passed: [...before.passed, run.kind] };
  const live = withLog(state.live, log);
  if (log.passed.length >= (log.of ?? 0)) return enterMatching(live, state.neutralYawDeg, atMs, policy);
  const kind = drawKind(drawAt(draws, 0), log, challenges);
  return { ...state, live, run: startChallenge(kind, atMs, drawAt(draws, 1), challenges) };
}

/** Whether the running challenge can be exchanged for another: revealed, unanswered, and with one to take. */
export function isSkippable({ run, live }: ChallengingState, policy: ChallengePolicy): boolean {
  if (run.stage !== 'awaiting-neutral' && run.stage !== 'awaiting-response') return false;
  return alternativesTo(run.kind, live.gathered.challenges, policy).length > 0;
}

/** Exchanges the running challenge for one of equal strength, with a pause of its own. Uses two draws. */
export function skipChallenge(
  state: ChallengingState,
  atMs: number,
  draws: readonly number[],
  policy: ChallengePolicy,
): Step {
  if (!isSkippable(state, policy)) return [state, [{ type: 'send-error', code: 'skip.not_allowed' }]];
  const before = state.live.gathered.challenges;
  const kind = pick(drawAt(draws, 0), alternativesTo(state.run.kind, before, policy));
  const live = withLog(state.live, { ...before, skipped: [...before.skipped, state.run.kind] });
  return [{ ...state, live, run: startChallenge(kind, atMs, drawAt(draws, 1), policy) }, []];
}

function withLog(live: Live, challenges: ChallengeLog): Live {
  return { ...live, gathered: { ...live.gathered, challenges } };
}
