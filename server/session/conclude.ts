import { indicatorsFound } from '../decision/cue-table.ts';
import { decide, type Cause, type Conclusion } from '../decision/decide.ts';
import type { MatchedReference } from '../matching/match.ts';
import type { Policy } from '../policy/shape.ts';
import { isTimeUp } from './deadlines.ts';
import type { Effect, Verdict } from './effect.ts';
import { assuranceOf, evidenceOf, findingsOf, matchFinding } from './findings.ts';
import { isIdle } from './frame-flow.ts';
import type { SessionEvent } from './event.ts';
import { enrolmentConclusion, erasedConclusion, proceed } from './matching.ts';
import {
  cuesOf,
  isLive,
  withLive,
  type ConfirmingState,
  type LiveState,
  type SessionContext,
} from './state.ts';
import type { LiveStep, Step } from './step.ts';

/**
 * Ends a live session with a decision. An accept must be recorded first, with the reference that it rests on: the one
 * that matched or, for an enrolment, `enrolled`. Throws when there is none.
 */
export function concludeWith(
  state: LiveState,
  { outcome, retry, reasons }: Conclusion,
  atMs: number,
  policy: Policy,
  context: SessionContext,
  enrolled: MatchedReference | null = null,
): Step {
  const found = matchFinding(state, policy);
  const evidence = evidenceOf(state, found, policy, context);
  const assurance = assuranceOf(state, found, evidence, policy);
  const indicators = indicatorsFound(cuesOf(context), state.live.gathered.cues, policy);
  const grounds = { retry, assurance, evidence, reasons: [...reasons, ...indicators] };
  const { mode, subject } = state.live;
  if (outcome !== 'accept') {
    // No new decision may be linked with an erased subject.
    const decidedOn = reasons.includes('subject-erased') ? null : subject;
    return decided({ ...grounds, outcome, subject: decidedOn }, atMs);
  }
  const reference = mode === 'enrol' ? enrolled : (found?.reference ?? null);
  if (reference === null) throw new Error('an accept rests on a reference');
  const accept = { ...grounds, outcome, subject: reference.subject, restsOn: reference.referenceId };
  const gone = erasedConclusion(mode);
  const refusal = {
    ...grounds,
    outcome: gone.outcome,
    retry: gone.retry,
    reasons: [...gone.reasons, ...indicators],
    subject: null,
  };
  return [
    { phase: 'confirming', accept, refusal },
    [
      { type: 'wake-at', atMs: null },
      { type: 'record-accept', accept },
    ],
  ];
}

/** Folds an event into a session whose accept is being recorded. Only the answer to that matters. */
export function onConfirming(state: ConfirmingState, event: SessionEvent): Step {
  return event.type === 'accept-recorded'
    ? decided(event.stands ? state.accept : state.refusal, event.atMs)
    : [state, []];
}

function decided(verdict: Verdict, atMs: number): Step {
  const { outcome, subject } = verdict;
  return [
    { phase: 'decided', atMs, outcome, subject },
    [
      { type: 'wake-at', atMs: null },
      { type: 'decide', ...verdict },
    ],
  ];
}

/** Judges what was gathered: goes on, asks the gallery or the store, or ends. `cause` says why no more frames come. */
function judgeSession(
  state: LiveState,
  cause: Cause | null,
  atMs: number,
  policy: Policy,
  context: SessionContext,
): Step | LiveStep {
  const found = matchFinding(state, policy);
  const evidence = evidenceOf(state, found, policy, context);
  const findings = findingsOf(state, atMs, found, evidence, policy);
  const judgement = decide(findings, cause, policy, cuesOf(context));
  switch (judgement.kind) {
    case 'go-on':
      return [state, []];
    case 'conclude':
      return concludeWith(state, judgement, atMs, policy, context);
    case 'proceed':
      return state.phase === 'matching' ? proceed(state, atMs, policy) : [state, []];
  }
}

/**
 * Judges the session. If the session could go on, ends it when its time is up or its source has ended. While a
 * reference is being stored, only the answer of the store counts, or that it does not come in time.
 */
export function judgeOrEnd(state: LiveState, atMs: number, policy: Policy, context: SessionContext): Step {
  const pending = state.phase === 'matching' ? state.pending : null;
  if (pending?.for === 'storage')
    return atMs < pending.deadlineAtMs
      ? [state, []]
      : concludeWith(state, enrolmentConclusion('failed'), atMs, policy, context);
  const judged = judgeSession(state, null, atMs, policy, context);
  if (!isLive(judged[0]) || asks(judged[1])) return judged;
  if (isTimeUp(state, atMs)) return judgeSession(state, 'time-up', atMs, policy, context);
  const dry = state.live.ending && isIdle(state.live.flow) && pending === null;
  return dry ? judgeSession(state, 'source-ended', atMs, policy, context) : judged;
}

function asks(effects: readonly Effect[]): boolean {
  return effects.some(({ type }) => type === 'search-gallery' || type === 'store-reference');
}

/** The client left. A reference that is being stored is still waited for, so that the record is true. */
export function endFor(
  cause: Extract<Cause, 'cancelled' | 'disconnected'>,
  state: LiveState,
  atMs: number,
  policy: Policy,
  context: SessionContext,
): Step {
  const storing = state.phase === 'matching' && state.pending?.for === 'storage';
  return storing
    ? [withLive(state, { ending: true }), []]
    : judgeSession(state, cause, atMs, policy, context);
}
