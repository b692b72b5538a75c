import { z } from 'zod';
import { USER_SESSION_MS } from './browser-sessions.ts';
import type { DemoContext } from './context.ts';
import { DemoError } from './errors.ts';
import {
  type DemoRequest,
  type DemoResponse,
  json,
  readBody,
  sessionCookie,
  setSessionCookie,
} from './http.ts';
import { isPassword } from './passwords.ts';
import { visitorOf } from './visitor.ts';

/**
 * More lenient than the form of the registration, so that an impossible username gets the same answer as an unknown
 * one.
 */
export const claimedUsername = z.string().trim().min(1).max(64);

const form = z.object({ username: claimedUsername, password: z.string().min(1).max(128) });

/**
 * Signs in by password. A wrong password, an account without one and an unknown account get the same answer after the
 * same time.
 */
export async function signInByPassword(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { username, password } = readBody(request, form);
  const limits = context.limits.passwords;
  const account = username.toLowerCase();
  const guesser = `${account} ${request.remoteAddress}`;
  const user = context.users.byUsername(username);
  const visitor = visitorOf(request);
  const isKnownPlace = user !== null && context.signIns.wasAcceptedFrom(user.id, visitor.place);
  limits.addresses.attempt(request.remoteAddress);
  limits.accounts.attempt(isKnownPlace ? `${account} ${visitor.place}` : account);
  limits.guessers.attempt(guesser);
  const isRight = await isPassword(password, user?.passwordHash ?? null);
  if (user === null || !isRight) {
    if (user !== null) context.signIns.add(user.id, 'password', 'refused', visitor);
    throw new DemoError('sign_in.failed');
  }
  limits.guessers.clear(guesser);
  context.signIns.add(user.id, 'password', 'accepted', visitor);
  const replaced = context.browsers.find(sessionCookie(request));
  const cookie = context.browsers.signIn(visitor, user.id, replaced);
  return json({ username: user.username }, setSessionCookie(request, cookie, USER_SESSION_MS));
}
