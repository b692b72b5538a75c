import { retryAfterMsOf, VeriframeError } from '../../protocol/errors.ts';
import type { HttpResponse } from './transport.ts';

/** Sent with every answer, errors included. A mount may replace one. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export const JSON_TYPE = 'application/json; charset=utf-8';

/** The only version of RFC 6455. Drafts before it frame their messages in other ways. */
export const WEBSOCKET_VERSION = '13';

/** An HTTP error in the form of SPEC section 7. Anything but a `VeriframeError` becomes `server.internal`. */
export function errorResponse(error: unknown): HttpResponse {
  const known = error instanceof VeriframeError ? error : new VeriframeError('server.internal');
  const { code, message, entry } = known;
  const retryAfterMs = retryAfterMsOf(known);
  const extra: Record<string, string> = {};
  if (code === 'upgrade.required')
    Object.assign(extra, { upgrade: 'websocket', 'sec-websocket-version': WEBSOCKET_VERSION });
  if (retryAfterMs !== null) Object.assign(extra, { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) });
  if (code === 'api.unauthorized') Object.assign(extra, { 'www-authenticate': 'Bearer' });
  return {
    status: entry.httpStatus,
    headers: { ...SECURITY_HEADERS, 'cache-control': 'no-store', 'content-type': JSON_TYPE, ...extra },
    body: JSON.stringify({ error: { code, message, retry: entry.retry } }),
  };
}
