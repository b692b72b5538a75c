import { ERRORS, type ErrorCode, isErrorCode, type Retry } from '@veriframe/protocol';

/**
 * Errors of the client's side; the server's codes are in `protocol/errors.ts`. The set is closed: a published code
 * keeps its meaning.
 */
export const KIOSK_ERRORS = {
  'usage.invalid': { message: 'The command line is not valid.', retry: 'never' },
  'source.not_found': { message: 'There is no such source: check the path or the device.', retry: 'never' },
  'source.empty': {
    message: 'The source holds no pictures: put JPEG, WebP or PNG files there.',
    retry: 'never',
  },
  'source.unreadable': { message: 'A picture of the source cannot be read.', retry: 'never' },
  'source.too_large': { message: 'A picture cannot be made small enough for the server.', retry: 'never' },
  'source.ffmpeg_missing': {
    message: 'Videos and cameras need ffmpeg 5.1 or newer (Debian package: ffmpeg).',
    retry: 'never',
  },
  'source.ffmpeg_failed': { message: 'The source cannot be read by ffmpeg.', retry: 'never' },
  'api_key.missing': { message: 'There is no API key.', retry: 'never' },
  'api.unexpected': { message: 'The server answered in an unexpected way.', retry: 'never' },
  'connection.refused': {
    message: 'The server cannot be reached: check its address (--url), and that it runs.',
    retry: 'backoff',
  },
  'connection.lost': { message: 'The connection ended before the decision: try again.', retry: 'now' },
  'connection.incompatible': {
    message: 'The server does not speak this protocol: use a kiosk and a server of the same version.',
    retry: 'never',
  },
  'session.mode': { message: 'The ticket is for another kind of session.', retry: 'never' },
  'token.missing': {
    message: 'The server accepted without a token: do not open the door, and check which server answers.',
    retry: 'never',
  },
  'token.invalid': {
    message: 'The token of the decision does not check out: do not open the door.',
    retry: 'never',
  },
  'key.unreadable': { message: "The kiosk's key cannot be read.", retry: 'never' },
  'key.unwritable': { message: "The kiosk's key cannot be written.", retry: 'never' },
  'key.refused': { message: "The server does not know the kiosk's key, or it was revoked.", retry: 'never' },
  'door.failed': { message: 'The command for an accepted subject failed.', retry: 'never' },
  'client.timeout': {
    message: 'There was no decision in time: check that the source shows a face, or raise --timeout.',
    retry: 'now',
  },
  'client.cancelled': { message: 'Cancelled.', retry: 'now' },
  'client.internal': { message: 'The client failed.', retry: 'never' },
} as const satisfies Record<string, { readonly message: string; readonly retry: Retry }>;

export type KioskErrorCode = keyof typeof KIOSK_ERRORS | ErrorCode;

/** The table entry of any code, the server's or the client's. */
export function errorEntry(code: KioskErrorCode): { readonly message: string; readonly retry: Retry } {
  return isErrorCode(code) ? ERRORS[code] : KIOSK_ERRORS[code];
}

/** An error with a stable code. `message` is the sentence of the table, followed by `detail` when given. */
export class KioskError extends Error {
  override readonly name = 'KioskError';
  readonly code: KioskErrorCode;
  readonly retry: Retry;
  /** What stands behind the sentence of the table. */
  readonly detail: string | undefined;

  constructor(code: KioskErrorCode, detail?: string, options?: ErrorOptions) {
    const { message, retry } = errorEntry(code);
    super(detail === undefined ? message : `${message} ${detail}`, options);
    this.code = code;
    this.retry = retry;
    this.detail = detail;
  }
}

/** Converts a thrown value to a `KioskError`. A value without a code gets `fallback`. */
export function asKioskError(thrown: unknown, fallback: KioskErrorCode = 'client.internal'): KioskError {
  if (thrown instanceof KioskError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new KioskError(fallback, detail === '' ? undefined : detail, { cause: thrown });
}
