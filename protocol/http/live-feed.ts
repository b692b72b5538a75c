import { z } from 'zod';
import { FOR_OBSERVERS, OBSERVER_ERRORS, type OperationDescription } from './operation.ts';
import { LIVE_PATH } from './paths.ts';

/** Ticket, path and subprotocol with which a client opens a live feed. */
export const liveTicket = z.object({
  ticket: z.string().describe('For one hello, within its lifetime.'),
  expiresAtMs: z.number(),
  socketPath: z.string().describe('Path of the WebSocket on this server.'),
  subprotocol: z.string(),
});

export const createLiveTicket = {
  ...FOR_OBSERVERS,
  method: 'POST',
  path: LIVE_PATH,
  summary: "Get a ticket for the live feed of the tenant's sessions and of the service's figures.",
  answers: { 201: liveTicket },
  errors: [...OBSERVER_ERRORS, 'server.busy'],
} as const satisfies OperationDescription;
