import { STATUS_CODES } from 'node:http';
import { connect } from 'node:net';
import type * as UWebSockets from 'uWebSockets.js';
import {
  answer,
  BODY_TOO_LARGE,
  CLOSE_GRACE_MS,
  clientAddress,
  GOING_AWAY,
  HEADERS_TOO_LARGE,
  isAmbiguous,
  judge,
  headerMap,
} from './http-parts.ts';
import { ConnectionTable, type RawSocket, type TrackedConnection } from './tracked-connection.ts';
import type {
  CreateTransport,
  HttpRequest,
  HttpResponse,
  ListenOptions,
  Transport,
  TransportHandlers,
  TransportLimits,
} from './transport.ts';
import { endAsRead } from './uws-body.ts';
import { UwsDoor } from './uws-accept-limiter.ts';

export type UwsModule = typeof UWebSockets;
type UwsSocket = UWebSockets.WebSocket<SocketData>;

/** What uWS keeps for us beside each socket. */
interface SocketData {
  readonly remoteAddress: string;
  readonly subprotocol: string;
  connection: TrackedConnection | null;
}

/** A request before its body, and whether others could read it as another one. */
type ReadRequest = Omit<HttpRequest, 'body'> & { readonly isAmbiguous: boolean };

/** What the library can do and its types leave out. */
interface Unlisted {
  listen(
    host: string,
    port: number,
    options: UWebSockets.ListenOptions,
    callback: (listening: UWebSockets.us_listen_socket | false) => void,
  ): void;
  /** Cuts every connection. Absent from some releases. */
  close?: () => void;
}

const NO_BODY = new Uint8Array(0);
/** Bounds of uWS's idle timer in seconds. */
const IDLE_RANGE_S = [8, 960] as const;

/** Makes transports from a loaded uWebSockets.js, official or unofficial. */
export function uwsTransport(uws: UwsModule): CreateTransport {
  return (handlers, limits) => createTransport(uws, handlers, limits);
}

function createTransport(uws: UwsModule, handlers: TransportHandlers, limits: TransportLimits): Transport {
  const connections = new ConnectionTable(limits.maxBufferedBytes);
  const app = uws.App();
  let door: UwsDoor | null = null;

  app.ws<SocketData>('/*', {
    compression: uws.DISABLED,
    maxPayloadLength: limits.maxMessageBytes,
    maxBackpressure: limits.maxBufferedBytes,
    idleTimeout: Math.min(Math.max(Math.ceil(limits.idleTimeoutMs / 1000), IDLE_RANGE_S[0]), IDLE_RANGE_S[1]),
    sendPingsAutomatically: true,
    upgrade(response, incoming, context) {
      const request = requestOf(incoming, textOf(response.getRemoteAddressAsText()), limits);
      if (isRefused(response, request, limits)) return;
      const verdict = judge(handlers, { ...request, body: NO_BODY });
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
      // The buffer is taken back when this returns: the one copy of the frame's way in.
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
    const respond = (content: HttpResponse, after: 'close' | 'keep') => {
      if (finished) return;
      finished = true;
      const body = request.method === 'HEAD' ? 'head only' : 'with body';
      response.cork(() => write(response, content, body, after));
    };
    readBody(response, limits.maxBodyBytes, (body) => {
      if (finished) return;
      if (body === 'too large') respond(BODY_TOO_LARGE, 'close');
      else
        void answer(handlers, { ...request, body }).then((content) =>
          respond(content, door?.isClosed === false ? 'keep' : 'close'),
        );
    });
  });

  return {
    name: 'uws',
    async listen({ host, port }: ListenOptions) {
      if (port !== 0 && (await isTaken(host, port)))
        throw new Error(`Cannot listen on ${host} port ${port}: it is taken.`);
      const opened = new UwsDoor(limits.maxTcpConnections, {
        listen: (at, bind) => listenAt(app, host, at, bind),
        stop: (socket) => uws.us_listen_socket_close(socket),
        portOf: (socket) => uws.us_socket_local_port(socket),
        full: () => handlers.full?.(),
      });
      const bound = opened.open(port);
      if (bound === null) throw new Error(`Cannot listen on ${host} port ${port}; is it taken?`);
      door = opened;
      return bound;
    },
    async close() {
      door?.close();
      await connections.closeAll(GOING_AWAY);
      setTimeout(() => unlisted(app).close?.(), CLOSE_GRACE_MS).unref();
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
  unlisted(app).listen(host, port, options, (socket) => {
    listening = socket;
  });
  return listening;
}

/** Whether somebody answers there. Connections that merely linger do not. */
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

/** Calls back once with the whole body, or as soon as it is too large. */
function readBody(
  response: UWebSockets.HttpResponse,
  maxBytes: number,
  done: (body: Uint8Array | 'too large') => void,
): void {
  let chunks: Uint8Array[] = [];
  let size = 0;
  response.onData((chunk, isLast) => {
    if (size > maxBytes) return;
    size += chunk.byteLength;
    if (size > maxBytes) {
      chunks = [];
      done('too large');
      return;
    }
    chunks.push(new Uint8Array(chunk.slice(0)));
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
    // Without a question mark it is undefined, against its type.
    query: incoming.getQuery() ?? '',
    headers,
    remoteAddress: clientAddress(peer, headers, limits.trustForwardedFor),
    isAmbiguous: isAmbiguous(pairs),
  };
}

/**
 * Ends what uWS itself lets through and its owner must not see. An ambiguous request is cut off unanswered: after an
 * answer uWS would read on, and find another request in what may be this one's body.
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

function headerBytes({ path, query, headers }: Omit<HttpRequest, 'body'>): number {
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

function unlisted(app: UWebSockets.TemplatedApp): Unlisted {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return app as unknown as Unlisted;
}
