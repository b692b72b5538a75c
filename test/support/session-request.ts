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
