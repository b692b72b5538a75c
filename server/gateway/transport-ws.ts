import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  AMBIGUOUS,
  BODY_TOO_LARGE,
  CLOSE_GRACE_MS,
  clientAddress,
  GOING_AWAY,
  HEADERS_TOO_LARGE,
  headerMap,
  isAmbiguous,
  judge,
  MAX_DROPPED_BYTES,
  receive,
  respond,
  TOO_SLOW,
  UNREADABLE,
} from './http-parts.ts';
import { listenError } from './listen-address.ts';
import { ConnectionTable, type RawSocket } from './tracked-connection.ts';
import type {
  CreateTransport,
  HttpResponse,
  Reception,
  RequestHead,
  TransportHandlers,
  TransportLimits,
} from './transport.ts';

/** Requests that a connection may send before it has read the first answer. Their answers wait in memory. */
export const MAX_PIPELINED = 32;
/** What node:http answers by itself, without a body. */
const CLIENT_FAULTS: Readonly<Record<string, HttpResponse>> = {
  HPE_HEADER_OVERFLOW: HEADERS_TOO_LARGE,
  ERR_HTTP_REQUEST_TIMEOUT: TOO_SLOW,
};
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;

/** node:http with the ws package. Runs wherever Node runs. */
export const createWsTransport: CreateTransport = (handlers, limits) => {
  const connections = new ConnectionTable(limits.maxBufferedBytes);
  const subprotocols = new WeakMap<IncomingMessage, string>();
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.maxMessageBytes,
    skipUTF8Validation: true,
    handleProtocols: (_offered, request) => subprotocols.get(request) ?? false,
  });
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.requestTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.max(50, limits.requestTimeoutMs / 4),
      keepAliveTimeout: 5000,
    },
    (request, response) => {
      if (hasTooManyUnread(request, response)) request.socket.destroy();
      else void serve(handlers, limits, request, response);
    },
  );
  server.maxConnections = limits.maxTcpConnections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else refuse(socket, CLIENT_FAULTS[error.code ?? ''] ?? UNREADABLE);
  });
  server.on('drop', () => handlers.full?.());

  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (isAmbiguous([...pairs(incoming.rawHeaders)])) {
      refuse(socket, AMBIGUOUS);
      return;
    }
    const request = headOf(incoming, limits);
    if (!isWebSocketRequest(incoming)) {
      void respond(receive(handlers, request)).then((response) => refuse(socket, response));
      return;
    }
    const verdict = judge(handlers, request);
    if (!verdict.accept) {
      refuse(socket, verdict.response);
      return;
    }
    subprotocols.set(incoming, verdict.subprotocol);
    webSockets.handleUpgrade(incoming, socket, head, (webSocket) => {
      const raw = rawSocket(webSocket, request.remoteAddress);
      const connection = connections.add(raw);
      webSocket.binaryType = 'arraybuffer';
      webSocket.on('message', (data, isBinary) => connection.received(ownedBytes(data), isBinary));
      webSocket.on('close', (code) => connection.end(code));
      webSocket.on('error', () => undefined);
      watchIdleness(webSocket, limits.idleTimeoutMs, () => connection.terminate());
      connection.start(handlers);
    });
  });

  return {
    name: 'ws',
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        const onError = (error: NodeJS.ErrnoException) => reject(listenError(host, port, error.code));
        server.once('error', onError);
        server.listen(port, host, () => {
          server.off('error', onError);
          const address = server.address();
          resolve(typeof address === 'object' && address !== null ? address.port : port);
        });
      }),
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await connections.closeAll(GOING_AWAY);
      server.closeIdleConnections();
      const force = setTimeout(() => {
        for (const webSocket of webSockets.clients) webSocket.terminate();
        server.closeAllConnections();
      }, CLOSE_GRACE_MS);
      await closed;
      clearTimeout(force);
    },
  };
};

const unread = new WeakMap<Socket, number>();

/** Counts the request until its answer has left. */
function hasTooManyUnread({ socket }: IncomingMessage, response: ServerResponse): boolean {
  const before = unread.get(socket) ?? 0;
  unread.set(socket, before + 1);
  response.once('close', () => unread.set(socket, (unread.get(socket) ?? 1) - 1));
  return before >= MAX_PIPELINED;
}

/** The test that uWS makes too. Anything else is an ordinary request, whatever its Upgrade header says. */
function isWebSocketRequest({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    WEBSOCKET_KEY.test(headers['sec-websocket-key'] ?? '')
  );
}

function rawSocket(webSocket: WebSocket, remoteAddress: string): RawSocket {
  return {
    remoteAddress,
    subprotocol: webSocket.protocol,
    bufferedBytes: () => webSocket.bufferedAmount,
    send: (bytes) => webSocket.send(bytes, { binary: true }),
    close(code, reason) {
      webSocket.close(code, reason);
      const force = setTimeout(() => webSocket.terminate(), CLOSE_GRACE_MS);
      webSocket.once('close', () => clearTimeout(force));
    },
    terminate: () => webSocket.terminate(),
  };
}

/** Pings a silent peer after half of the time, so that only one that is gone stays silent. */
function watchIdleness(webSocket: WebSocket, idleTimeoutMs: number, cutOff: () => void): void {
  let silentQuarters = 0;
  const onSign = () => {
    silentQuarters = 0;
  };
  const timer = setInterval(() => {
    silentQuarters += 1;
    if (silentQuarters >= 4) cutOff();
    else if (silentQuarters === 2) webSocket.ping();
  }, idleTimeoutMs / 4);
  timer.unref();
  webSocket.on('message', onSign);
  webSocket.on('ping', onSign);
  webSocket.on('pong', onSign);
  webSocket.once('close', () => clearInterval(timer));
}

/** A binary message arrives as an ArrayBuffer of its own. Text arrives as a view and is copied. */
function ownedBytes(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(Array.isArray(data) ? Buffer.concat(data) : data);
}

async function serve(
  handlers: TransportHandlers,
  limits: TransportLimits,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const response = await responseTo(handlers, limits, incoming);
  if (response === null) return;
  if (response === AMBIGUOUS || response === BODY_TOO_LARGE) outgoing.setHeader('connection', 'close');
  const { status, headers, body } = response;
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  outgoing.end(incoming.method === 'HEAD' ? undefined : body);
}

/** Null when the peer left before its body was there. */
async function responseTo(
  handlers: TransportHandlers,
  limits: TransportLimits,
  incoming: IncomingMessage,
): Promise<HttpResponse | null> {
  if (isAmbiguous([...pairs(incoming.rawHeaders)])) return AMBIGUOUS;
  const reception = receive(handlers, headOf(incoming, limits));
  const body = await readBody(incoming, reception);
  switch (body) {
    case 'aborted':
      return null;
    case 'too large':
      return BODY_TOO_LARGE;
    default:
      return await respond(reception, body);
  }
}

async function readBody(
  incoming: IncomingMessage,
  { maxBodyBytes, keepsBody }: Reception,
): Promise<Uint8Array | 'too large' | 'aborted'> {
  const maxDropped = Math.max(maxBodyBytes, MAX_DROPPED_BYTES);
  const declaredBytes = Number(incoming.headers['content-length'] ?? 0);
  if (declaredBytes > maxDropped) return 'too large';
  let chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > maxDropped) return 'too large';
      if (size > maxBodyBytes) chunks = [];
      else if (keepsBody && declaredBytes <= maxBodyBytes) chunks.push(chunk);
    }
  } catch {
    return 'aborted';
  }
  return size > maxBodyBytes ? 'too large' : new Uint8Array(Buffer.concat(chunks));
}

function headOf(incoming: IncomingMessage, limits: TransportLimits): RequestHead {
  const [path = '/', ...query] = (incoming.url ?? '/').split('?');
  const headers = headerMap(pairs(incoming.rawHeaders));
  return {
    method: incoming.method ?? 'GET',
    path,
    query: query.join('?'),
    headers,
    remoteAddress: clientAddress(incoming.socket.remoteAddress ?? '', headers, limits.trustForwardedFor),
  };
}

function* pairs(flat: readonly string[]): Iterable<readonly [string, string]> {
  for (let at = 0; at + 1 < flat.length; at += 2) yield [flat[at] ?? '', flat[at + 1] ?? ''];
}

function refuse(socket: Duplex, { status, headers, body }: HttpResponse): void {
  const content = Buffer.from(body);
  const lines = Object.entries({
    ...headers,
    'content-length': String(content.byteLength),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy());
  socket.end(
    Buffer.concat([
      Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`),
      content,
    ]),
  );
}
