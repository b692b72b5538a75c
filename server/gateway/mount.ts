import type { VeriframeError } from '../../protocol/errors.ts';
import type { HttpResponse, RequestHead } from './transport.ts';

/** Values of a path's placeholders, percent-decoded; empty where there are none. */
export type PathParams = Readonly<Record<string, string>>;

/** A request that a mount has matched. `body` is what the mount's body kind says. */
export interface MountRequest<Body> extends RequestHead {
  readonly params: PathParams;
  readonly body: Body;
}

/**
 * Which pages may read an answer (CORS): those of the server's own origin, those of the origins that the operator
 * allows, or all.
 */
export type Readers = 'same-origin' | 'allowed-origins' | 'any-origin';

interface MountOf<Kind extends string, Body> {
  /** For logs. */
  readonly name: string;
  /** A request with a longer body than `maxBytes` is answered with HTTP 413 and never handed over. */
  readonly body: { readonly kind: Kind; readonly maxBytes: number };
  readonly readableBy: Readers;
  /** Decides from the request line alone. `method` is GET for HEAD too. Null: the next mount is asked. */
  match(method: string, path: string): PathParams | null;
  /**
   * Why a request is refused that has not sent its body yet; null: it is not. A large body is then dropped as it comes,
   * so that a stranger cannot fill the memory. Absent: none is refused.
   */
  admits?(head: RequestHead): VeriframeError | null;
  /** May reject with a `VeriframeError`; anything else counts as a defect of the server. */
  handle(request: MountRequest<Body>): Promise<HttpResponse>;
}

/** Takes no body: one that is sent is dropped. */
export type PlainMount = MountOf<'none', undefined>;
/** Gets its body parsed. A request whose body is not JSON is answered with `api.invalid`. */
export type JsonMount = MountOf<'json', unknown>;
/** Gets its body as it is. */
export type BytesMount = MountOf<'bytes', Uint8Array>;

/** Something that the gateway serves over HTTP. */
export type Mount = PlainMount | JsonMount | BytesMount;

/** Longest body of an operation that needs no longer one. */
export const MAX_BODY_BYTES = 16 * 1024;

/** For an operation that takes no body. Some clients send one all the same: it is dropped up to this size. */
export const NO_BODY = { kind: 'none', maxBytes: MAX_BODY_BYTES } as const;

/** A `match` for one method and one path. A placeholder in braces, as in OpenAPI, takes one segment, not empty. */
export function matchPath(method: string, template: string): Mount['match'] {
  const parts = template.split('/');
  return (asked, path) => (asked === method ? paramsOf(parts, path.split('/')) : null);
}

function paramsOf(parts: readonly string[], given: readonly string[]): PathParams | null {
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
}

function percentDecoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}
