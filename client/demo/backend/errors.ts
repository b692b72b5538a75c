/** The closed set of errors, with the HTTP status and one sentence each. */
const ERRORS = {
  'request.invalid': { status: 400, message: 'The request is not valid.' },
  'request.foreign': { status: 403, message: 'The request does not come from this site.' },
  'page.unknown': { status: 404, message: 'There is nothing at this address.' },
  'method.unknown': { status: 405, message: 'This address does not take that method.' },
  'sign_in.required': { status: 401, message: 'Sign in first.' },
  /** Does not reveal whether the account exists, has a face or has a password. */
  'sign_in.failed': { status: 401, message: 'The sign-in did not succeed.' },
  'confirmation.required': { status: 403, message: 'Confirm who you are once more.' },
  'username.taken': { status: 409, message: 'This username is not available.' },
  /** Does not reveal whether the account exists. */
  'face.locked': { status: 429, message: 'Too many face checks failed. Try again later.' },
  'face.refused': { status: 403, message: 'The face check does not hold.' },
  'face.missing': { status: 409, message: 'There is no face set up.' },
  'operator.required': { status: 401, message: 'Sign in as operator first.' },
  'operator.refused': { status: 401, message: 'This is not the secret.' },
  'attempts.too_many': { status: 429, message: 'Too many attempts. Try again later.' },
  'service.refused': { status: 403, message: 'The face service does not grant this.' },
  'service.unavailable': { status: 503, message: 'The face service does not answer.' },
} as const satisfies Record<string, { readonly status: number; readonly message: string }>;

type DemoErrorCode = keyof typeof ERRORS;

/** An error that is sent to the page. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
  readonly code: DemoErrorCode;
  /** Seconds after which a new request makes sense. Null: unknown, or never. */
  readonly retryAfterSeconds: number | null;

  constructor(code: DemoErrorCode, options: ErrorOptions & { readonly retryAfterSeconds?: number } = {}) {
    super(ERRORS[code].message, options);
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }

  get entry(): { readonly status: number; readonly message: string } {
    return ERRORS[this.code];
  }
}
