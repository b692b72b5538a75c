import { compactVerify, decodeJwt, decodeProtectedHeader, errors } from 'jose';
import type { Mode, Outcome } from '@veriframe/protocol';
import { DECISION_TOKEN_TYPE, OBSERVATION_TOKEN_TYPE, TOKEN_ALGORITHM } from '@veriframe/protocol/http';
import { DecisionError, type DecisionErrorCode } from './errors.ts';
import { checkedExpectation, type DecisionExpectation, firstFailure } from './expectation.ts';
import { type DecisionClaims, decisionClaims, type Tier } from './schemas.ts';

/** What a token that was checked says. */
interface Decided {
  readonly sessionId: string;
  readonly mode: Mode;
  readonly policy: string;
  readonly nonce: string | null;
  readonly issuer: string;
  readonly audience: readonly string[];
  /** Server time of the decision, ms since 1970, to the second. */
  readonly decidedAtMs: number;
  readonly expiresAtMs: number;
  readonly assurance: {
    readonly tier: Tier;
    /** Cues that were measured, and those that could not be. */
    readonly measured: readonly string[];
    readonly unmeasured: readonly string[];
    readonly challengesPassed: number;
    /** Classes of attacker that nothing in the session stands against; null: the service does not say. */
    readonly openTo: readonly string[] | null;
  };
  /** Who controls the camera: `unattested`, `kiosk-signed` or `attested`. A later service may have more words. */
  readonly capture: string;
  /** The id of the kiosk's key, or who attested the application; null: nobody. */
  readonly captureBy: string | null;
  /** A WebAuthn key of the subject that took part; null: none did. */
  readonly possession: { readonly proof: string; readonly userVerified: boolean } | null;
}

/** The person was accepted, or enrolled, as `subject`. */
export interface AcceptedDecision extends Decided {
  readonly outcome: 'accept';
  readonly subject: string;
}

/** The person was not accepted. Such a decision names nobody. */
export interface RefusedDecision extends Decided {
  readonly outcome: Exclude<Outcome, 'accept'>;
  readonly subject: null;
}

export type VerifiedDecision = AcceptedDecision | RefusedDecision;

/** The service's tokens have less than 2 kB. */
const MOST_CHARACTERS = 16_384;

/**
 * Checks a decision's token, the only thing that a relying party may believe: type, signature, issuer, audience, time,
 * session, nonce, mode, policy, outcome, subject, tier, capture and possession. Resolves with what it says, or rejects
 * with a `DecisionError` whose code is the first check that it failed (`DECISION_ERRORS`).
 *
 * A token is good once, which only the caller can see to: forget the session before its token is checked.
 *
 * @param token compact JWS, as the client brought it
 * @throws DecisionError the token does not prove what was expected
 * @throws ApiError the keys cannot be had, so nothing is known of the token
 * @throws TypeError an expectation is missing; RangeError: a duration is out of range
 *
 * @example
 * const decision = await verifyDecision(token, {
 *   keys, // remoteKeys('https://faces.example/.well-known/jwks.json')
 *   issuer: 'veriframe',
 *   audience: 'shop',
 *   session: visitor.face.session,
 *   nonce: visitor.face.nonce,
 *   mode: 'verify',
 *   policy: ['standard', 'standard-flash'],
 *   subject: 'ada',
 * });
 * visitor.user = decision.subject;
 */
export async function verifyDecision(
  token: string,
  expected: DecisionExpectation & { readonly outcome?: 'accept' },
): Promise<AcceptedDecision>;
export async function verifyDecision(token: string, expected: DecisionExpectation): Promise<VerifiedDecision>;
export async function verifyDecision(
  token: string,
  expected: DecisionExpectation,
): Promise<VerifiedDecision> {
  const checked = checkedExpectation(expected);
  const claims = await signedClaims(token, expected);
  const failed = firstFailure(claims, checked);
  if (failed !== null) throw new DecisionError(failed);
  return decisionOf(claims);
}

/**
 * The session that a token claims to be for. Nothing of it is proven: use it only to look up what was expected of that
 * session, where a visitor may have several open ones, and check the token against that.
 *
 * @throws DecisionError `malformed`
 *
 * @example
 * const open = openSessions.get(claimedSessionOf(token));
 */
export function claimedSessionOf(token: string): string {
  requireShape(token);
  const session = refusing('malformed', () => decodeJwt(token).jti);
  if (typeof session !== 'string') throw new DecisionError('malformed');
  return session;
}

async function signedClaims(token: string, { keys, signal }: DecisionExpectation): Promise<DecisionClaims> {
  requireShape(token);
  const { typ } = refusing('malformed', () => decodeProtectedHeader(token));
  if (typ === OBSERVATION_TOKEN_TYPE) throw new DecisionError('observed');
  if (typ !== DECISION_TOKEN_TYPE) throw new DecisionError('type');
  signal?.throwIfAborted();
  const verifying = compactVerify(token, keys, { algorithms: [TOKEN_ALGORITHM] });
  const { payload } = await untilAborted(verifying, signal).catch((cause: unknown) => {
    const code = cause instanceof errors.JOSEError ? CODE_OF_JOSE[cause.code] : undefined;
    throw code === undefined ? cause : new DecisionError(code, { cause });
  });
  const read = decisionClaims.safeParse(
    refusing('malformed', () => JSON.parse(new TextDecoder().decode(payload))),
  );
  if (!read.success) throw new DecisionError('malformed');
  return read.data;
}

function requireShape(token: unknown): void {
  if (typeof token !== 'string' || token.length > MOST_CHARACTERS) throw new DecisionError('malformed');
}

/** What `read` returns; whatever it throws becomes a refusal. */
function refusing<T>(code: DecisionErrorCode, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new DecisionError(code, { cause });
  }
}

/** jose's errors that speak of the token. The others speak of the keys. */
const CODE_OF_JOSE: Readonly<Record<string, DecisionErrorCode>> = {
  ERR_JWS_INVALID: 'malformed',
  ERR_JOSE_NOT_SUPPORTED: 'malformed',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm',
  ERR_JWKS_NO_MATCHING_KEY: 'key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'key',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
};

/** The keys are fetched for all callers at once, so one that gives up leaves the fetch alone. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: aborted, stop } = rejectionOf(signal);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

function rejectionOf(signal: AbortSignal): { readonly promise: Promise<never>; readonly stop: () => void } {
  let stop = () => {};
  const promise = new Promise<never>((_, reject) => {
    // The reason is the caller's own, whatever it is.
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    stop = () => signal.removeEventListener('abort', abort);
  });
  return { promise, stop };
}

function decisionOf({ iss, aud, jti, iat, exp, sub, nonce, veriframe }: DecisionClaims): VerifiedDecision {
  const { mode, policy, outcome, assurance, capture = 'unattested', captureBy = null } = veriframe;
  const { possession = null } = veriframe;
  const decided = {
    sessionId: jti,
    mode,
    policy,
    nonce: nonce ?? null,
    issuer: iss,
    audience: aud === undefined ? [] : [aud].flat(),
    decidedAtMs: iat * 1000,
    expiresAtMs: exp * 1000,
    assurance: { ...assurance, openTo: assurance.openTo ?? null },
    capture,
    captureBy,
    possession:
      possession === null ? null : { proof: possession.proof, userVerified: possession.userVerified },
  };
  if (outcome !== 'accept') return { ...decided, outcome, subject: null };
  if (sub === undefined) throw new DecisionError('subject');
  return { ...decided, outcome, subject: sub };
}
