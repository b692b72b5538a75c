import type { TokenIssuer } from '../identity/tokens.ts';
import type { Logger } from '../observe/log.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { Clock } from '../time/clock.ts';
import type { Attempts } from './attempts.ts';
import type { SessionDirectory } from './directory.ts';
import type { SessionServices } from './runner.ts';

interface Parts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly issuer: Pick<TokenIssuer, 'sign'>;
  readonly directory: Pick<SessionDirectory, 'decided'>;
  readonly attempts: Pick<Attempts, 'decided' | 'failed'>;
  readonly subjects: { isBeingErased(tenant: string, subject: string): boolean };
}

/** How a session's ending goes on record, and how its decision reaches the client and the relying party. */
export function deliverDecisions(
  parts: Parts,
): Pick<SessionServices, 'failed' | 'recordAccept' | 'conclude'> {
  const { clock, log, issuer, directory, attempts, subjects } = parts;
  return {
    failed: (request: SessionRequest, code) => attempts.failed(request, code),
    async recordAccept(request, accept, startedAtMs, shown) {
      if (subjects.isBeingErased(request.tenant, accept.subject)) return false;
      return await attempts.decided(request, accept, startedAtMs, shown);
    },
    async conclude(request, verdict, startedAtMs, shown) {
      const { outcome, subject, assurance, reasons } = verdict;
      const { sessionId, mode, policy } = request;
      if (outcome !== 'accept') await attempts.decided(request, verdict, startedAtMs, shown);
      const captureBy = shown?.captureBy ?? null;
      const token = await issuer.sign({
        request,
        outcome,
        subject,
        assurance,
        captureBy,
        atMs: clock.wallMs(),
      });
      directory.decided(request, outcome, token);
      const tookMs = clock.nowMs() - startedAtMs;
      log.info({ sessionId, mode, policy, outcome, reasons, tookMs }, 'decided');
      return token;
    },
  };
}
