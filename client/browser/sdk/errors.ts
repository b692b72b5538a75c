import { ERRORS, type ErrorCode, type Retry } from '@veriframe/protocol';

/** Errors of the client's side. The server's codes are in `protocol/errors.ts`. */
const LOCAL_ERRORS = {
  'camera.unsupported': {
    message: 'This page cannot use a camera: it needs HTTPS (or localhost) and a browser with getUserMedia.',
    retry: 'never',
  },
  'camera.denied': { message: 'The camera was not allowed.', retry: 'now' },
  'camera.not_found': { message: 'No camera was found.', retry: 'now' },
  'camera.in_use': {
    message: 'The camera could not be read; another program may be using it.',
    retry: 'now',
  },
  'camera.lost': { message: 'The camera stopped during the session.', retry: 'now' },
  'capture.failed': { message: 'Pictures of the camera could not be encoded.', retry: 'now' },
  'ticket.failed': { message: 'The ticket callback failed.', retry: 'backoff' },
  'connection.refused': {
    message: 'The server could not be reached or refused the connection.',
    retry: 'backoff',
  },
  'connection.offline': { message: 'This device is offline.', retry: 'backoff' },
  'connection.lost': { message: 'The connection ended before a decision.', retry: 'now' },
  'connection.timeout': { message: 'The server did not welcome the session in time.', retry: 'backoff' },
  'connection.incompatible': {
    message: 'The server said something that is not veriframe.v1.',
    retry: 'never',
  },
} as const satisfies Record<string, { readonly message: string; readonly retry: Retry }>;

export type FaceSessionErrorCode = ErrorCode | keyof typeof LOCAL_ERRORS;

/** Every code with which a session can fail: the protocol's and the client's own. */
export const FACE_SESSION_ERRORS: Readonly<
  Record<FaceSessionErrorCode, { readonly message: string; readonly retry: Retry }>
> = { ...ERRORS, ...LOCAL_ERRORS };

/**
 * A failure with a stable code. `retry` says when a new session may succeed; `retryable` says whether one ever may.
 * `ticket.invalid` is retryable here, because the next session fetches a new ticket.
 */
export class FaceSessionError extends Error {
  override readonly name = 'FaceSessionError';
  readonly code: FaceSessionErrorCode;
  readonly retry: Retry;

  constructor(code: FaceSessionErrorCode, options?: ErrorOptions) {
    super(FACE_SESSION_ERRORS[code].message, options);
    this.code = code;
    this.retry = code === 'ticket.invalid' ? 'now' : FACE_SESSION_ERRORS[code].retry;
  }

  get retryable(): boolean {
    return this.retry !== 'never';
  }
}

/** `cause` itself when it is a `FaceSessionError`; otherwise a new error with `code` and that cause. */
export function asFaceSessionError(cause: unknown, code: FaceSessionErrorCode): FaceSessionError {
  return cause instanceof FaceSessionError ? cause : new FaceSessionError(code, { cause });
}
