import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { type Mode, ERRORS } from '@veriframe/protocol';
import { isServerCode, KioskError } from './errors.ts';

export interface SessionRequest {
  readonly mode: Mode;
  readonly subject?: string;
  readonly policy?: string;
  /** Comes back in the token, which ties the decision to this very request. */
  readonly nonce: string;
}

const created = z.object({
  sessionId: z.string().min(1),
  ticket: z.string().min(1),
});
export type CreatedSession = z.infer<typeof created>;

const failure = z.object({ error: z.object({ code: z.string(), message: z.string().optional() }) });

/** Longest wait for the answer to a plain HTTP request. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Asks the server for a session. Rejects with the server's own code when it refuses, `connection.refused` when
 * it cannot be reached, `api.unexpected` when the answer is no answer of veriframe's, or the signal's reason.
 */
export async function createSession(
  address: URL,
  apiKey: string,
  request: SessionRequest,
  signal: AbortSignal,
): Promise<CreatedSession> {
  let status: number;
  let body: string;
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    status = response.status;
    body = await response.text();
  } catch (cause) {
    signal.throwIfAborted();
    throw new KioskError('connection.refused', `${address.origin}: ${causeOf(cause)}`, { cause });
  }
  if (status !== 201) throw refusal(status, body);
  const session = created.safeParse(parsed(body));
  if (!session.success) throw new KioskError('api.unexpected', `${address.pathname} gave no session.`);
  return session.data;
}

/** The error that an HTTP answer tells: `{error: {code, message, retry}}`, or `api.unexpected`. */
export function refusal(status: number, body: string): KioskError {
  const told = failure.safeParse(parsed(body));
  if (!told.success) return new KioskError('api.unexpected', `HTTP status ${status}.`);
  const { code, message } = told.data.error;
  if (isServerCode(code)) {
    // The server's message is the table's sentence with what it adds, which may name the field at fault.
    const detail =
      message?.startsWith(ERRORS[code].message) === true ? message.slice(ERRORS[code].message.length) : '';
    return new KioskError(code, detail.trim() === '' ? undefined : detail.trim());
  }
  return new KioskError('api.unexpected', `${code}: ${message ?? `HTTP status ${status}`}`);
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

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** fetch hides the reason of a failed connection one level down. */
function causeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message === '' && 'code' in inner ? String(inner.code) : inner.message;
}
