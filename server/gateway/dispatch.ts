import { VeriframeError } from '../../protocol/errors.ts';
import { MAX_BODY_BYTES, type Mount, type PathParams, type Readers } from './mount.ts';
import { canonicalOrigin } from './origins.ts';
import { errorResponse, SECURITY_HEADERS } from './responses.ts';
import type { HttpResponse, Reception, RequestHead } from './transport.ts';

export interface DispatchOptions {
  /** The first one that matches a request serves it. */
  readonly mounts: readonly Mount[];
  /** Origins whose pages may read the answers of mounts that are `readableBy` them. */
  readonly allowedOrigins: readonly string[];
  /** A defect of the server: a mount rejected with something else than a `VeriframeError`. */
  reportFault(fault: unknown, mount: string): void;
}

/** Methods that a mount may take, in the order in which `Allow` names them. HEAD and OPTIONS are answered for it. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Gives each request to the mount that serves it. A path that only takes other methods is answered with `api.method`,
 * or with the methods when they are asked for (OPTIONS); a path that nobody serves with `api.not_found`.
 */
export function createDispatcher(options: DispatchOptions): (head: RequestHead) => Reception {
  const { mounts, allowedOrigins } = options;
  const dropped = (readableBy: Readers, head: RequestHead, response: HttpResponse): Reception => ({
    maxBodyBytes: MAX_BODY_BYTES,
    keepsBody: false,
    respond: async () => complete(response, readableBy, head, allowedOrigins),
  });
  return (head) => {
    const method = head.method === 'HEAD' ? 'GET' : head.method;
    const found = findMount(mounts, method, head.path);
    if (found === null) {
      const others = METHODS.flatMap((other) => {
        const mount = findMount(mounts, other, head.path)?.mount;
        return mount === undefined ? [] : [{ method: other, mount }];
      });
      const [first] = others;
      if (first === undefined)
        return dropped('allowed-origins', head, errorResponse(new VeriframeError('api.not_found')));
      const methods = others.map((other) => other.method);
      const { readableBy } = first.mount;
      return dropped(readableBy, head, method === 'OPTIONS' ? preflight(methods) : refusal(methods));
    }
    const { mount, params } = found;
    const refused = mount.admits?.(head) ?? null;
    if (refused !== null)
      return {
        ...dropped(mount.readableBy, head, errorResponse(refused)),
        maxBodyBytes: mount.body.maxBytes,
      };
    return {
      maxBodyBytes: mount.body.maxBytes,
      keepsBody: mount.body.kind !== 'none',
      async respond(body) {
        const response = await handle(mount, params, head, body).catch((error: unknown) => {
          if (!(error instanceof VeriframeError)) options.reportFault(error, mount.name);
          return errorResponse(error);
        });
        return complete(response, mount.readableBy, head, allowedOrigins);
      },
    };
  };
}

function findMount(
  mounts: readonly Mount[],
  method: string,
  path: string,
): { readonly mount: Mount; readonly params: PathParams } | null {
  for (const mount of mounts) {
    const params = mount.match(method, path);
    if (params !== null) return { mount, params };
  }
  return null;
}

/** Hands a request over with its body as the mount wants it. */
async function handle(
  mount: Mount,
  params: PathParams,
  head: RequestHead,
  body: Uint8Array,
): Promise<HttpResponse> {
  if (takes(mount, 'json')) return await mount.handle({ ...head, params, body: parseJson(head, body) });
  if (takes(mount, 'bytes')) return await mount.handle({ ...head, params, body });
  return await mount.handle({ ...head, params, body: undefined });
}

type BodyKind = Mount['body']['kind'];

function takes<Kind extends BodyKind>(
  mount: Mount,
  kind: Kind,
): mount is Extract<Mount, { readonly body: { readonly kind: Kind } }> {
  return mount.body.kind === kind;
}

function parseJson({ headers }: RequestHead, body: Uint8Array): unknown {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json')
    throw new VeriframeError('api.invalid', 'Content-Type must be application/json.');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new VeriframeError('api.invalid', 'The body is not JSON.', { cause });
  }
}

/** Adds the headers that every answer carries. Those of the mount win. */
function complete(
  response: HttpResponse,
  readableBy: Readers,
  head: RequestHead,
  allowedOrigins: readonly string[],
): HttpResponse {
  return {
    ...response,
    headers: {
      ...SECURITY_HEADERS,
      'cache-control': 'no-store',
      ...corsHeaders(readableBy, head, allowedOrigins),
      ...response.headers,
    },
  };
}

function corsHeaders(
  readableBy: Readers,
  { headers }: RequestHead,
  allowedOrigins: readonly string[],
): Readonly<Record<string, string>> {
  switch (readableBy) {
    case 'same-origin':
      return {};
    case 'any-origin':
      return { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
    case 'allowed-origins': {
      if (allowedOrigins.length === 0) return {};
      const origin = headers.get('origin');
      if (origin === undefined || !allowedOrigins.includes(canonicalOrigin(origin) ?? ''))
        return { vary: 'Origin' };
      return { vary: 'Origin', 'access-control-allow-origin': origin };
    }
  }
}

function refusal(methods: readonly string[]): HttpResponse {
  const response = errorResponse(new VeriframeError('api.method'));
  return { ...response, headers: { ...response.headers, allow: allowHeader(methods) } };
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
