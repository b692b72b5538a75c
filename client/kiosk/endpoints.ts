/** The addresses of one server. */
export interface Endpoints {
  /** Where the HTTP API begins, over http or https; the path ends with a slash. */
  readonly base: URL;
  /** The WebSocket, over ws or wss. */
  readonly stream: URL;
  /** The public keys that sign tokens. */
  readonly jwks: URL;
}

const HTTP_OF: Readonly<Record<string, string>> = {
  'ws:': 'http:',
  'wss:': 'https:',
  'http:': 'http:',
  'https:': 'https:',
};

/**
 * Derives every address from the server's base: `ws://host:8080`, `wss://host/prefix`, or their http forms.
 * A path is kept as a prefix, for servers behind a proxy. Throws `TypeError` when it is no such address.
 */
export function endpointsOf(base: string): Endpoints {
  const root = new URL(base);
  const http = HTTP_OF[root.protocol];
  if (http === undefined)
    throw new TypeError('the address must start with ws://, wss://, http:// or https://');
  if (root.username !== '' || root.password !== '')
    throw new TypeError('the address must not carry a user name or password');
  const origin = `//${root.host}${root.pathname.replace(/\/+$/, '')}`;
  const webSocket = http === 'https:' ? 'wss:' : 'ws:';
  return {
    base: new URL(`${http}${origin}/`),
    stream: new URL(`${webSocket}${origin}/v1/stream`),
    jwks: new URL(`${http}${origin}/.well-known/jwks.json`),
  };
}
