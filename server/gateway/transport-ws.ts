import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  AMBIGUOUS,
  answer,
  BODY_TOO_LARGE,
  CLOSE_GRACE_MS,
  clientAddress,
  GOING_AWAY,
  headerMap,
  isAmbiguous,
  judge,
} from './http-parts.ts';
import { ConnectionTable, type RawSocket } from './tracked-connection.ts';
import type {
  CreateTransport,
  HttpRequest,
  HttpResponse,
  TransportHandlers,
  TransportLimits,
} from './transport.ts';

const NO_BODY = new Uint8Array(0);
/** Requests that a connection may send before it has read the answer to the first: their answers wait here. */
export const MAX_PIPELINED = 32;
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
  server.on('drop', () => handlers.full?.());

  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (isAmbiguous([...pairs(incoming.rawHeaders)])) {
      refuse(socket, AMBIGUOUS);
      return;
    }
    const request = requestOf(incoming, NO_BODY, limits);
    if (!isWebSocketRequest(incoming)) {
      void answer(handlers, request).then((response) => refuse(socket, response));
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
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
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

/** Counts a request in until its answer has left. */
function hasTooManyUnread({ socket }: IncomingMessage, response: ServerResponse): boolean {
  const before = unread.get(socket) ?? 0;
  unread.set(socket, before + 1);
  response.once('close', () => unread.set(socket, (unread.get(socket) ?? 1) - 1));
  return before >= MAX_PIPELINED;
}

/** The same test uWS makes: anything else is an ordinary request, whatever its Upgrade header says. */
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

/** Pings a quiet peer at half time, so that only one that is gone stays silent. */
function watchIdleness(webSocket: WebSocket, idleTimeoutMs: number, cutOff: () => void): void {
  let quiet = 0;
  const heard = () => {
    quiet = 0;
  };
  const timer = setInterval(() => {
    quiet += 1;
    if (quiet >= 4) cutOff();
    else if (quiet === 2) webSocket.ping();
  }, idleTimeoutMs / 4);
  timer.unref();
  webSocket.on('message', heard);
  webSocket.on('ping', heard);
  webSocket.on('pong', heard);
  webSocket.once('close', () => clearInterval(timer));
}

/** Binary messages arrive as an ArrayBuffer of their own; text arrives as a view and is copied. */
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
  const body = isAmbiguous([...pairs(incoming.rawHeaders)])
    ? 'ambiguous'
    : await readBody(incoming, limits.maxBodyBytes);
  if (body === 'aborted') return;
  if (!(body instanceof Uint8Array)) outgoing.setHeader('connection', 'close');
  const {
    status,
    headers,
    body: content,
  } = body instanceof Uint8Array
    ? await answer(handlers, requestOf(incoming, body, limits))
    : { ambiguous: AMBIGUOUS, 'too large': BODY_TOO_LARGE }[body];
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(content) });
  outgoing.end(incoming.method === 'HEAD' ? undefined : content);
}

async function readBody(
  incoming: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array | 'too large' | 'aborted'> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) return 'too large';
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > maxBytes) return 'too large';
      chunks.push(chunk);
    }
  } catch {
    return 'aborted';
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function requestOf(incoming: IncomingMessage, body: Uint8Array, limits: TransportLimits): HttpRequest {
  const [path = '/', ...query] = (incoming.url ?? '/').split('?');
  const headers = headerMap(pairs(incoming.rawHeaders));
  return {
    method: incoming.method ?? 'GET',
    path,
    query: query.join('?'),
    headers,
    remoteAddress: clientAddress(incoming.socket.remoteAddress ?? '', headers, limits.trustForwardedFor),
    body,
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
