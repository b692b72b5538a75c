import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { DemoError } from './errors.ts';
import { cookieOf, type DemoRequest, isOverHttps } from './http.ts';

const COOKIE = 'demo_operator';
const COOKIE_VALUE = /^[\w-]{43}$/;
const SIGNED_IN_MS = 12 * 60 * 60_000;
const MOST_SIGNED_IN = 100;

/**
 * Signed-in operators: clients that have sent the secret. They are kept in memory, so a restart signs everybody out.
 */
export class Operators {
  readonly #secret: Buffer;
  readonly #nowMs: () => number;
  /** Time at which each sign-in ends, by the hash of its cookie. */
  readonly #signedIn = new Map<string, number>();

  constructor(secret: string, nowMs: () => number) {
    this.#secret = digest(secret);
    this.#nowMs = nowMs;
  }

  /** The cookie's value when the secret is right, otherwise null. */
  signIn(secret: string): string | null {
    if (!timingSafeEqual(digest(secret), this.#secret)) return null;
    const cookie = randomBytes(32).toString('base64url');
    const nowMs = this.#nowMs();
    for (const [id, untilMs] of this.#signedIn) if (untilMs <= nowMs) this.#signedIn.delete(id);
    const [oldest] = this.#signedIn.keys();
    if (this.#signedIn.size >= MOST_SIGNED_IN && oldest !== undefined) this.#signedIn.delete(oldest);
    this.#signedIn.set(idOf(cookie), nowMs + SIGNED_IN_MS);
    return cookie;
  }

  isSignedIn(request: DemoRequest): boolean {
    const cookie = cookieOf(request, COOKIE, COOKIE_VALUE);
    return cookie !== null && (this.#signedIn.get(idOf(cookie)) ?? 0) > this.#nowMs();
  }

  signOut(request: DemoRequest): void {
    const cookie = cookieOf(request, COOKIE, COOKIE_VALUE);
    if (cookie !== null) this.#signedIn.delete(idOf(cookie));
  }
}

/** @throws DemoError `operator.required` */
export function requireOperator(operators: Operators | null, request: DemoRequest): void {
  if (operators?.isSignedIn(request) !== true) throw new DemoError('operator.required');
}

/** Headers that set the operator's cookie. Null removes it. Browsers do not send it with requests from other sites. */
export function setOperatorCookie(
  request: DemoRequest,
  value: string | null,
): Readonly<Record<string, string>> {
  const seconds = value === null ? 0 : SIGNED_IN_MS / 1000;
  const secure = isOverHttps(request) ? '; Secure' : '';
  return {
    'set-cookie': `${COOKIE}=${value ?? ''}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`,
  };
}

function idOf(cookie: string): string {
  return digest(cookie).toString('hex');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
