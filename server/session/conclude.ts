import { decide, type Cause, type Conclusion } from '../decision/decide.ts';
import type { Policy } from '../decision/policy-shape.ts';
import { assuranceOf, evidenceOf, findingsOf, matchFinding } from './findings.ts';
import type { LiveState, SessionContext } from './state.ts';
import type { LiveStep, Step } from './step.ts';
import { proceed } from './matching.ts';

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
export function judgeSession(
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
