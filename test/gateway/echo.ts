import { SUBPROTOCOL } from '../../protocol/version.ts';
import type {
  Connection,
  HttpRequest,
  HttpResponse,
  TransportHandlers,
} from '../../server/gateway/transport.ts';

const refusal = (status: number, body: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body,
});

/** Bodies that the owner takes at each path; at others as at `/echo`. */
export const BODY_BYTES = { echo: 4096, small: 16, dropped: 64 } as const;

/** An owner that echoes, and remembers everything it was told. */
export class Echo implements TransportHandlers {
  readonly connections: Connection[] = [];
  readonly messages: { bytes: Uint8Array; isBinary: boolean }[] = [];
  readonly closed: { id: number; code: number }[] = [];
  onOpened: (connection: Connection) => void = () => undefined;
  onMessage: (connection: Connection, bytes: Uint8Array) => void = (connection, bytes) =>
    connection.send(bytes);
  full: () => void = () => undefined;
  #waiting: { count: number; resolve: () => void }[] = [];

  upgrade: TransportHandlers['upgrade'] = (request) => {
    if (request.path !== '/socket') return { accept: false, response: refusal(404, 'no') };
    if (request.headers.get('origin') === 'https://evil.example')
      return { accept: false, response: refusal(403, 'origin') };
    if (request.headers.get('sec-websocket-protocol') !== SUBPROTOCOL)
      return { accept: false, response: refusal(400, 'subprotocol') };
    return { accept: true, subprotocol: SUBPROTOCOL };
  };

  opened: TransportHandlers['opened'] = (connection) => {
    this.connections.push(connection);
    this.onOpened(connection);
    return {
      message: (bytes, isBinary) => {
        this.messages.push({ bytes, isBinary });
        this.onMessage(connection, bytes);
      },
      closed: (code) => {
        this.closed.push({ id: connection.id, code });
        for (const one of this.#waiting) if (this.closed.length >= one.count) one.resolve();
      },
    };
  };

  http: TransportHandlers['http'] = (head) => {
    if (head.path === '/throws') throw new Error('handler failed');
    const { [head.path.slice(1)]: maxBodyBytes = BODY_BYTES.echo }: Readonly<Record<string, number>> =
      BODY_BYTES;
    return {
      maxBodyBytes,
      keepsBody: head.path !== '/dropped',
      respond: (body) => this.#respond({ ...head, body }),
    };
  };

  async #respond(request: HttpRequest): Promise<HttpResponse> {
    if (request.path === '/socket') return refusal(426, 'upgrade');
    if (request.path === '/fail') throw new Error('handler failed');
    if (!['/echo', '/small', '/dropped'].includes(request.path)) return refusal(404, 'nothing');
    if (!['GET', 'HEAD', 'POST'].includes(request.method)) return refusal(405, 'method');
    const { method, query, remoteAddress } = request;
    const header = request.headers.get('x-test') ?? null;
    const body = Buffer.from(request.body).toString('hex');
    return {
      status: 200,
      headers: { 'content-type': 'application/json', 'x-own': 'yes' },
      body: JSON.stringify({ method, query, header, remoteAddress, body }),
    };
  }

  closedCount(count: number): Promise<void> {
    if (this.closed.length >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve });
    });
  }
}
