import type { DecisionErrorCode, SessionExpectation } from '@veriframe/backend';
import { z } from 'zod';
import { USER_SESSION_MS, VISITOR_SESSION_MS } from './browser-sessions.ts';
import { type DemoContext, requireConfirmed } from './context.ts';
import { DemoError } from './errors.ts';
import type { FaceSession } from './face-sessions.ts';
import { HELP_PATH } from './help-files.ts';
import {
  type DemoRequest,
  type DemoResponse,
  json,
  readBody,
  sessionCookie,
  setSessionCookie,
} from './http.ts';
import { claimedUsername } from './password-sign-in.ts';
import { visitorOf } from './visitor.ts';

/** Failures of a token that the service did make for this very session: somebody was before the camera. */
const TRIED: readonly DecisionErrorCode[] = ['nonce', 'mode', 'policy', 'outcome', 'subject', 'possession'];
const MODE_OF = { enrol: 'enrol', 'sign-in': 'verify', key: 'verify' } as const;

const signInForm = z.object({ username: claimedUsername });
const decisionForm = z.object({ token: z.string().min(1).max(8192) });

/** The folder of help on the device, or null, and whether the policy wants colours around the picture. */
export async function whereHelpIs({ help, service }: DemoContext): Promise<DemoResponse> {
  return json({ path: help === null ? null : HELP_PATH, flash: service.wantsFlash });
}

/** A ticket to enrol the signed-in user's face. Later enrolments add to the first and must be the same person's. */
export async function startEnrolment(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { user, session } = requireConfirmed(context, request);
  return json(
    await start(context, {
      browserSessionId: session.id,
      userId: user.id,
      purpose: 'enrol',
      subject: user.subject,
      needsKey: false,
    }),
  );
}

/**
 * A ticket to add a key of this device. The user has confirmed their identity with the face and another device's key,
 * or with the password: a stranger who can render the face has neither.
 */
export async function startAddingKey(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { user, session } = requireConfirmed(context, request);
  if (user.faceSetUpAtMs === null) throw new DemoError('face.missing');
  return json(
    await start(context, {
      browserSessionId: session.id,
      userId: user.id,
      purpose: 'key',
      subject: user.subject,
      needsKey: false,
    }),
  );
}

const keyForm = z.object({ id: z.string().min(1).max(1400) });

export async function removeKey(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { user } = requireConfirmed(context, request);
  await context.service.removeKey(user.subject, readBody(request, keyForm).id);
  return json({});
}

/**
 * A ticket to sign in by face. Without an account of that name there is a ticket too, for a subject that nobody is:
 * it runs like any other, is refused in the end, and is locked after as many failures.
 */
export async function startSignIn(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { username } = readBody(request, signInForm);
  const limits = context.limits.faces;
  limits.addresses.attempt(request.remoteAddress);
  limits.askers.attempt(`${username.toLowerCase()} ${request.remoteAddress}`);
  const user = context.users.byUsername(username);
  const cookie = sessionCookie(request);
  const known = context.browsers.find(cookie);
  const carried = known === null ? context.browsers.welcome(visitorOf(request)) : null;
  const browser = known ?? context.browsers.find(carried);
  if (browser === null) throw new DemoError('sign_in.failed');
  const subject = user?.subject ?? context.service.decoySubjectFor(username);
  // Whoever has a key is not let in without one: a program that renders the face has none.
  const keys = await context.service.keysOf(subject);
  const started = await start(context, {
    browserSessionId: browser.id,
    userId: user?.id ?? null,
    purpose: 'sign-in',
    subject,
    needsKey: keys.length > 0,
  });
  return json(started, carried === null ? {} : setSessionCookie(request, carried, VISITOR_SESSION_MS));
}

async function start(
  { service, faces }: DemoContext,
  whose: Pick<FaceSession, 'browserSessionId' | 'userId' | 'purpose' | 'subject' | 'needsKey'>,
): Promise<{ ticket: string; socketPath: string }> {
  const { ticket, socketPath, expected } = await service.createSession({
    mode: MODE_OF[whose.purpose],
    subject: whose.subject,
    needsKey: whose.needsKey,
    ...(whose.purpose === 'key' ? { registerKey: true } : {}),
  });
  faces.add({ ...whose, id: expected.session, nonce: expected.nonce });
  return { ticket, socketPath };
}

/**
 * Takes the decision that a page brings. It counts once, for the browser that started the session, and only when
 * the token is the service's own and says all that was expected of it.
 */
export async function completeFace(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { service, faces } = context;
  const { token } = readBody(request, decisionForm);
  const browser = context.browsers.find(sessionCookie(request));
  const claimed = service.claimedSession(token);
  const session = browser === null || claimed === null ? null : faces.find(claimed, browser.id);
  if (browser === null || session === null) throw new DemoError('face.refused');
  const failure = await service.failureOf(token, expectationOf(session, service.policy));
  if (failure !== null && !TRIED.includes(failure)) throw new DemoError('face.refused');
  // Whoever brought the same token meanwhile has taken the session.
  if (faces.take(session.id, browser.id) === null) throw new DemoError('face.refused');
  const { userId, purpose } = session;
  const user = userId === null ? null : context.users.byId(userId);
  const visitor = visitorOf(request);
  if (user === null || failure !== null) {
    if (user !== null && purpose === 'sign-in') context.signIns.add(user.id, 'face', 'refused', visitor);
    throw new DemoError('face.refused');
  }
  if (purpose === 'enrol') {
    context.users.faceWasSetUp(user.id);
    return json({ username: user.username });
  }
  if (purpose === 'key') return json({ username: user.username });
  context.signIns.add(user.id, 'face', 'accepted', visitor);
  const cookie = context.browsers.signIn(visitor, user.id, browser);
  return json({ username: user.username }, setSessionCookie(request, cookie, USER_SESSION_MS));
}

function expectationOf(
  { id, nonce, purpose, subject, needsKey }: FaceSession,
  policy: string,
): SessionExpectation {
  const expected = { session: id, nonce, mode: MODE_OF[purpose], policy, subject };
  return needsKey ? { ...expected, possession: 'required' } : expected;
}

/**
 * Writes down refused sign-ins to an account that no page brought back, by asking the service how they ended. So
 * the owner reads of every attempt, also of one whose browser kept silent about it.
 */
export async function settleSignIns({ faces, service, signIns }: DemoContext, userId: string): Promise<void> {
  for (const open of faces.signInsTo(userId)) {
    const { state, outcome, code } = await service.sessionState(open.id);
    const isOver = state === 'ended' || (state === 'decided' && outcome !== 'accept');
    if (!isOver || faces.take(open.id, open.browserSessionId) === null) continue;
    // A ticket that was never used has neither a decision nor an error: nobody has tried.
    const wasTried = state === 'decided' || code !== null;
    if (wasTried) signIns.add(userId, 'face', 'refused', open, open.createdAtMs);
  }
}
