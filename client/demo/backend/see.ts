import { type DemoContext, requireSignedIn } from './context.ts';
import { DemoError } from './errors.ts';
import { type DemoRequest, type DemoResponse, json } from './http.ts';
import { pageTicketOf } from './service.ts';

/**
 * Starts a session that shows its user what the service sees. The user must be signed in, and the session verifies
 * their own face. Its decision grants nothing, because it is not in the list of sessions whose tokens are accepted.
 */
export async function startSeeing(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { user } = requireSignedIn(context, request);
  if (user.faceSetUpAtMs === null) throw new DemoError('face.missing');
  context.limits.views.attempt(user.id);
  const { ticket, socketPath, observation } = await context.service.createSession({
    mode: 'verify',
    subject: user.subject,
    observe: true,
  });
  if (observation === undefined) throw new DemoError('service.unavailable');
  return json({ ticket, socketPath, live: pageTicketOf(observation) });
}
