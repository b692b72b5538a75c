import { decodeJwt } from 'jose';
import { z } from 'zod';
import { createSession, type NewSession } from '../../client/kiosk/api.ts';
import { asKioskError, KioskError } from '../../client/kiosk/errors.ts';
import type { Presenter as Display } from '../../client/kiosk/present/presenter.ts';
import { connect, type KioskSession } from '../../client/kiosk/session-client.ts';
import { checkToken } from '../../client/kiosk/token.ts';
import type { Decision } from '../../protocol/downstream.ts';
import type { DecisionCause, Mode, Outcome } from '../../protocol/status.ts';
import type { Pace } from './pace.ts';
import type { Presenter, RecordedFrame } from './people.ts';
import type { Audit, ServerOnTrial } from './server.ts';

/** One session that the trial runs. */
export interface SessionPlan {
  readonly mode: Mode;
  /** Null to identify. */
  readonly subject: string | null;
  readonly policy: string;
  /** Whom the status lines name instead of the subject's id. */
  readonly shownAs: string | null;
}

/** What the signed token says, once its signature and its session were checked. */
export interface TokenClaims {
  readonly outcome: Outcome;
  readonly policy: string;
  readonly tier: string;
  readonly challengesPassed: number;
  /** Whom it names; null: nobody. */
  readonly subject: string | null;
}

export interface SessionResult {
  readonly outcome: Outcome;
  /** What was too slow for a judgement; null: nothing was. */
  readonly slowness: DecisionCause | null;
  /** Null where an outcome that grants nothing came without a token. */
  readonly claims: TokenClaims | null;
  readonly audit: Audit;
  /** The pictures that were sent. */
  readonly sent: readonly RecordedFrame[];
  readonly tookMs: number;
}

export interface SessionParts {
  readonly server: ServerOnTrial;
  readonly pace: Pace;
  readonly display: Display;
  readonly signal: AbortSignal;
}

/**
 * Runs one session from its ticket to its decision. `presenter` is drawn while it runs and hears each status.
 * Rejects with the `KioskError` that ended it without a decision, `token.missing` or `token.invalid`.
 */
export async function runSession(
  { mode, subject, policy, shownAs }: SessionPlan,
  presenter: Presenter,
  { server, pace, display, signal }: SessionParts,
): Promise<SessionResult> {
  const { endpoints, apiKey } = server;
  const request: NewSession =
    mode === 'identify' ? { mode, policy } : { mode, policy, subject: subject ?? '' };
  const { sessionId, ticket, expected } = await createSession(endpoints.base, apiKey, request, signal);
  display.session({ sessionId, mode, subject: shownAs, policy });
  const startMs = pace.nowMs();
  const session = await connect({ url: endpoints.stream, ticket, client: 'veriframe-try', signal });
  display.welcome(session.welcome);
  const [sent] = await Promise.all([
    sendPictures(session, presenter, pace).catch((error: unknown) => {
      session.bye('error');
      session.end(asKioskError(error));
      return [];
    }),
    hear(session, presenter, pace, display),
  ]);
  const decision = await session.decision;
  const tookMs = pace.nowMs() - startMs;
  const { outcome, token, cause = null } = decision;
  const claims = await claimsOf(decision, (given) =>
    checkToken(
      given,
      endpoints.jwks,
      { issuer: null, sessionId, mode, policy, outcome, nonce: expected.nonce, subject },
      signal,
    ),
  );
  display.decision({ ...decision, mode, subject: null, tokenChecked: token !== undefined });
  const audit = await server.auditOf(sessionId, signal);
  return { outcome, slowness: cause, claims, audit, sent, tookMs };
}

/** Takes pictures until the session is over. Resolves with those that were sent. */
async function sendPictures(
  session: KioskSession,
  presenter: Presenter,
  pace: Pace,
): Promise<readonly RecordedFrame[]> {
  const sent: RecordedFrame[] = [];
  while (await pace.nextPicture(session)) {
    const atMs = pace.nowMs();
    const jpeg = await presenter.frameAt(atMs);
    if (session.sendFrame(jpeg, atMs)) sent.push({ atMs, jpeg });
  }
  return sent;
}

/** Shows what the server says to the person and to whoever watches. Rejects when the session ends undecided. */
async function hear(
  session: KioskSession,
  presenter: Presenter,
  pace: Pace,
  display: Display,
): Promise<void> {
  for await (const event of session.events) {
    if (event.type === 'error') display.error(new KioskError(event.code), false);
    if (event.type !== 'status') continue;
    presenter.onStatus?.(event, pace.nowMs());
    display.status(event);
  }
}

const said = z.object({
  sub: z.string().nullable().default(null),
  veriframe: z.object({
    policy: z.string(),
    assurance: z.object({ tier: z.string(), challengesPassed: z.int() }),
  }),
});

/** The claims of a decision's token, which `check` holds against the server's published keys and this session. */
async function claimsOf(
  { outcome, token }: Decision,
  check: (token: string) => Promise<unknown>,
): Promise<TokenClaims | null> {
  if (token === undefined) {
    if (outcome === 'accept') throw new KioskError('token.missing');
    return null;
  }
  await check(token);
  const claims = said.safeParse(decodeJwt(token));
  if (!claims.success) throw new KioskError('token.invalid', 'It does not say what stands behind it.');
  const { sub, veriframe } = claims.data;
  const { policy, assurance } = veriframe;
  return { outcome, policy, ...assurance, subject: sub };
}
