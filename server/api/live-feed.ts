import { LIVE_PATH } from '../../protocol/http/paths.ts';
import type { AnswerOf } from '../../protocol/http/operations.ts';
import { LIVE_SUBPROTOCOL } from '../../protocol/live.ts';
import type { LiveGrant } from '../observe/live-feed.ts';
import type { ApiContext } from './context.ts';
import { tenantOperation } from './operation.ts';

/** @throws VeriframeError `server.busy` when too many tickets are outstanding */
export function issueLiveTicket(
  { liveTickets }: Pick<ApiContext, 'liveTickets'>,
  grant: LiveGrant,
): AnswerOf<'createLiveTicket'> {
  return { ...liveTickets.issue(grant), socketPath: LIVE_PATH, subprotocol: LIVE_SUBPROTOCOL };
}

export const createLiveTicket = tenantOperation('createLiveTicket', (context, { caller: { tenant } }) =>
  issueLiveTicket(context, { scope: 'service', tenant }),
);
