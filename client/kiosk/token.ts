import { createRemoteJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';
import { MODES, OUTCOMES, type Mode, type Outcome } from '@veriframe/protocol';
import { KioskError } from './errors.ts';

/** What a token has to say for a decision to stand. */
export interface TokenExpectation {
  readonly sessionId: string;
  readonly mode: Mode;
  readonly outcome: Outcome;
  /** Null when someone else created the session and alone knows its nonce. */
  readonly nonce: string | null;
  /** Whom an accept has to name; null when anyone. */
  readonly subject: string | null;
}

export interface CheckedToken {
  /** Whom the token names; only an accept names anyone. */
  readonly subject: string | null;
}

const claims = z.object({
  jti: z.string(),
  nonce: z.string().optional(),
  sub: z.string().optional(),
  veriframe: z.object({ mode: z.enum(MODES), outcome: z.enum(OUTCOMES) }),
});

/**
 * Checks a decision's token as a relying application must: type, signature against the server's published keys,
 * expiry, and that it speaks of this session, nonce, mode, outcome and subject.
 * Rejects with `token.invalid`, or the signal's reason.
 */
export async function checkToken(
  token: string,
  jwks: URL,
  expected: TokenExpectation,
  signal: AbortSignal,
): Promise<CheckedToken> {
  const keys = createRemoteJWKSet(jwks, { timeoutDuration: 5_000 });
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ['EdDSA'],
    typ: 'veriframe-decision+jwt',
    requiredClaims: ['jti', 'iat', 'exp'],
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new KioskError('token.invalid', cause instanceof Error ? cause.message : undefined, { cause });
  });
  const said = claims.safeParse(payload);
  if (!said.success) throw new KioskError('token.invalid', 'It does not speak of a session.');
  const { jti, nonce, sub = null, veriframe } = said.data;
  const { sessionId, mode, outcome, subject } = expected;
  if (jti !== sessionId) throw new KioskError('token.invalid', 'It is for another session.');
  if (veriframe.mode !== mode) throw new KioskError('token.invalid', `It says ${veriframe.mode}.`);
  if (veriframe.outcome !== outcome) throw new KioskError('token.invalid', `It says ${veriframe.outcome}.`);
  if (expected.nonce !== null && nonce !== expected.nonce)
    throw new KioskError('token.invalid', 'It carries another nonce.');
  if (outcome === 'accept' && subject !== null && sub !== subject)
    throw new KioskError('token.invalid', 'It names another subject.');
  return { subject: sub };
}
