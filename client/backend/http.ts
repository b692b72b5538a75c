import type { z } from 'zod';
import { ERRORS, isErrorCode } from '@veriframe/protocol';
import { type AnswerOf, type OperationId, OPERATIONS, type ParamsOf } from '@veriframe/protocol/http';
import { ApiError } from './errors.ts';
import { failure } from './schemas.ts';

/** How to reach a service with an API key. */
export interface Connection {
  /** Base address; its path ends with a slash. */
  readonly base: URL;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
}

/** Calls an operation of one service. */
export type AskApi = <Id extends OperationId>(request: ApiRequest<Id>) => Promise<AnswerOf<Id>>;

/** A call of an operation of the API. Its method, path and answer are those of the table. */
export interface ApiRequest<Id extends OperationId> {
  readonly operation: Id;
  /** Values of the path's placeholders, each encoded before use. */
  readonly params?: ParamsOf<Id>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Delay until a `Retry-After` in whole seconds (RFC 9110, section 10.2.3); the service sends no dates. */
const SECONDS = /^\d{1,9}$/;

/**
 * Base address of a service. Throws `TypeError` when it is no http or https address, or carries a user name, a
 * password, a query or a fragment; the address is not repeated, since it may hold a secret.
 */
export function baseOf(address: string | URL): URL {
  const text = String(address);
  const base = URL.canParse(text) ? new URL(text) : null;
  if (base === null || !['http:', 'https:'].includes(base.protocol))
    throw new TypeError('url must be an address that starts with http:// or https://.');
  if (base.username !== '' || base.password !== '')
    throw new TypeError('url must not carry a user name or a password.');
  if (base.search !== '' || base.hash !== '')
    throw new TypeError('url must not carry a query or a fragment.');
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

/**
 * One request to the API. Rejects with `ApiError`, or with the signal's reason. No redirect is followed: the API key
 * goes to the address that was configured and to no other.
 */
export async function ask<Id extends OperationId>(
  connection: Connection,
  { operation, params, query = {}, body, signal }: ApiRequest<Id>,
): Promise<AnswerOf<Id>> {
  const { base, apiKey, fetch, timeoutMs } = connection;
  const { method, path, answers } = OPERATIONS[operation];
  const address = new URL(pathWith(path, params ?? {}), base);
  address.search = new URLSearchParams(query).toString();
  // A second session is harmless: nobody knows its ticket, which ends by itself.
  const mayRepeat = REPEATABLE.includes(method) || operation === 'createSession';
  const answer = await exchange(fetch, address, { method, timeoutMs, signal, apiKey, body, mayRepeat });
  if (answer.status < 200 || answer.status >= 300)
    throw apiErrorOf(answer.status, withoutKey(answer.body, apiKey), answer.headers);
  const [schema] = Object.values(answers);
  // The type of the answer is inferred from the schema that it was just read by.
  return answerOf(answer, schema) as AnswerOf<Id>;
}

/** The path of an operation, relative to the base address, with its placeholders filled in. */
function pathWith(path: string, params: Readonly<Record<string, string>>): string {
  return path.slice(1).replaceAll(/\{(\w+)\}/g, (_, name: string) => pathPart(params[name] ?? ''));
}

/** An id that the URL standard would take for a step to another folder is no id of the service. */
function pathPart(part: string): string {
  if (part === '' || part === '.' || part === '..')
    throw new ApiError('api.invalid', { detail: 'An id is empty or consists of dots.' });
  return encodeURIComponent(part);
}

interface Exchange {
  readonly method: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | null | undefined;
  readonly apiKey?: string;
  readonly body?: unknown;
  /** Twice does the same as once. */
  readonly mayRepeat: boolean;
}

/** Methods of which twice does the same as once (RFC 9110, section 9.2.2). */
const REPEATABLE: readonly string[] = ['GET', 'PUT', 'DELETE'];

/**
 * Sends one request and reads the whole answer within `timeoutMs`. Rejects with `connection.timeout`,
 * `connection.failed`, or the signal's reason. A connection that was kept open may be closed by the service just then:
 * what may be repeated is sent once more.
 */
export async function exchange(
  fetchFrom: typeof fetch,
  address: URL,
  { method, timeoutMs, signal, apiKey, body, mayRepeat }: Exchange,
): Promise<PlainAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const send = async (): Promise<PlainAnswer> => {
    const response = await fetchFrom(address, {
      method,
      headers: {
        accept: 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  try {
    return await send().catch((error: unknown) => {
      if (mayRepeat && wasClosed(error)) return send();
      throw error;
    });
  } catch (cause) {
    signal?.throwIfAborted();
    if (timeout.aborted) throw new ApiError('connection.timeout', { cause });
    const reason = withoutKey(reasonOf(cause), apiKey);
    throw new ApiError('connection.failed', { detail: `${address.origin}: ${reason}.`, cause });
  }
}

/** The answer's body, read by its schema. Throws `answer.unexpected`. */
export function answerOf<Answer extends z.ZodType>(
  { status, body }: PlainAnswer,
  schema: Answer,
): z.infer<Answer> {
  const read = schema.safeParse(parsed(body));
  if (!read.success)
    throw new ApiError('answer.unexpected', { detail: `Its body does not fit (status ${status}).`, status });
  return read.data;
}

/**
 * The error that a refusal tells: `{error: {code, message, retry}}`, with `Retry-After`. A code that this version does
 * not know, and anything else, is `answer.unexpected`. For answers that came by another way than this package, such as
 * a refused upgrade to WebSocket.
 *
 * @example
 * socket.on('unexpected-response', (_, { statusCode }) => fail(apiErrorOf(statusCode, body)));
 */
export function apiErrorOf(status: number, body: string, headers: Headers = new Headers()): ApiError {
  const told = failure.safeParse(parsed(body));
  if (!told.success)
    return new ApiError('answer.unexpected', {
      detail: `HTTP status ${status}.`,
      status,
      retry: status >= 500 ? 'backoff' : 'never',
    });
  const { code, message, retry } = told.data.error;
  const after = headers.get('retry-after') ?? '';
  const known = {
    status,
    ...(retry === undefined ? {} : { retry }),
    ...(SECONDS.test(after) ? { retryAfterMs: Number(after) * 1000 } : {}),
  };
  if (!isErrorCode(code))
    return new ApiError('answer.unexpected', {
      ...known,
      detail: `${code}: ${message ?? `HTTP status ${status}.`}`,
    });
  // The service's message is the table's sentence and what it adds to it, such as the field at fault.
  const sentence = ERRORS[code].message;
  const added = message?.startsWith(sentence) === true ? message.slice(sentence.length).trim() : '';
  return new ApiError(code, { ...known, ...(added === '' ? {} : { detail: added }) });
}

/** Whatever a service or a proxy repeats in its answer, the key stands in no message. */
function withoutKey(text: string, apiKey: string | undefined): string {
  return apiKey === undefined ? text : text.replaceAll(apiKey, '…');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Errors of a connection that ended before the answer came: those of Node, and of its fetch. */
const CLOSED: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

function wasClosed(error: unknown): boolean {
  const inner = error instanceof Error ? error.cause : undefined;
  return inner instanceof Error && 'code' in inner && CLOSED.includes(inner.code);
}

/** fetch hides the reason of a failed connection one level down. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message === '' && 'code' in inner ? String(inner.code) : inner.message;
}
