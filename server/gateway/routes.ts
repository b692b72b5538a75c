import { retryAfterMsOf, VeriframeError } from '../../protocol/errors.ts';
import type { ErrorBody } from '../../protocol/http/fields.ts';
import { STREAM_PATH } from '../../protocol/http/paths.ts';
import type { ApiContext } from '../api/context.ts';
import type { Operation } from '../api/operation.ts';
import { OPERATIONS } from '../api/operations.ts';
import { homePage } from './home-page.ts';
import type { HttpRequest, HttpResponse } from './transport.ts';

export interface RouteOptions {
  readonly api: ApiContext;
  /** Origins whose pages may read answers (CORS). */
  readonly allowedOrigins: readonly string[];
  /** Answers whatever is not the service's own; without it there is a home page and nothing else. */
  readonly fallback?: ((request: HttpRequest) => Promise<HttpResponse>) | undefined;
  /** Answers `/metrics`; null refuses as if there were nothing. */
  readonly metrics?: ((request: HttpRequest) => Promise<HttpResponse | null>) | undefined;
  /** A defect of the server: something threw what is no VeriframeError. */
  reportFault(fault: unknown): void;
}

const METRICS_PATH = '/metrics';

/** Paths that a fallback never sees, whether there is an operation there or not. */
const OWN_PATHS = /^\/(v1|\.well-known|healthz|readyz|metrics)(\/|$)/;

/** Sent with every answer, pages and errors included; a route may override one. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const JSON_TYPE = 'application/json; charset=utf-8';

/** Answers plain HTTP requests. Never rejects. */
export function createRoutes(options: RouteOptions): (request: HttpRequest) => Promise<HttpResponse> {
  const routes = OPERATIONS.map((operation) => ({ operation, match: pathMatcher(operation.path) }));

  const answer = async (request: HttpRequest): Promise<HttpResponse> => {
    const { path } = request;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (path === STREAM_PATH) throw new VeriframeError('upgrade.required');
    if (path === METRICS_PATH && method === 'GET') {
      const metrics = await options.metrics?.(request);
      if (metrics === undefined || metrics === null) throw new VeriframeError('api.not_found');
      return metrics;
    }
    if (path === '/') {
      if (method !== 'GET') return methodRefused(['GET']);
      return homePage(options.api, request.headers.get('host'));
    }
    const here = routes.flatMap(({ operation, match }) => {
      const params = match(path);
      return params === null ? [] : [{ operation, params }];
    });
    if (here.length === 0) throw new VeriframeError('api.not_found');
    const methods = here.map(({ operation }) => operation.method);
    if (method === 'OPTIONS') return preflight(methods);
    const route = here.find(({ operation }) => operation.method === method);
    if (route === undefined) return methodRefused(methods);
    return await runOperation(options.api, route.operation, route.params, request);
  };

  return async (request) => {
    const fallback = OWN_PATHS.test(request.path) ? undefined : options.fallback;
    const response = await (fallback ?? answer)(request).catch((error: unknown) => {
      if (!(error instanceof VeriframeError)) options.reportFault(error);
      return errorResponse(error);
    });
    return {
      ...response,
      headers: {
        ...SECURITY_HEADERS,
        'cache-control': 'no-store',
        // Other origins may read the service's answers, never those of a page that lives beside it.
        ...(fallback === undefined ? corsHeaders(request, options.allowedOrigins) : {}),
        ...response.headers,
      },
    };
  };
}

/** The only version of RFC 6455; drafts before it frame their messages otherwise. */
export const WEBSOCKET_VERSION = '13';

/** An HTTP error in the form that SPEC section 7 gives; unknown errors become `server.internal`. */
export function errorResponse(error: unknown): HttpResponse {
  const known = error instanceof VeriframeError ? error : new VeriframeError('server.internal');
  const { code, message, entry } = known;
  const retryAfterMs = retryAfterMsOf(known);
  const body: ErrorBody = { error: { code, message, retry: entry.retry } };
  const extra: Record<string, string> = {};
  if (code === 'upgrade.required')
    Object.assign(extra, { upgrade: 'websocket', 'sec-websocket-version': WEBSOCKET_VERSION });
  if (retryAfterMs !== null) Object.assign(extra, { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) });
  if (code === 'api.unauthorized') Object.assign(extra, { 'www-authenticate': 'Bearer' });
  return {
    status: entry.httpStatus,
    headers: { ...SECURITY_HEADERS, 'cache-control': 'no-store', 'content-type': JSON_TYPE, ...extra },
    body: JSON.stringify(body),
  };
}

async function runOperation(
  api: ApiContext,
  operation: Operation,
  params: Readonly<Record<string, string>>,
  request: HttpRequest,
): Promise<HttpResponse> {
  const result = await operation.handle(api, {
    authorization: request.headers.get('authorization'),
    params,
    query: Object.fromEntries(new URLSearchParams(request.query)),
    body: operation.body === null ? undefined : jsonBody(request),
  });
  const { status, cacheSeconds } = operation;
  return {
    status,
    headers: {
      'content-type': JSON_TYPE,
      ...(cacheSeconds > 0 ? { 'cache-control': `public, max-age=${cacheSeconds}` } : {}),
    },
    body: JSON.stringify(result),
  };
}

function jsonBody({ headers, body }: HttpRequest): unknown {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json')
    throw new VeriframeError('api.invalid', 'Content-Type must be application/json.');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new VeriframeError('api.invalid', 'The body is not JSON.', { cause });
  }
}

function methodRefused(allowed: readonly string[]): HttpResponse {
  const response = errorResponse(new VeriframeError('api.method'));
  return { ...response, headers: { ...response.headers, allow: allowHeader(allowed) } };
}

function preflight(methods: readonly string[]): HttpResponse {
  return {
    status: 204,
    headers: {
      allow: allowHeader(methods),
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
    },
    body: '',
  };
}

function allowHeader(methods: readonly string[]): string {
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

function corsHeaders({ headers }: HttpRequest, allowed: readonly string[]): Record<string, string> {
  const origin = headers.get('origin');
  if (allowed.length === 0) return {};
  if (origin === undefined || !allowed.includes(origin)) return { vary: 'Origin' };
  return { vary: 'Origin', 'access-control-allow-origin': origin };
}

/** Values of a template's placeholders in a path, percent-decoded, or null when the path is another one. */
function pathMatcher(template: string): (path: string) => Record<string, string> | null {
  const parts = template.split('/');
  return (path) => {
    const given = path.split('/');
    if (given.length !== parts.length) return null;
    const params: Record<string, string> = {};
    for (const [at, part] of parts.entries()) {
      const value = given[at] ?? '';
      const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
      if (name === undefined) {
        if (part !== value) return null;
        continue;
      }
      const decoded = percentDecoded(value);
      if (decoded === null || decoded === '') return null;
      params[name] = decoded;
    }
    return params;
  };
}

function percentDecoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}
