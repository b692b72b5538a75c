import type { Mode } from '../../protocol/status.ts';
import type { SessionRequest } from '../../server/session/ports.ts';

/** Asks who somebody is, under the standard policy. */
export function identification(sessionId: string, tenant = 'mine'): SessionRequest {
  return {
    sessionId,
    tenant,
    mode: 'identify',
    subject: null,
    policy: 'standard',
    audience: null,
    nonce: null,
    createdAtMs: 0,
  };
}

/** Of somebody who claims to be Alice, where the mode takes a claim. */
export function requestOfAlice(mode: Mode, policy: string, createdAtMs: number): SessionRequest {
  return {
    sessionId: 'session',
    tenant: 'tenant',
    mode,
    subject: mode === 'identify' ? null : 'alice',
    policy,
    audience: null,
    nonce: null,
    createdAtMs,
  };
}
