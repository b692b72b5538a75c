import { z } from 'zod';
import { type DemoContext, isConfirmed, requireConfirmed, requireSignedIn } from './context.ts';
import { settleSignIns } from './face.ts';
import { type DemoRequest, type DemoResponse, json, readBody, setSessionCookie } from './http.ts';

const RECENT = 12;

const deviceForm = z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) });

/** Answers with the content of the account page. */
export async function viewAccount(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const signedIn = requireSignedIn(context, request);
  const { user, session } = signedIn;
  // The page is shown although the service is unavailable. Sign-ins that could not be completed are looked up at the
  // next request.
  const keys = await settleSignIns(context, user.id)
    .then(() => context.service.keysOf(user.subject))
    .catch(() => null);
  const { username, email, passwordHash, faceSetUpAtMs, createdAtMs } = user;
  return json({
    username,
    email,
    hasPassword: passwordHash !== null,
    faceSetUpAtMs,
    createdAtMs,
    isConfirmed: isConfirmed(context, signedIn),
    isServiceUp: keys !== null,
    keys: (keys ?? []).map(({ id, createdAtMs: addedAtMs }) => ({ id, addedAtMs })),
    signIns: context.signIns.ofUser(user.id, RECENT),
    devices: context.browsers.ofUser(user.id).map(({ id, device, place, lastSeenAtMs }) => ({
      id,
      device,
      place,
      lastSeenAtMs,
      isThis: id === session.id,
    })),
  });
}

/** Answers with all stored data of the user, as a file. */
export async function exportAccount(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { user } = requireSignedIn(context, request);
  await settleSignIns(context, user.id);
  const { username, email, passwordHash, subject, faceSetUpAtMs, createdAtMs } = user;
  const iso = (atMs: number) => new Date(atMs).toISOString();
  const content = {
    account: { username, email, hasPassword: passwordHash !== null, createdAt: iso(createdAtMs) },
    face: {
      subjectAtTheFaceService: subject,
      encryptedTemplates: await context.service.countReferences(subject),
      pictures: 0,
      deviceKeys: (await context.service.keysOf(subject)).length,
      lastSetUpAt: faceSetUpAtMs === null ? null : iso(faceSetUpAtMs),
    },
    signIns: context.signIns
      .ofUser(user.id)
      .map(({ atMs, method, result, device, place }) => ({ at: iso(atMs), method, result, device, place })),
    devices: context.browsers
      .ofUser(user.id)
      .map(({ device, place, lastSeenAtMs }) => ({ device, place, lastSeenAt: iso(lastSeenAtMs) })),
  };
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="my-data.json"',
      'cache-control': 'no-store',
    },
    body: JSON.stringify(content, null, 2),
  };
}

/** Erases the face at the service first. When that fails, the account is unchanged and the user can try again. */
export async function deleteAccount(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { user } = requireConfirmed(context, request);
  await context.service.eraseSubject(user.subject);
  context.users.erase(user.id);
  return json({}, setSessionCookie(request, null, 0));
}

export async function signOutDevice(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  const { user } = requireSignedIn(context, request);
  context.browsers.endOf(user.id, readBody(request, deviceForm).id);
  return json({});
}

export async function signOut(context: DemoContext, request: DemoRequest): Promise<DemoResponse> {
  context.browsers.end(requireSignedIn(context, request).session.id);
  return json({}, setSessionCookie(request, null, 0));
}
