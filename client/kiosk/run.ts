import type { SessionExpectation } from '@veriframe/backend';
import type { Decision, Outcome } from '@veriframe/protocol';
import { createSession, findApiKey } from './api.ts';
import { openDoor } from './door.ts';
import { asKioskError, KioskError } from './errors.ts';
import type { RunOptions } from './options.ts';
import type { Presenter } from './present/presenter.ts';
import { pump } from './pump.ts';
import { connect, type KioskSession } from './session-client.ts';
import { readSigner } from './signer.ts';
import { openSource } from './sources/open.ts';
import { checkToken } from './token.ts';

/** Exit status of the program. */
export const EXIT = { accept: 0, reject: 1, 're-verify': 2, error: 3 } as const satisfies Record<
  Outcome | 'error',
  number
>;

/** A session to join, and what its token has to say; null when somebody else asked for it. */
interface Admission {
  readonly ticket: string;
  readonly expected: SessionExpectation | null;
}

/**
 * Runs one session: opens the source, requests a session, streams, verifies the token, and runs the command for an
 * accepted subject. Resolves with the outcome. Rejects with the `KioskError` that stopped it; the presenter gets every
 * other error.
 */
export async function run(options: RunOptions, presenter: Presenter, signal: AbortSignal): Promise<Outcome> {
  const source = await openSource(options);
  const signer = options.keyFile === null ? null : await readSigner(options.keyFile);
  const { ticket, expected } = await admission(options, presenter, signal);
  const session = await connect({
    url: options.endpoints.stream,
    ticket,
    signal,
    ...(signer === null ? {} : { signer }),
  });
  const playing = new AbortController();
  try {
    const { welcome } = session;
    if (welcome.mode !== options.mode) throw new KioskError('session.mode', `It is for ${welcome.mode}.`);
    if (signer !== null && !session.signs) throw new KioskError('key.refused');
    presenter.welcome(welcome);
    const pumping = pump(source, session, {
      maxEdgePx: options.maxEdgePx,
      framesPerSecond: options.framesPerSecond,
      signal: AbortSignal.any([signal, playing.signal]),
      skipped: (error) => presenter.error(error, false),
    }).catch((error: unknown) => {
      session.bye('error');
      session.end(asKioskError(error));
    });
    await present(session, presenter);
    playing.abort();
    await pumping;
    return await conclude(options, session, expected, presenter, signal);
  } catch (error) {
    const failure = asKioskError(error);
    session.bye('error');
    session.end(failure);
    throw failure;
  } finally {
    playing.abort();
  }
}

async function admission(options: RunOptions, presenter: Presenter, signal: AbortSignal): Promise<Admission> {
  if (options.ticket !== null) return { ticket: options.ticket, expected: null };
  const { mode, subject, policy, endpoints } = options;
  const apiKey = await findApiKey(options.apiKey ?? undefined, process.env, process.cwd());
  const request = {
    ...(mode === 'identify' ? { mode } : { mode, subject: subject ?? '' }),
    ...(policy === null ? {} : { policy }),
    ...(options.requireSigned ? { require: { capture: 'kiosk-signed' as const } } : {}),
  };
  const { sessionId, ticket, expected } = await createSession(endpoints.base, apiKey, request, signal);
  presenter.session({ sessionId, mode, subject, policy });
  return { ticket, expected };
}

/** Shows statuses and errors until the decision. */
async function present(session: KioskSession, presenter: Presenter): Promise<void> {
  for await (const event of session.events) {
    if (event.type === 'status') presenter.status(event);
    else if (event.type === 'error') presenter.error(new KioskError(event.code), false);
  }
}

async function conclude(
  options: RunOptions,
  session: KioskSession,
  asked: SessionExpectation | null,
  presenter: Presenter,
  signal: AbortSignal,
): Promise<Outcome> {
  const decision = await session.decision;
  const { outcome, token } = decision;
  const { sessionId, mode, policy } = session.welcome;
  const expected = {
    sessionId: asked?.session ?? sessionId,
    mode,
    policy: asked?.policy ?? policy,
    issuer: options.issuer,
    outcome,
    nonce: asked?.nonce ?? null,
    subject: options.subject,
    ...(options.requireSigned ? { capture: 'kiosk-signed' as const } : {}),
  };
  const checked = await tokenOf(decision, (given) =>
    checkToken(given, options.endpoints.jwks, expected, signal),
  );
  const subject = checked?.subject ?? null;
  const fromFile = options.source.kind === 'path';
  presenter.decision({ ...decision, mode, subject, tokenChecked: checked !== null, fromFile });
  if (outcome === 'accept' && token !== undefined && options.onAccept !== null)
    await openDoor(options.onAccept, { token, sessionId, subject }, signal);
  return outcome;
}

/**
 * Verifies the token of a decision. An accept needs a valid token. The other outcomes grant nothing and are reported
 * without one.
 */
async function tokenOf<T>(
  { outcome, token }: Decision,
  check: (token: string) => Promise<T>,
): Promise<T | null> {
  if (token === undefined) {
    if (outcome === 'accept') throw new KioskError('token.missing');
    return null;
  }
  return outcome === 'accept' ? check(token) : check(token).catch(() => null);
}
