import { decide, type Cause, type Conclusion } from '../decision/decide.ts';
import type { Policy } from '../policy/shape.ts';
import { isTimeUp } from './deadlines.ts';
import type { Effect, Verdict } from './effect.ts';
import { assuranceOf, evidenceOf, findingsOf, matchFinding } from './findings.ts';
import { isIdle } from './frame-flow.ts';
import type { MatchedReference } from '../matching/match.ts';
import type { SessionEvent } from './event.ts';
import { enrolmentConclusion, erasedConclusion, proceed } from './matching.ts';
import { isLive, withLive, type ConfirmingState, type LiveState, type SessionContext } from './state.ts';
import type { LiveStep, Step } from './step.ts';

/**
 * Ends a live session with a decision that stands. An accept has to be put on record first, by the reference it rests
 * on: the one matched, or with enrolments the one `enrolled`. Throws when it has none.
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
  const assurance = assuranceOf(state, found, evidence);
  const signs = policy.injection.enforced ? state.live.gathered.injection.signs : [];
  const grounds = { retry, assurance, evidence, reasons: [...reasons, ...signs] };
  const { mode, subject } = state.live;
  if (outcome !== 'accept') {
    // Nothing links an erased subject with a decision again.
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
    reasons: [...gone.reasons, ...signs],
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

/** Folds an event into a session whose accept is being put on record: nothing else matters any more. */
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

/** Judges what was gathered: goes on, asks gallery or store, or ends. `cause` says that no more frames come. */
function judgeSession(
  state: LiveState,
  cause: Cause | null,
  atMs: number,
  policy: Policy,
  context: SessionContext,
): Step | LiveStep {
  const found = matchFinding(state, policy);
  const evidence = evidenceOf(state, found, policy, context);
  const decision = decide(findingsOf(state, atMs, found, evidence, policy), cause, policy);
  switch (decision.kind) {
    case 'go-on':
      return [state, []];
    case 'conclude':
      return concludeWith(state, decision, atMs, policy, context);
    case 'proceed':
      return state.phase === 'matching' ? proceed(state, atMs, policy) : [state, []];
  }
}

/**
 * Judges the session; where that settles nothing, ends it if its time is up or its source has run dry. While a
 * reference is being stored only the store's answer counts, or that it takes too long.
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

/** The client left. A reference that is being stored is still waited for, so that its audit is true. */
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
