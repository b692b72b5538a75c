import { isIPv6 } from 'node:net';
import type { HttpRequest, HttpResponse, TransportHandlers, UpgradeVerdict } from './transport.ts';

/** Close code of a server that goes away (RFC 6455, section 7.4.1). */
export const GOING_AWAY = 1001;

/** How long a peer may take over its half of a closing handshake, or a response to be read at shut-down. */
export const CLOSE_GRACE_MS = 2000;

/** Header pairs as a map with lower-case names; repeated headers are joined with a comma. */
export function headerMap(pairs: Iterable<readonly [string, string]>): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const earlier = headers.get(key);
    headers.set(key, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}

/** What a sender must not say twice: whoever reads the other one sees another request. */
const SAID_ONCE = [
  'host',
  'content-length',
  'transfer-encoding',
  'sec-websocket-key',
  'sec-websocket-version',
];
const LENGTH = /^\d{1,15}$/;

/**
 * Whether a proxy in front could take the request for another one, so that what it lets through as a body arrives
 * here as a request of its own (RFC 9112, section 11.2): two lengths, a length beside chunks, an encoding other than
 * chunks alone, two hosts, a header without a name, an upgrade to
 * WebSocket with a body.
 */
export function isAmbiguous(pairs: readonly (readonly [string, string])[]): boolean {
  const names = pairs.map(([name]) => name.toLowerCase());
  if (names.includes('') || SAID_ONCE.some((once) => names.filter((name) => name === once).length > 1))
    return true;
  const headers = headerMap(pairs);
  const length = headers.get('content-length');
  const encoding = headers.get('transfer-encoding');
  if (length !== undefined && (encoding !== undefined || !LENGTH.test(length))) return true;
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') return true;
  const isWebSocket = headers.get('upgrade')?.toLowerCase() === 'websocket';
  return isWebSocket && (encoding !== undefined || Number(length ?? 0) > 0);
}

/**
 * The client's address: the socket's, or the last of X-Forwarded-For when a proxy in front is trusted. IPv4 inside
 * IPv6 becomes plain IPv4 and IPv6 its shortest form, so that one client has one spelling.
 */
export function clientAddress(
  peer: string,
  headers: ReadonlyMap<string, string>,
  trustForwardedFor: boolean,
): string {
  const forwarded = trustForwardedFor ? headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return canonicalAddress(forwarded === undefined || forwarded === '' ? peer : forwarded);
}

function canonicalAddress(address: string): string {
  if (!isIPv6(address) || address.includes('%')) return address;
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  return mapped
    .slice(1)
    .flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    })
    .join('.');
}

/** What a client hears of a request that never reached the routes. */
export function plainResponse(status: number, text: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${text}\n` };
}

export const AMBIGUOUS = plainResponse(400, 'The request can be read in more than one way.');
export const HEADERS_TOO_LARGE = plainResponse(431, 'The request headers are too large.');
export const BODY_TOO_LARGE = plainResponse(413, 'The request body is too large.');
const HANDLER_FAILED = plainResponse(500, 'The server failed.');

/** The owner's answer, or 500 when it throws against its promise: inside uWS an exception would end the process. */
export async function answer(handlers: TransportHandlers, request: HttpRequest): Promise<HttpResponse> {
  try {
    return await handlers.http(request);
  } catch {
    return HANDLER_FAILED;
  }
}

/** The owner's verdict, with the same care. */
export function judge(handlers: TransportHandlers, request: HttpRequest): UpgradeVerdict {
  try {
    return handlers.upgrade(request);
  } catch {
    return { accept: false, response: HANDLER_FAILED };
  }
}
