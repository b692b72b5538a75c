import { z } from 'zod';
import { USER_SESSION_MS } from './browser-sessions.ts';
import type { DemoContext } from './context.ts';
import {
  type DemoRequest,
  type DemoResponse,
  json,
  readBody,
  sessionCookie,
  setSessionCookie,
} from './http.ts';
import { hashPassword } from './passwords.ts';
import { visitorOf } from './visitor.ts';

const form = z.object({
  username: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,31}$/),
  email: z.email().max(254),
  password: z.string().min(10).max(128).optional(),
});

/**
 * Creates an account and signs its owner in; the face is enrolled next. The answer reveals whether a username is taken,
 * which a registration cannot avoid. The limit prevents that a client lists accounts in this way.
 */
export async function register(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { username, email, password } = readBody(request, form);
  context.limits.registrations.attempt(request.remoteAddress);
  const passwordHash = password === undefined ? null : await hashPassword(password);
  const user = context.users.add({ username, email, passwordHash });
  const cookie = context.browsers.signIn(
    visitorOf(request),
    user.id,
    context.browsers.find(sessionCookie(request)),
  );
  return json({ username: user.username }, setSessionCookie(request, cookie, USER_SESSION_MS));
}
