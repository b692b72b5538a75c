import { decide, type Cause, type Conclusion } from '../decision/decide.ts';
import type { Policy } from '../decision/policy-shape.ts';
import { isTimeUp } from './deadlines.ts';
import type { Effect } from './effect.ts';
import { assuranceOf, evidenceOf, findingsOf, matchFinding } from './findings.ts';
import { isIdle } from './frame-flow.ts';
import { enrolmentConclusion, proceed } from './matching.ts';
import { isLive, withLive, type LiveState, type SessionContext } from './state.ts';
import type { LiveStep, Step } from './step.ts';

/** Ends a live session with a decision that stands. */
export function concludeWith(
  state: LiveState,
  { outcome, retry, reasons }: Conclusion,
  atMs: number,
  policy: Policy,
  context: SessionContext,
): Step {
  const found = matchFinding(state, policy);
  const { mode, subject: claimed } = state.live;
  const identified = outcome === 'accept' ? (found?.subject ?? null) : null;
  const subject = mode === 'identify' ? identified : claimed;
  const evidence = evidenceOf(state, found, policy, context);
  const assurance = assuranceOf(state, found, evidence);
  const signs = policy.injection.enforced ? state.live.gathered.injection.signs : [];
  return [
    { phase: 'decided', atMs, outcome, subject },
    [
      { type: 'wake-at', atMs: null },
      { type: 'decide', outcome, retry, subject, assurance, evidence, reasons: [...reasons, ...signs] },
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
