import type { AnswerOf } from '../../protocol/http/operations.ts';
import { DECISION_PLACE } from '../../protocol/http/records.ts';
import type { DecisionPlace, RecordedAttempt } from '../store/ports.ts';
import { tenantOperation } from './operation.ts';

export const listDecisions = tenantOperation(
  'listDecisions',
  async ({ audit }, { caller: { tenant }, query: { before, limit } }) => {
    const attempts = await audit.listDecisions(tenant, placeOf(before), limit);
    const last = attempts.length === limit ? attempts.at(-1) : undefined;
    return {
      decisions: attempts.map(viewOf),
      next: last === undefined ? null : `${last.decidedAtMs}.${last.sessionId}`,
    };
  },
);

export function viewOf(attempt: RecordedAttempt): AnswerOf<'listDecisions'>['decisions'][number] {
  const { tenant: _tenant, ...rest } = attempt;
  if (rest.outcome === null) {
    const nothing = { capture: null, captureBy: null, possession: null, openTo: null };
    return {
      ...rest,
      reasons: [],
      tier: null,
      measured: [],
      unmeasured: [],
      challengesPassed: null,
      ...nothing,
    };
  }
  const { assurance, reasons, ...plain } = rest;
  const { tier, measured, unmeasured, challengesPassed, trust } = assurance;
  return {
    ...plain,
    code: null,
    reasons: [...reasons],
    tier,
    measured: [...measured],
    unmeasured: [...unmeasured],
    challengesPassed,
    capture: trust?.capture ?? null,
    captureBy: trust?.by ?? null,
    possession: trust?.possession ? { kind: 'webauthn', ...trust.possession } : null,
    openTo: trust === undefined ? null : [...trust.openTo],
  };
}

function placeOf(before: string | undefined): DecisionPlace | null {
  const [, decidedAtMs, sessionId] = DECISION_PLACE.exec(before ?? '') ?? [];
  return sessionId === undefined ? null : { decidedAtMs: Number(decidedAtMs), sessionId };
}

export const listSubjects = tenantOperation(
  'listSubjects',
  async ({ audit }, { caller: { tenant }, query: { after, limit } }) => {
    const subjects = await audit.listSubjects(tenant, after ?? null, limit);
    const last = subjects.length === limit ? subjects.at(-1) : undefined;
    return {
      total: await audit.countSubjects(tenant),
      subjects: subjects.map((subject) => ({ ...subject })),
      next: last?.subjectHash ?? null,
    };
  },
);
