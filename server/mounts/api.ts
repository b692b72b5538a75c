import { VeriframeError } from '../../protocol/errors.ts';
import type { ApiContext } from '../api/context.ts';
import type { Operation } from '../api/operation.ts';
import { OPERATIONS } from '../api/operations.ts';
import { STREAM_PATH } from '../../protocol/http/paths.ts';
import { matchPath, MAX_BODY_BYTES, type Mount, type MountRequest, NO_BODY } from '../gateway/mount.ts';
import { JSON_TYPE } from '../gateway/responses.ts';
import type { HttpResponse, RequestHead } from '../gateway/transport.ts';

/** Serves each operation of the API, with health, readiness, token keys and OpenAPI among them. */
export function apiMounts(context: ApiContext): readonly Mount[] {
  return [...OPERATIONS.map((operation) => operationMount(context, operation)), STREAM_MOUNT];
}

function operationMount(context: ApiContext, operation: Operation): Mount {
  const common = {
    name: operation.id,
    readableBy: 'allowed-origins',
    match: matchPath(operation.method, operation.path),
    handle: async (request: MountRequest<unknown>) => await run(context, operation, request),
  } as const;
  if (operation.bodyKind === 'none') return { ...common, body: NO_BODY };
  const body = { kind: 'json', maxBytes: operation.maxBodyBytes } as const;
  if (operation.maxBodyBytes <= MAX_BODY_BYTES) return { ...common, body };
  const admits = ({ headers }: RequestHead) => operation.refusal(context, headers.get('authorization'));
  return { ...common, body, admits };
}

async function run(
  context: ApiContext,
  operation: Operation,
  { headers, params, query, body }: MountRequest<unknown>,
): Promise<HttpResponse> {
  const result = await operation.handle(context, {
    authorization: headers.get('authorization'),
    params,
    query: parametersOf(query),
    body,
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

/** @throws VeriframeError `api.invalid` when a parameter stands twice: which one counts would be a matter of taste */
function parametersOf(query: string): Readonly<Record<string, string>> {
  const parameters = new URLSearchParams(query);
  const names = [...parameters.keys()];
  if (new Set(names).size < names.length)
    throw new VeriframeError('api.invalid', 'A parameter stands there twice.');
  return Object.fromEntries(parameters);
}

/** The path of a session's WebSocket. Whoever comes here without an upgrade is told to ask for one. */
const STREAM_MOUNT: Mount = {
  name: 'stream',
  body: NO_BODY,
  readableBy: 'allowed-origins',
  match: (_method, path) => (path === STREAM_PATH ? {} : null),
  handle: () => Promise.reject(new VeriframeError('upgrade.required')),
};
