import { type DemoContext, requireSignedIn } from './context.ts';
import { DemoError } from './errors.ts';
import { type DemoRequest, type DemoResponse, json } from './http.ts';
import { pageTicketOf } from './service.ts';

/**
 * A session that shows its user what the service sees. Only of somebody who is signed in, against their own face,
 * and its decision opens nothing: it is on no list of sessions whose tokens are taken.
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
