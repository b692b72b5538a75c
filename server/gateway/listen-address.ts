import { createServer, isIPv6 } from 'node:net';

/** The port cannot be opened. `message` says why and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there: stop it, or set PORT to another port',
  EACCES: 'this user may not open it: set PORT to 1024 or more, or let the process bind low ports',
  EADDRNOTAVAIL: 'this machine does not have that address: set HOST to one of its own, or to 0.0.0.0 or ::',
  EAFNOSUPPORT:
    'this machine does not speak that kind of address: set HOST to one that it has, such as 0.0.0.0',
  ENOTFOUND: 'nobody knows that name: set HOST to an address of this machine',
  EAI_AGAIN: 'nobody knows that name now: set HOST to an address of this machine',
  EMFILE: 'too many files are open: raise `ulimit -n`',
};

/** @param code of the system's error; unknown where a library does not tell it */
export function listenError(host: string, port: number, code: string | undefined): ListenError {
  const reason =
    REASONS[code ?? ''] ?? (code === undefined ? 'the system refuses it' : `the system says ${code}`);
  return new ListenError(`Cannot listen on ${addressText(host, port)}: ${reason}.`);
}

/** Why this port cannot be opened, by the code of the system's error; undefined: it can. */
export async function whyNotListening(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/** Host and port as in a URL: an IPv6 address stands in brackets (RFC 3986, section 3.2.2). */
export function addressText(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The host under which this machine reaches a server that listens on `host`. */
export function reachableHost(host: string): string {
  return { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
}
