import { fill } from '../words/words.ts';
import { siteUrl } from './site.ts';
import { language, words } from './words.ts';

/** A failed request, with the backend's code or one of the page's own. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  /** Seconds after which the backend asks to try again, or null. */
  readonly retryAfterSeconds: number | null;

  constructor(code: string, options: ErrorOptions & { readonly retryAfterSeconds?: number } = {}) {
    super(code, options);
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

/**
 * Sends a request to the site's own backend.
 * @throws ApiError the backend's code, `offline`, or `unreachable`
 */
export async function ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(siteUrl(path), {
      method,
      ...(method === 'GET'
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) }),
    });
  } catch (cause) {
    throw new ApiError(navigator.onLine ? 'unreachable' : 'offline', { cause });
  }
  const answer: unknown = await response.json().catch(() => null);
  // The backend belongs to this site and has the same version.
  if (response.ok) return answer as T;
  const retryAfterSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw new ApiError(codeIn(answer) ?? 'unreachable', retryAfterSeconds > 0 ? { retryAfterSeconds } : {});
}

function codeIn(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return null;
  const { error } = answer;
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Whether the user has to confirm their identity first. */
export function isToConfirm(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'confirmation.required';
}

/** The sentence to show for an error. */
export function wordsOf(error: unknown): string {
  const { problem } = words;
  if (!(error instanceof ApiError)) return problem.other;
  const { code, retryAfterSeconds } = error;
  if (!isKnown(code, problem)) return problem.other;
  if (code !== 'face.locked') return problem[code];
  if (retryAfterSeconds === null) return problem['attempts.too_many'];
  return fill(problem[code], { time: inMinutes(retryAfterSeconds) });
}

/** For example `in 15 minutes`. */
function inMinutes(seconds: number): string {
  return new Intl.RelativeTimeFormat(language).format(Math.ceil(seconds / 60), 'minute');
}

/** Whether `known` has an entry for a code. */
export function isKnown<T extends object>(code: string, known: T): code is string & keyof T {
  return Object.hasOwn(known, code);
}
