import {
  ApiError,
  type CaptureDemand,
  DecisionError,
  type Mode,
  type Outcome,
  remoteKeys,
  verifyDecision,
} from '@veriframe/backend';
import { KioskError } from './errors.ts';

/** What a token has to say for a decision to stand. Null: whoever asked for the session alone knows. */
export interface TokenExpectation {
  readonly issuer: string | null;
  readonly sessionId: string;
  readonly mode: Mode;
  readonly policy: string | null;
  readonly outcome: Outcome;
  readonly nonce: string | null;
  /** Whom an accept has to name; null when anyone. */
  readonly subject: string | null;
  /** Who must control the camera; absent: whoever. */
  readonly capture?: CaptureDemand;
}

export interface CheckedToken {
  /** Whom the token names; only an accept names anyone. */
  readonly subject: string | null;
}

/** Longest wait for the server's keys. */
const KEYS_TIMEOUT_MS = 5_000;

/**
 * Checks a decision's token as a relying application must. Rejects with `token.invalid`, whose cause says which check
 * it failed or why there are no keys to check it with, or with the signal's reason.
 */
export async function checkToken(
  token: string,
  jwks: URL,
  { sessionId, ...expected }: TokenExpectation,
  signal: AbortSignal,
): Promise<CheckedToken> {
  const keys = remoteKeys(jwks, { timeoutMs: KEYS_TIMEOUT_MS });
  try {
    // A kiosk decides for itself: its sessions have no audience, and those of others have that of the others.
    const { subject } = await verifyDecision(token, {
      ...expected,
      keys,
      audience: null,
      session: sessionId,
      signal,
    });
    return { subject };
  } catch (cause) {
    if (!(cause instanceof DecisionError || cause instanceof ApiError)) throw cause;
    throw new KioskError('token.invalid', cause.message, { cause });
  }
}
