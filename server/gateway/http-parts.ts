import { isIPv6 } from 'node:net';
import { VeriframeError } from '../../protocol/errors.ts';
import { errorResponse } from './responses.ts';
import type { HttpResponse, Reception, RequestHead, TransportHandlers, UpgradeVerdict } from './transport.ts';

/** Close code of a server that goes away (RFC 6455, section 7.4.1). */
export const GOING_AWAY = 1001;

/** Time for a peer to finish a closing handshake, or to read a response while the server shuts down. */
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

/** Headers that must not be repeated: a proxy that reads the other one sees another request. */
const SINGLE_HEADERS = [
  'host',
  'content-length',
  'transfer-encoding',
  'sec-websocket-key',
  'sec-websocket-version',
];
const LENGTH = /^\d{1,15}$/;

/**
 * Whether a proxy in front could read the request in another way (request smuggling, RFC 9112, section 11.2): bytes
 * that it passes on as a body would arrive here as another request. True for two lengths, a length beside a transfer
 * encoding, an encoding other than `chunked`, two hosts, a header without a name, and a WebSocket upgrade with a body.
 */
export function isAmbiguous(pairs: readonly (readonly [string, string])[]): boolean {
  const names = pairs.map(([name]) => name.toLowerCase());
  if (
    names.includes('') ||
    SINGLE_HEADERS.some((single) => names.filter((name) => name === single).length > 1)
  )
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
 * The client's address: the socket's, or the last of X-Forwarded-For when a proxy in front is trusted. IPv4 mapped into
 * IPv6 becomes plain IPv4, and IPv6 gets its shortest form, so that each client has one spelling.
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

/* Answers to requests that no mount sees. */
export const AMBIGUOUS = errorResponse(
  new VeriframeError(
    'api.invalid',
    'It can be read in more than one way: lengths, encodings and hosts must agree.',
  ),
);
export const UNREADABLE = errorResponse(new VeriframeError('api.invalid', 'It is no HTTP/1.1.'));
export const HEADERS_TOO_LARGE = errorResponse(new VeriframeError('api.headers_too_large'));
export const BODY_TOO_LARGE = errorResponse(new VeriframeError('api.too_large'));
export const TOO_SLOW = errorResponse(new VeriframeError('api.timeout'));
const HANDLER_FAILED = errorResponse(new VeriframeError('server.internal'));

/**
 * A body that is too large is read on, and dropped, up to here before it is answered: a proxy that still sends it may
 * meet a closed connection, and answer 502 in place of our 413. nginx passes on no more by default.
 */
export const MAX_DROPPED_BYTES = 1024 * 1024;

const NO_BODY = new Uint8Array(0);
/** Inside uWS an exception would end the process, so that a handler that throws gets this answer. */
const FAILED: Reception = { maxBodyBytes: 0, keepsBody: false, respond: async () => HANDLER_FAILED };

/** How the owner receives the request; with HTTP 500 when it throws, which it should not. */
export function receive(handlers: TransportHandlers, request: RequestHead): Reception {
  try {
    return handlers.http(request);
  } catch {
    return FAILED;
  }
}

/** The owner's response to a body; HTTP 500 when it rejects, which it should not. */
export async function respond(reception: Reception, body: Uint8Array = NO_BODY): Promise<HttpResponse> {
  try {
    return await reception.respond(body);
  } catch {
    return HANDLER_FAILED;
  }
}

/** The owner's verdict on an upgrade; HTTP 500 when it throws, which it should not. */
export function judge(handlers: TransportHandlers, request: RequestHead): UpgradeVerdict {
  try {
    return handlers.upgrade(request);
  } catch {
    return { accept: false, response: HANDLER_FAILED };
  }
}
