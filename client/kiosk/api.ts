import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  ApiError,
  apiErrorOf,
  createBackend,
  type NewSession,
  type StartedSession,
} from '@veriframe/backend';
import { isErrorCode } from '@veriframe/protocol';
import { KioskError } from './errors.ts';

export type { CreatedSession, NewSession, StartedSession } from '@veriframe/backend';

/**
 * Asks the server for a session.
 *
 * @param base of the server's HTTP API
 * @returns the ticket, and what the session's token has to say
 * @throws KioskError the server's own code when it refuses, `connection.refused` when it cannot be reached,
 *   `api.unexpected` when the answer is no answer of veriframe's; or the signal's reason
 */
export async function createSession(
  base: URL,
  apiKey: string,
  request: NewSession,
  signal: AbortSignal,
): Promise<StartedSession> {
  try {
    return await createBackend({ url: base, apiKey, audience: null, issuer: null }).createSession(request, {
      signal,
    });
  } catch (error) {
    throw error instanceof ApiError ? kioskErrorOf(error) : error;
  }
}

/** The error that an HTTP answer tells: `{error: {code, message, retry}}`, or `api.unexpected`. */
export function refusal(status: number, body: string): KioskError {
  return kioskErrorOf(apiErrorOf(status, body));
}

/** The error of the service by its own code, or the nearest of the kiosk. */
export function kioskErrorOf(cause: ApiError): KioskError {
  const { code, detail } = cause;
  if (isErrorCode(code)) return new KioskError(code, detail ?? undefined, { cause });
  const ours = code === 'answer.unexpected' ? 'api.unexpected' : 'connection.refused';
  return new KioskError(ours, detail ?? cause.message, { cause });
}

/**
 * Finds the API key: what was given, else `VERIFRAME_API_KEY`, else the development key that a server started
 * from this folder left in its data folder. Rejects with `api_key.missing`.
 */
export async function findApiKey(
  given: string | undefined,
  environment: NodeJS.ProcessEnv,
  folder: string,
): Promise<string> {
  const named = given ?? environment['VERIFRAME_API_KEY']?.trim();
  if (named !== undefined && named !== '') return named;
  const path = resolve(folder, environment['VERIFRAME_DATA_DIR'] ?? 'data', 'development-api-key');
  const key = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (key !== '') return key;
  throw new KioskError(
    'api_key.missing',
    `Give --api-key or VERIFRAME_API_KEY, or start in the folder of the server's data (no key in ${path}).`,
  );
}
