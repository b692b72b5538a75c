/** A request that failed: the backend's code, or one of this side's. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;

  constructor(code: string, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

/**
 * Asks the site's own backend.
 * @throws ApiError the backend's code, `offline`, or `unreachable`
 */
export async function ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(method === 'GET'
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) }),
    });
  } catch (cause) {
    throw new ApiError(navigator.onLine ? 'unreachable' : 'offline', { cause });
  }
  const answer: unknown = await response.json().catch(() => null);
  // The backend is this site's own and of the same version.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  if (response.ok) return answer as T;
  throw new ApiError(codeIn(answer) ?? 'unreachable');
}

function codeIn(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return null;
  const { error } = answer;
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Whether the person has to prove who they are once more before this. */
export function isToConfirm(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'confirmation.required';
}

const WORDS: Readonly<Record<string, string>> = {
  offline: 'You are offline. Connect to the internet, then try again.',
  'username.taken': 'This username is not available. Choose another one.',
  'sign_in.failed': 'We could not sign you in. Check what you typed, or use the other way in.',
  'face.refused': 'We could not confirm it’s you. Try again, or use the other way in.',
  'attempts.too_many': 'That were many attempts. Wait a few minutes, then try again.',
  'service.unavailable': 'The face check is not available right now. Try again in a moment.',
};

/** What to tell the person. */
export function wordsOf(error: unknown): string {
  const code = error instanceof ApiError ? error.code : '';
  return WORDS[code] ?? 'That did not work. Try again in a moment.';
}
