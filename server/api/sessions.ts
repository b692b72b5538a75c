import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { VeriframeError } from '../../protocol/errors.ts';
import { MODES, OUTCOMES } from '../../protocol/status.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import type { Right } from '../policy/shape.ts';
import type { AttemptedSubject } from '../identity/lock-out.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { ApiContext } from './context.ts';
import { issueLiveTicket, liveTicket } from './observe.ts';
import { errorCode, tenantOperation } from './operation.ts';
import { STREAM_PATH } from './paths.ts';
import { subjectId } from './subjects.ts';

/** The policy of a session that names none. */
export const DEFAULT_POLICY = 'standard';

const opaque = z.string().min(1).max(256);

const newSession = z
  .object({
    mode: z.enum(MODES),
    subject: subjectId.optional().describe('Required to enrol and to verify, absent to identify.'),
    policy: z.string().min(1).max(64).default(DEFAULT_POLICY),
    audience: opaque.optional().describe('Copied into the token as aud.'),
    nonce: opaque.optional().describe('Copied into the token.'),
    concealUnknown: z
      .boolean()
      .default(false)
      .describe(
        'Verify a subject without references against a reference that nobody matches, instead of refusing: the ' +
          'client cannot tell whether the subject is enrolled.',
      ),
    observe: z
      .boolean()
      .default(false)
      .describe(
        "Give leave to follow this session's evidence frame by frame: landmarks, pose, eye aspect ratio and cues. " +
          'Needs an API key that may observe. What it tells would help an attacker to improve a forgery, so the ' +
          'token of such a session is of another type, names nobody, and opens nothing; its failures lock out ' +
          'further observed sessions of the subject, and no others.',
      ),
  })
  .refine(({ mode, subject }) => (mode === 'identify') === (subject === undefined), {
    path: ['subject'],
    message: 'required to enrol and to verify, absent to identify',
  });

const createdSession = z.object({
  sessionId: z.string(),
  ticket: z.string().describe('For one hello, within its lifetime.'),
  expiresAtMs: z.number().describe('Server time at which the ticket expires, in ms since 1970.'),
  socketPath: z.string().describe('Path of the WebSocket on this server.'),
  subprotocol: z.string(),
  observation: liveTicket
    .optional()
    .describe('Where the evidence is followed; only of a session to be observed.'),
});

export const createSession = tenantOperation({
  id: 'createSession',
  method: 'POST',
  path: '/v1/sessions',
  summary: 'Create a session and get the ticket that lets one client run it.',
  body: newSession,
  status: 201,
  result: createdSession,
  errors: [
    'api.not_granted',
    'policy.unknown',
    'policy.mode',
    'policy.not_granted',
    'subject.unknown',
    'subject.locked',
    'server.busy',
    'server.draining',
  ],
  async run(context, { caller: { tenant, mayAttend, mayObserve }, body }) {
    const { mode, policy, subject, audience, nonce, concealUnknown, observe } = body;
    if (observe && !mayObserve) throw new VeriframeError('api.not_granted');
    const refusal = context.refusal();
    if (refusal !== null) throw refusal;
    if (!context.policies.names().includes(policy)) throw new VeriframeError('policy.unknown');
    if (!context.policies.serves(policy, mode)) throw new VeriframeError('policy.mode');
    const right = context.policies.neededRight(policy);
    const granted: Readonly<Record<Right, boolean>> = { attend: mayAttend };
    if (right !== null && !granted[right]) throw new VeriframeError('policy.not_granted');
    if (mode === 'verify' && subject !== undefined) {
      const references = await context.subjects.countReferences(tenant, subject);
      if (references === 0 && !concealUnknown) throw new VeriframeError('subject.unknown');
      await refuseLocked(context, { tenant, subject, observed: observe });
    }
    const request: SessionRequest = {
      sessionId: randomUUID(),
      tenant,
      mode,
      subject: subject ?? null,
      policy,
      audience: audience ?? null,
      nonce: nonce ?? null,
      createdAtMs: context.clock.nowMs(),
      ...(observe ? { observed: true } : {}),
    };
    const { ticket, expiresAtMs } = context.tickets.issue(request);
    context.sessions.announce(request, expiresAtMs);
    return {
      sessionId: request.sessionId,
      ticket,
      expiresAtMs,
      socketPath: STREAM_PATH,
      subprotocol: SUBPROTOCOL,
      ...(observe
        ? { observation: issueLiveTicket(context, { scope: 'session', sessionId: request.sessionId }) }
        : {}),
    };
  },
});

/** For whoever asks; what counts is that a ticket's redemption asks again (`DecisionLog.begin`). */
async function refuseLocked(
  { attempts, lockOut, clock }: ApiContext,
  attempted: AttemptedSubject,
): Promise<void> {
  // Attempts are on record by the wall clock, also those of the process before this one.
  const nowMs = clock.wallMs();
  const untilMs = await attempts.lockedUntil(attempted, nowMs, lockOut);
  if (untilMs !== null)
    throw new VeriframeError('subject.locked', undefined, { retryAfterMs: untilMs - nowMs });
}

const sessionView = z.object({
  sessionId: z.string(),
  mode: z.enum(MODES),
  policy: z.string(),
  createdAtMs: z.number(),
  state: z.enum(['waiting', 'running', 'decided', 'ended']),
  outcome: z.enum(OUTCOMES).nullable(),
  token: z.string().nullable(),
  code: errorCode
    .nullable()
    .describe('The error that ended it without a decision; null also where its ticket was never used.'),
});

export const getSession = tenantOperation({
  id: 'getSession',
  method: 'GET',
  path: '/v1/sessions/{id}',
  summary: 'Where a session stands and, once decided, its outcome and token.',
  params: z.object({ id: z.string().min(1).max(64) }),
  result: sessionView,
  errors: ['api.not_found'],
  run(context, { caller: { tenant }, params: { id } }) {
    const view = context.sessions.find(tenant, id);
    if (view === null) throw new VeriframeError('api.not_found');
    const { sessionId, mode, policy, createdAtMs, state, outcome, token, code } = view;
    return { sessionId, mode, policy, createdAtMs, state, outcome, token, code };
  },
});
