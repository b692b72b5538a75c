import { z } from 'zod';
import { VeriframeError } from '../../protocol/errors.ts';
import { LIVE_SUBPROTOCOL } from '../../protocol/live.ts';
import { MODES, OUTCOMES } from '../../protocol/status.ts';
import type { Caller } from '../identity/api-keys.ts';
import type { LiveGrant } from '../observe/live-feed.ts';
import type { DecisionPlace, RecordedAttempt } from '../store/ports.ts';
import type { ApiContext } from './context.ts';
import { tenantOperation } from './operation.ts';
import { LIVE_PATH } from './paths.ts';

/** How a listener gets onto a live feed. */
export const liveTicket = z.object({
  ticket: z.string().describe('For one hello, within its lifetime.'),
  expiresAtMs: z.number(),
  socketPath: z.string().describe('Path of the WebSocket on this server.'),
  subprotocol: z.string(),
});

export function issueLiveTicket(context: ApiContext, grant: LiveGrant): z.infer<typeof liveTicket> {
  return { ...context.liveTickets.issue(grant), socketPath: LIVE_PATH, subprotocol: LIVE_SUBPROTOCOL };
}

export const createLiveTicket = tenantOperation({
  id: 'createLiveTicket',
  method: 'POST',
  path: LIVE_PATH,
  summary:
    "Get a ticket for the live feed of the tenant's sessions and of the service's figures. The API key must have " +
    'the right `mayObserve`.',
  status: 201,
  result: liveTicket,
  errors: ['api.not_granted', 'server.busy'],
  run(context, { caller }) {
    requireObserver(caller);
    return issueLiveTicket(context, { scope: 'service', tenant: caller.tenant });
  },
});

export const MOST_A_PAGE = 200;
const limit = z.coerce.number().int().min(1).max(MOST_A_PAGE).default(50);
const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('Keyed hash of a subject id, equal for equal subjects of one tenant.');

// Text, not this version's closed sets: a newer version may have written the record, and a rollback must read it.
const recordedName = z.string();

const decision = z.object({
  sessionId: z.string(),
  subjectHash: hash.nullable(),
  mode: z.enum(MODES),
  outcome: z
    .enum(OUTCOMES)
    .nullable()
    .describe('Null of an attempt that an error ended before its decision.'),
  code: recordedName.nullable().describe('The error that ended it; null of an attempt that was decided.'),
  observed: z.boolean().describe('Whether its evidence could be followed: such a session opens nothing.'),
  policy: z.string(),
  reasons: z.array(recordedName),
  tier: z.enum(['base', 'full']).nullable(),
  measured: z.array(recordedName),
  unmeasured: z.array(recordedName),
  challengesPassed: z.int().nullable(),
  startedAtMs: z.number(),
  decidedAtMs: z.number().describe('When it ended.'),
});

const PLACE = /^(\d{1,16})\.([\w-]{1,64})$/;

export const listDecisions = tenantOperation({
  id: 'listDecisions',
  method: 'GET',
  path: '/v1/decisions',
  summary:
    'The record of attempts that have ended, the latest first: each redeemed ticket once, with its decision and the ' +
    'reasons, or with the error that ended it. Needs the right `mayObserve`.',
  query: z.object({
    limit,
    before: z.string().regex(PLACE).optional().describe('`next` of the page before.'),
  }),
  result: z.object({ decisions: z.array(decision), next: z.string().nullable() }),
  errors: ['api.not_granted'],
  async run(context, { caller, query }) {
    requireObserver(caller);
    const found = await context.audit.listDecisions(caller.tenant, placeOf(query.before), query.limit);
    const last = found.length === query.limit ? found.at(-1) : undefined;
    return {
      decisions: found.map(entryOf),
      next: last === undefined ? null : `${last.decidedAtMs}.${last.sessionId}`,
    };
  },
});

function entryOf(attempt: RecordedAttempt): z.infer<typeof decision> {
  const { tenant: _tenant, ...rest } = attempt;
  if (rest.outcome === null)
    return { ...rest, reasons: [], tier: null, measured: [], unmeasured: [], challengesPassed: null };
  const { assurance, reasons, ...plain } = rest;
  const { tier, measured, unmeasured, challengesPassed } = assurance;
  return {
    ...plain,
    code: null,
    reasons: [...reasons],
    tier,
    measured: [...measured],
    unmeasured: [...unmeasured],
    challengesPassed,
  };
}

export const listSubjects = tenantOperation({
  id: 'listSubjects',
  method: 'GET',
  path: '/v1/subjects',
  summary: 'Enrolled subjects by keyed hash, never by id. Needs the right `mayObserve`.',
  query: z.object({ limit, after: hash.optional().describe('`next` of the page before.') }),
  result: z.object({
    total: z.int(),
    subjects: z.array(
      z.object({
        subjectHash: hash,
        references: z.int().positive(),
        firstEnrolledAtMs: z.number(),
        lastEnrolledAtMs: z.number(),
      }),
    ),
    next: z.string().nullable(),
  }),
  errors: ['api.not_granted'],
  async run(context, { caller, query }) {
    requireObserver(caller);
    const subjects = await context.audit.listSubjects(caller.tenant, query.after ?? null, query.limit);
    const last = subjects.length === query.limit ? subjects.at(-1) : undefined;
    return {
      total: await context.audit.countSubjects(caller.tenant),
      subjects: subjects.map((subject) => ({ ...subject })),
      next: last?.subjectHash ?? null,
    };
  },
});

function requireObserver({ mayObserve }: Caller): void {
  if (!mayObserve) throw new VeriframeError('api.not_granted');
}

function placeOf(before: string | undefined): DecisionPlace | null {
  const [, decidedAtMs, sessionId] = PLACE.exec(before ?? '') ?? [];
  return sessionId === undefined ? null : { decidedAtMs: Number(decidedAtMs), sessionId };
}
