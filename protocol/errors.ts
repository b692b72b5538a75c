export const RETRIES = ['never', 'now', 'backoff'] as const;
/** Whether it can help to repeat the same request, and when. */
export type Retry = (typeof RETRIES)[number];

/** The meaning of a code: message, retry advice, WebSocket close code and HTTP status. */
export interface ErrorEntry {
  /** One sentence for a developer. It contains no subject, score or secret. */
  readonly message: string;
  readonly retry: Retry;
  /** WebSocket close code (4000–4999), or null when the code never closes a socket. */
  readonly closeCode: number | null;
  /** HTTP status of an API request that ends with this code. */
  readonly httpStatus: number;
}

/**
 * The closed set of error codes (SPEC section 7). A published code keeps its meaning. Close codes: 40xx bytes and
 * messages, 41xx order and rate, 42xx admission, 43xx ended by the server.
 */
export const ERRORS = {
  'message.malformed': {
    message: 'The message is not encoded as the protocol demands.',
    retry: 'never',
    closeCode: 4000,
    httpStatus: 400,
  },
  'message.text': {
    message: 'Messages are binary; a text message arrived.',
    retry: 'never',
    closeCode: 4001,
    httpStatus: 400,
  },
  'message.unknown_type': {
    message: 'The message type is not known.',
    retry: 'never',
    closeCode: 4002,
    httpStatus: 400,
  },
  'message.invalid': {
    message: 'A field is missing or not as the protocol demands.',
    retry: 'never',
    closeCode: 4003,
    httpStatus: 400,
  },
  'message.too_large': {
    message: 'The message is larger than the announced limit.',
    retry: 'never',
    closeCode: 4004,
    httpStatus: 413,
  },
  'hello.expected': {
    message: 'The first message must be hello.',
    retry: 'never',
    closeCode: 4100,
    httpStatus: 400,
  },
  'hello.timeout': { message: 'No hello arrived in time.', retry: 'now', closeCode: 4101, httpStatus: 408 },
  'hello.repeated': { message: 'Hello was already said.', retry: 'never', closeCode: 4102, httpStatus: 409 },
  'frame.out_of_order': {
    message: 'Frame numbers must strictly increase.',
    retry: 'never',
    closeCode: 4103,
    httpStatus: 409,
  },
  'frame.no_credit': {
    message: 'A frame was sent without credit.',
    retry: 'never',
    closeCode: 4104,
    httpStatus: 429,
  },
  'frame.rate': {
    message: 'Frames arrive faster than the announced limit.',
    retry: 'backoff',
    closeCode: 4105,
    httpStatus: 429,
  },
  'frame.undecodable': {
    message: 'The image is not a readable JPEG, WebP or PNG.',
    retry: 'now',
    closeCode: null,
    httpStatus: 422,
  },
  'frame.too_many_pixels': {
    message: 'The image has more pixels than the announced limit.',
    retry: 'never',
    closeCode: 4107,
    httpStatus: 422,
  },
  'frame.too_many_undecodable': {
    message: 'Too many images of this session could not be read.',
    retry: 'now',
    closeCode: 4108,
    httpStatus: 422,
  },
  'frame.signature': {
    message: 'A signature does not fit the frames that were sent.',
    retry: 'now',
    closeCode: 4109,
    httpStatus: 422,
  },
  'skip.not_allowed': {
    message: 'There is no challenge to skip, or no skip is left.',
    retry: 'never',
    closeCode: null,
    httpStatus: 409,
  },
  'session.decided': {
    message: 'The session is decided; nothing more is accepted.',
    retry: 'never',
    closeCode: 4110,
    httpStatus: 409,
  },
  'ticket.invalid': {
    message: 'The ticket is unknown, used or expired.',
    retry: 'never',
    closeCode: 4200,
    httpStatus: 401,
  },
  'origin.refused': {
    message: 'This origin may not connect.',
    retry: 'never',
    closeCode: null,
    httpStatus: 403,
  },
  'subprotocol.required': {
    message: 'The subprotocol veriframe.v1 is required.',
    retry: 'never',
    closeCode: null,
    httpStatus: 400,
  },
  'upgrade.required': {
    message: 'This address speaks WebSocket.',
    retry: 'never',
    closeCode: null,
    httpStatus: 426,
  },
  'server.busy': {
    message: 'The server is at capacity.',
    retry: 'backoff',
    closeCode: 4201,
    httpStatus: 503,
  },
  'server.draining': {
    message: 'The server is shutting down.',
    retry: 'backoff',
    closeCode: 4300,
    httpStatus: 503,
  },
  'server.not_ready': {
    message: 'The server cannot serve sessions now.',
    retry: 'backoff',
    closeCode: null,
    httpStatus: 503,
  },
  'server.internal': { message: 'The server failed.', retry: 'backoff', closeCode: 4301, httpStatus: 500 },
  'client.slow': {
    message: 'The client reads too slowly.',
    retry: 'backoff',
    closeCode: 4302,
    httpStatus: 408,
  },
  'client.idle': {
    message: 'Nothing was heard from the client in time.',
    retry: 'now',
    closeCode: 4303,
    httpStatus: 408,
  },
  'api.unauthorized': {
    message: 'A valid API key is required.',
    retry: 'never',
    closeCode: null,
    httpStatus: 401,
  },
  'api.not_granted': {
    message: 'The API key does not have this right.',
    retry: 'never',
    closeCode: null,
    httpStatus: 403,
  },
  'api.not_found': {
    message: 'There is nothing at this address.',
    retry: 'never',
    closeCode: null,
    httpStatus: 404,
  },
  'api.method': {
    message: 'This address does not take that method.',
    retry: 'never',
    closeCode: null,
    httpStatus: 405,
  },
  'api.invalid': { message: 'The request is not valid.', retry: 'never', closeCode: null, httpStatus: 400 },
  'api.too_large': {
    message: 'The body of the request is larger than this address takes.',
    retry: 'never',
    closeCode: null,
    httpStatus: 413,
  },
  'api.headers_too_large': {
    message: 'The request line and its headers are larger than the server takes.',
    retry: 'never',
    closeCode: null,
    httpStatus: 431,
  },
  'api.timeout': {
    message: 'The request did not arrive whole in time.',
    retry: 'now',
    closeCode: null,
    httpStatus: 408,
  },
  'policy.unknown': {
    message: 'There is no policy of that name.',
    retry: 'never',
    closeCode: null,
    httpStatus: 400,
  },
  'policy.not_granted': {
    message: 'The API key may not use this policy.',
    retry: 'never',
    closeCode: null,
    httpStatus: 403,
  },
  'policy.mode': {
    message: 'The policy does not serve this mode.',
    retry: 'never',
    closeCode: null,
    httpStatus: 400,
  },
  'policy.models': {
    message:
      'The policy accepts nobody on this server: it relies on networks that are not loaded. Use another policy, or ' +
      'load them with `npm run models`.',
    retry: 'never',
    closeCode: null,
    httpStatus: 409,
  },
  'subject.unknown': {
    message: 'The subject has no reference.',
    retry: 'never',
    closeCode: null,
    httpStatus: 404,
  },
  'subject.busy': {
    message:
      'The erasure of the subject is not finished; nobody is recognised by it. Ask again to finish it.',
    retry: 'backoff',
    closeCode: null,
    httpStatus: 503,
  },
  'subject.suspended': {
    message: 'The subject is suspended; nobody is accepted as it.',
    retry: 'never',
    closeCode: null,
    httpStatus: 403,
  },
  'subject.last_reference': {
    message: 'It is the last reference of the subject.',
    retry: 'never',
    closeCode: null,
    httpStatus: 409,
  },
  'subject.locked': {
    message: 'Too many attempts failed; the subject cannot be verified for some time.',
    retry: 'backoff',
    closeCode: 4202,
    httpStatus: 429,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

// Object.keys returns the type string[].
export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** An error with a stable code. `message` is the sentence of the table, followed by `detail` when given. */
export class VeriframeError extends Error {
  override readonly name = 'VeriframeError';
  readonly code: ErrorCode;
  /** Milliseconds after which a new attempt makes sense. Null: not known. */
  readonly retryAfterMs: number | null;

  constructor(
    code: ErrorCode,
    detail?: string,
    { retryAfterMs, ...options }: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(detail === undefined ? ERRORS[code].message : `${ERRORS[code].message} ${detail}`, options);
    this.code = code;
    this.retryAfterMs = retryAfterMs ?? null;
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }
}

/** Default for a busy or draining server: another node may have a free place by then. */
const USUAL_RETRY_AFTER_MS = 2_000;

/**
 * Milliseconds after which a new attempt makes sense, or null when no time is given. The value is exact for
 * `subject.locked` and for too many open tickets (`server.busy` when a session is created). For a full or draining
 * server it is an estimate.
 */
export function retryAfterMsOf({ retryAfterMs, entry }: VeriframeError): number | null {
  return retryAfterMs ?? (entry.httpStatus === 503 ? USUAL_RETRY_AFTER_MS : null);
}

/** Whether `code` is in the table. A later version may send codes that are not. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
