import { STATUS_CODES } from 'node:http';
import { connect } from 'node:net';
import type * as UWebSockets from 'uWebSockets.js';
import {
  BODY_TOO_LARGE,
  CLOSE_GRACE_MS,
  clientAddress,
  GOING_AWAY,
  HEADERS_TOO_LARGE,
  isAmbiguous,
  judge,
  headerMap,
  MAX_DROPPED_BYTES,
  receive,
  respond,
} from './http-parts.ts';
import { listenError, whyNotListening } from './listen-address.ts';
import { ConnectionTable, type RawSocket, type TrackedConnection } from './tracked-connection.ts';
import type {
  CreateTransport,
  HttpResponse,
  ListenOptions,
  Reception,
  RequestHead,
  Transport,
  TransportHandlers,
  TransportLimits,
} from './transport.ts';
import { endAsRead } from './uws-body.ts';
import { UwsAcceptLimiter } from './uws-accept-limiter.ts';

export type UwsModule = typeof UWebSockets;
type UwsSocket = UWebSockets.WebSocket<SocketData>;

/** Our data, which uWS keeps with each socket. */
interface SocketData {
  readonly remoteAddress: string;
  readonly subprotocol: string;
  connection: TrackedConnection | null;
}

/** A request before its body, and whether a proxy could read it in another way. */
type ReadRequest = RequestHead & { readonly isAmbiguous: boolean };

/** Functions of the library that its types leave out. */
interface Untyped {
  listen(
    host: string,
    port: number,
    options: UWebSockets.ListenOptions,
    callback: (listening: UWebSockets.us_listen_socket | false) => void,
  ): void;
  /** Cuts every connection. Absent from some releases. */
  close?: () => void;
}

/** Bounds of uWS's idle timer in seconds. */
const IDLE_RANGE_S = [8, 960] as const;

/** Makes transports from a loaded uWebSockets.js, official or unofficial. */
export function uwsTransport(uws: UwsModule): CreateTransport {
  return (handlers, limits) => createTransport(uws, handlers, limits);
}

function createTransport(uws: UwsModule, handlers: TransportHandlers, limits: TransportLimits): Transport {
  const connections = new ConnectionTable(limits.maxBufferedBytes);
  const app = uws.App();
  let acceptLimiter: UwsAcceptLimiter | null = null;

  app.ws<SocketData>('/*', {
    compression: uws.DISABLED,
    maxPayloadLength: limits.maxMessageBytes,
    maxBackpressure: limits.maxBufferedBytes,
    idleTimeout: Math.min(Math.max(Math.ceil(limits.idleTimeoutMs / 1000), IDLE_RANGE_S[0]), IDLE_RANGE_S[1]),
    sendPingsAutomatically: true,
    upgrade(response, incoming, context) {
      const request = requestOf(incoming, textOf(response.getRemoteAddressAsText()), limits);
      if (isRefused(response, request, limits)) return;
      const verdict = judge(handlers, request);
      if (!verdict.accept) {
        write(response, verdict.response, 'with body', 'close');
        return;
      }
      const { headers, remoteAddress } = request;
      const data: SocketData = { remoteAddress, subprotocol: verdict.subprotocol, connection: null };
      response.upgrade(
        data,
        headers.get('sec-websocket-key') ?? '',
        verdict.subprotocol,
        headers.get('sec-websocket-extensions') ?? '',
        context,
      );
    },
    open(socket) {
      const data = socket.getUserData();
      data.connection = connections.add(rawSocket(socket, data));
      data.connection.start(handlers);
    },
    message(socket, message, isBinary) {
      // uWS takes the buffer back when this returns. This is the one copy that a frame is made of.
      socket.getUserData().connection?.received(new Uint8Array(message.slice(0)), isBinary);
    },
    close(socket, code) {
      socket.getUserData().connection?.end(code);
    },
  });

  app.any('/*', (response, incoming) => {
    const request = requestOf(incoming, textOf(response.getRemoteAddressAsText()), limits);
    if (isRefused(response, request, limits)) return;
    let finished = false;
    response.onAborted(() => {
      finished = true;
    });
    const send = (content: HttpResponse, after: 'close' | 'keep') => {
      if (finished) return;
      finished = true;
      const body = request.method === 'HEAD' ? 'head only' : 'with body';
      response.cork(() => write(response, content, body, after));
    };
    const reception = receive(handlers, request);
    const declaredBytes = Number(request.headers.get('content-length') ?? 0);
    readBody(response, reception, declaredBytes, (body) => {
      if (finished) return;
      if (body === 'too large') send(BODY_TOO_LARGE, 'close');
      else
        void respond(reception, body).then((content) =>
          send(content, acceptLimiter?.isClosed === false ? 'keep' : 'close'),
        );
    });
  });

  return {
    name: 'uws',
    async listen({ host, port }: ListenOptions) {
      if (port !== 0 && (await isTaken(host, port))) throw listenError(host, port, 'EADDRINUSE');
      const opened = new UwsAcceptLimiter(limits.maxTcpConnections, {
        listen: (at, bind) => listenAt(app, host, at, bind),
        stop: (socket) => uws.us_listen_socket_close(socket),
        portOf: (socket) => uws.us_socket_local_port(socket),
        full: () => handlers.full?.(),
      });
      const bound = opened.open(port);
      // uWS does not say why it cannot listen.
      if (bound === null) throw listenError(host, port, await whyNotListening(host, port));
      acceptLimiter = opened;
      return bound;
    },
    async close() {
      acceptLimiter?.close();
      await connections.closeAll(GOING_AWAY);
      setTimeout(() => untyped(app).close?.(), CLOSE_GRACE_MS).unref();
    },
  };
}

function listenAt(
  app: UWebSockets.TemplatedApp,
  host: string,
  port: number,
  options: UWebSockets.ListenOptions,
): UWebSockets.us_listen_socket | false {
  let listening: UWebSockets.us_listen_socket | false = false;
  // It calls back before it returns.
  untyped(app).listen(host, port, options, (socket) => {
    listening = socket;
  });
  return listening;
}

/** Whether another server accepts connections there. Connections that only linger (TIME_WAIT) do not count. */
async function isTaken(host: string, port: number): Promise<boolean> {
  const probe = connect({ host, port });
  const answered = await new Promise<boolean>((resolve) => {
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  probe.destroy();
  return answered;
}

function rawSocket(socket: UwsSocket, { remoteAddress, subprotocol }: SocketData): RawSocket {
  return {
    remoteAddress,
    subprotocol,
    bufferedBytes: () => socket.getBufferedAmount(),
    send: (bytes) => void socket.send(bytes, true, false),
    close: (code, reason) => socket.end(code, reason),
    terminate: () => socket.close(),
  };
}

/**
 * Calls back once with the whole body, or, when more than allowed has arrived, at its end or after
 * `MAX_DROPPED_BYTES`. Of a body that is declared too large nothing is kept.
 */
function readBody(
  response: UWebSockets.HttpResponse,
  { maxBodyBytes, keepsBody }: Reception,
  declaredBytes: number,
  done: (body: Uint8Array | 'too large') => void,
): void {
  const isKept = keepsBody && declaredBytes <= maxBodyBytes;
  let chunks: Uint8Array[] = [];
  let size = 0;
  const maxDropped = Math.max(maxBodyBytes, MAX_DROPPED_BYTES);
  response.onData((chunk, isLast) => {
    if (size > maxDropped) return;
    size += chunk.byteLength;
    if (size > maxBodyBytes) {
      chunks = [];
      if (isLast || size > maxDropped) done('too large');
      return;
    }
    if (isKept) chunks.push(new Uint8Array(chunk.slice(0)));
    if (isLast) done(new Uint8Array(Buffer.concat(chunks)));
  });
}

function requestOf(incoming: UWebSockets.HttpRequest, peer: string, limits: TransportLimits): ReadRequest {
  const pairs: [string, string][] = [];
  incoming.forEach((name, value) => {
    pairs.push([name, value]);
  });
  const headers = headerMap(pairs);
  return {
    method: incoming.getCaseSensitiveMethod(),
    path: incoming.getUrl(),
    // Undefined where the URL has no question mark, although its type says otherwise.
    query: incoming.getQuery() ?? '',
    headers,
    remoteAddress: clientAddress(peer, headers, limits.trustForwardedFor),
    isAmbiguous: isAmbiguous(pairs),
  };
}

/**
 * Ends a request that uWS lets through and its owner must not see. An ambiguous request is cut off without an answer:
 * after one, uWS would read on, and take what may be this request's body for another request.
 */
function isRefused(
  response: UWebSockets.HttpResponse,
  request: ReadRequest,
  { maxHeaderBytes }: TransportLimits,
): boolean {
  const isTooLarge = headerBytes(request) > maxHeaderBytes;
  if (request.isAmbiguous) response.close();
  else if (isTooLarge) write(response, HEADERS_TOO_LARGE, 'with body', 'close');
  return request.isAmbiguous || isTooLarge;
}

function headerBytes({ path, query, headers }: RequestHead): number {
  let size = path.length + query.length;
  for (const [name, value] of headers) size += name.length + value.length + ': \r\n'.length;
  return size;
}

function write(
  response: UWebSockets.HttpResponse,
  { status, headers, body }: HttpResponse,
  part: 'with body' | 'head only',
  after: 'close' | 'keep',
): void {
  response.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  if (part === 'head only') response.endWithoutBody(Buffer.byteLength(body), after === 'close');
  else if (after === 'close') response.end(body, true);
  else endAsRead(response, body);
}

function textOf(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString('latin1');
}

function untyped(app: UWebSockets.TemplatedApp): Untyped {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return app as unknown as Untyped;
}
