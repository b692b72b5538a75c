import { randomUUID } from 'node:crypto';
import { VeriframeError } from '../../protocol/errors.ts';
import type { CheckedRequest } from '../../protocol/http/operations.ts';
import { STREAM_PATH } from '../../protocol/http/paths.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import type { AttemptedSubject } from '../identity/lock-out.ts';
import type { Right } from '../policy/shape.ts';
import { conflictsWith, type TrustDemand } from '../policy/trust.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { ApiContext } from './context.ts';
import { issueLiveTicket } from './live-feed.ts';
import { tenantOperation } from './operation.ts';

export const createSession = tenantOperation(
  'createSession',
  async (context, { caller: { tenant, mayAttend, mayObserve, mayVouch }, body }) => {
    const { mode, policy, subject, audience, nonce, concealUnknown, observe, registerKey } = body;
    if ((observe && !mayObserve) || (registerKey && !mayVouch)) throw new VeriframeError('api.not_granted');
    const refusal = context.refusal();
    if (refusal !== null) throw refusal;
    if (!context.policies.names().includes(policy)) throw new VeriframeError('policy.unknown');
    if (!context.policies.serves(policy, mode)) throw new VeriframeError('policy.mode');
    if (context.policies.acceptsNobody(policy)) throw new VeriframeError('policy.models');
    const right = context.policies.neededRight(policy);
    const granted: Readonly<Record<Right, boolean>> = { attend: mayAttend };
    if (right !== null && !granted[right]) throw new VeriframeError('policy.not_granted');
    const demand = demandOf(context, tenant, body);
    if (mode === 'verify' && subject !== undefined) {
      const references = await context.subjects.countReferences(tenant, subject);
      if (references === 0 && !concealUnknown) throw new VeriframeError('subject.unknown');
      if (!concealUnknown) await refuseSuspended(context, tenant, subject);
      await refuseLocked(context, { tenant, subject, observed: observe });
    }
    if (mode === 'enrol' && subject !== undefined) await refuseSuspended(context, tenant, subject);
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
      ...(demand.capture === null && demand.possession === null ? {} : { demand }),
      ...(registerKey ? { registersKey: true } : {}),
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
);

/**
 * What the session demands beside its pictures.
 * @throws VeriframeError `api.invalid` when that could never be shown
 */
function demandOf(
  { policies, asksForKeys }: ApiContext,
  tenant: string,
  { policy, require, registerKey, observe }: BodyRead,
): TrustDemand {
  const demand = { capture: require.capture ?? null, possession: require.possession ?? null };
  if (conflictsWith(policies.demandOf(policy), demand))
    throw new VeriframeError('api.invalid', 'Field require.capture: the policy demands another one.');
  if ((demand.possession !== null || registerKey) && !asksForKeys(tenant))
    throw new VeriframeError('api.invalid', 'No WebAuthn relying party is set up (VERIFRAME_WEBAUTHN).');
  if (observe && registerKey)
    throw new VeriframeError('api.invalid', 'Field registerKey: an observed session stores nothing.');
  return demand;
}

/**
 * Tells the relying party early. A suspension holds because the subject's references are not handed out, and because
 * `DecisionLog.record` refuses the accept.
 * @throws VeriframeError `subject.suspended`
 */
async function refuseSuspended({ subjects }: ApiContext, tenant: string, subject: string): Promise<void> {
  if ((await subjects.standingOf(tenant, subject)) === 'suspended')
    throw new VeriframeError('subject.suspended');
}

type BodyRead = CheckedRequest<'createSession'>['body'];

/**
 * Tells the relying party early. A lock-out holds because `DecisionLog.begin` asks again when the ticket is redeemed.
 * @throws VeriframeError `subject.locked`
 */
async function refuseLocked(
  { attempts, lockOut, clock }: ApiContext,
  attempted: AttemptedSubject,
): Promise<void> {
  // Attempts are recorded by the wall clock, because those of an earlier process count as well.
  const nowMs = clock.wallMs();
  const untilMs = await attempts.lockedUntil(attempted, nowMs, lockOut);
  if (untilMs !== null)
    throw new VeriframeError('subject.locked', undefined, { retryAfterMs: untilMs - nowMs });
}

export const getSession = tenantOperation(
  'getSession',
  ({ sessions }, { caller: { tenant }, params: { id } }) => {
    const view = sessions.find(tenant, id);
    if (view === null) throw new VeriframeError('api.not_found');
    const { sessionId, mode, policy, createdAtMs, state, outcome, token, code } = view;
    return { sessionId, mode, policy, createdAtMs, state, outcome, token, code };
  },
);

export const attestSession = tenantOperation(
  'attestSession',
  ({ sessions }, { caller: { tenant }, params: { id }, body: { nonce, issuer } }) => {
    sessions.attest(tenant, id, nonce, issuer);
    return { attested: true } as const;
  },
);
