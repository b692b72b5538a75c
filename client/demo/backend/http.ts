import type { z } from 'zod';
import { DemoError } from './errors.ts';

/** A request in the form in which the demo's host passes it on. Header names are in lower case. */
export interface DemoRequest {
  readonly method: string;
  /** Path without query, still percent-encoded. */
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  readonly body: Uint8Array;
}

export interface DemoResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): DemoResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}

export function refused(error: DemoError): DemoResponse {
  const { code, entry, retryAfterSeconds } = error;
  const headers = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { ...json({ error: { code, message: entry.message } }, headers), status: entry.status };
}

export function redirect(to: string, headers: Readonly<Record<string, string>> = {}): DemoResponse {
  return { status: 303, headers: { location: to, 'cache-control': 'no-store', ...headers }, body: '' };
}

/** @throws DemoError `request.invalid` when the body is not JSON of this form */
export function readBody<T extends z.ZodType>({ headers, body }: DemoRequest, form: T): z.infer<T> {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') throw new DemoError('request.invalid');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new DemoError('request.invalid', { cause });
  }
  const read = form.safeParse(value);
  if (!read.success) throw new DemoError('request.invalid', { cause: read.error });
  return read.data;
}

/**
 * Allows changes only to this site's own pages. A browser sends the page's origin with every request that changes
 * something, and no page can forge it.
 * @throws DemoError `request.foreign`
 */
export function requireSameOrigin({ headers }: DemoRequest): void {
  const origin = headers.get('origin');
  if (origin === undefined || !isOwnOrigin(origin, headers.get('host')))
    throw new DemoError('request.foreign');
}

/** `Host` may be spelled in upper case, and with the port that the scheme has anyway. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || /[\s/?#@\\]/.test(host) || !URL.canParse(origin)) return false;
  const { protocol, host: own } = new URL(origin);
  const named = `${protocol}//${host}`;
  return own !== '' && URL.canParse(named) && new URL(named).host === own;
}

const COOKIE = 'demo_session';
const COOKIE_VALUE = /^[\w-]{43}$/;

/** The session cookie's value, or null. */
export function sessionCookie(request: DemoRequest): string | null {
  return cookieOf(request, COOKIE, COOKIE_VALUE);
}

/** The value of the first cookie of that name whose value matches `form`, or null. */
export function cookieOf({ headers }: DemoRequest, named: string, form: RegExp): string | null {
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=');
    if (name === named && form.test(value)) return value;
  }
  return null;
}

/**
 * Whether the browser uses HTTPS. The headers are not authenticated: a false one only makes the client's own cookies
 * stricter.
 */
export function isOverHttps({ headers }: DemoRequest): boolean {
  return (headers.get('origin') ?? '').startsWith('https:') || headers.get('x-forwarded-proto') === 'https';
}

/** Headers that set the session cookie. Null removes it. */
export function setSessionCookie(
  request: DemoRequest,
  value: string | null,
  maxAgeMs: number,
): Readonly<Record<string, string>> {
  const seconds = value === null ? 0 : Math.floor(maxAgeMs / 1000);
  const secure = isOverHttps(request) ? '; Secure' : '';
  return {
    'set-cookie': `${COOKIE}=${value ?? ''}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`,
  };
}
