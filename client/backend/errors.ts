import { ERRORS, type ErrorCode, isErrorCode, type Retry } from '@veriframe/protocol';

/**
 * What can go wrong between this program and the service, beside the service's own codes. Closed set: a code, once
 * published, keeps its meaning.
 */
export const CONNECTION_ERRORS = {
  'connection.failed': { message: 'The service cannot be reached.', retry: 'backoff' },
  'connection.timeout': { message: 'The service did not answer in time.', retry: 'backoff' },
  'answer.unexpected': { message: 'The answer is not one that veriframe gives.', retry: 'never' },
} as const satisfies Record<string, { readonly message: string; readonly retry: Retry }>;

/** A code of the service (`protocol/SPEC.md`, section 7), or one of `CONNECTION_ERRORS`. */
export type ApiErrorCode = ErrorCode | keyof typeof CONNECTION_ERRORS;

/** What is known of a failed request beside its code. */
export interface ApiErrorDetails extends ErrorOptions {
  /** Added to the sentence of the code. */
  readonly detail?: string;
  readonly status?: number;
  readonly retry?: Retry;
  readonly retryAfterMs?: number;
}

/**
 * The service refused a request, or gave no usable answer. It says nothing about a token: a relying party answers its
 * visitor with "try again later", not with "refused".
 *
 * @example
 * try {
 *   await veriframe.createSession({ mode: 'verify', subject: 'ada' });
 * } catch (error) {
 *   if (error instanceof ApiError && error.code === 'subject.locked') offerPassword(error.retryAfterMs);
 *   else throw error;
 * }
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  /** Whether asking the same again can help. */
  readonly retry: Retry;
  /** In how many milliseconds it can help; null where the service does not say. */
  readonly retryAfterMs: number | null;
  /** HTTP status of the answer; null where there was none. */
  readonly status: number | null;
  /** What `message` adds to the sentence of the code, such as the field at fault; null: nothing. */
  readonly detail: string | null;

  constructor(code: ApiErrorCode, { detail, status, retry, retryAfterMs, ...options }: ApiErrorDetails = {}) {
    const entry = isErrorCode(code) ? ERRORS[code] : CONNECTION_ERRORS[code];
    super(detail === undefined ? entry.message : `${entry.message} ${detail}`, options);
    this.code = code;
    this.retry = retry ?? entry.retry;
    this.retryAfterMs = retryAfterMs ?? null;
    this.status = status ?? null;
    this.detail = detail ?? null;
  }
}

/**
 * Why a token is no proof of what was expected: one sentence for each check, in the order in which the checks are
 * made. Closed set: a code, once published, keeps its meaning.
 */
export const DECISION_ERRORS = {
  malformed: 'The token is not a compact JWS, or a claim is missing.',
  type: 'The token is not of the type of a decision.',
  observed: 'The evidence of the session could be followed; its token is no decision.',
  algorithm: 'The token is not signed with EdDSA.',
  key: 'The token is signed with a key that is not published.',
  signature: 'The signature does not fit the token.',
  issuer: 'The token is from another issuer.',
  audience: 'The token is for another audience.',
  not_yet_valid: 'The token was issued in the future.',
  expired: 'The token has expired.',
  age: 'The decision is older than was asked for.',
  session: 'The token is for another session.',
  nonce: 'The token carries another nonce, or none.',
  mode: 'The token is for another mode.',
  policy: 'The decision was made under another policy.',
  outcome: 'The outcome is another one.',
  subject: 'The token names another subject, or none.',
  tier: 'The decision was made with fewer models than was asked for.',
  capture: 'The camera was not controlled as was asked for.',
  possession: 'No key of the subject took part as was asked for.',
} as const satisfies Record<string, string>;

/** The check that a token failed: a key of `DECISION_ERRORS`. */
export type DecisionErrorCode = keyof typeof DECISION_ERRORS;

/**
 * A token does not prove what was expected. `code` says which check failed. The message holds neither the token nor a
 * subject.
 *
 * @example
 * try {
 *   await veriframe.verifyDecision(token, session.face);
 * } catch (error) {
 *   if (!(error instanceof DecisionError)) throw error;
 *   log.warn({ code: error.code }, 'sign-in refused');
 * }
 */
export class DecisionError extends Error {
  override readonly name = 'DecisionError';
  readonly code: DecisionErrorCode;

  constructor(code: DecisionErrorCode, options?: ErrorOptions) {
    super(DECISION_ERRORS[code], options);
    this.code = code;
  }
}
