/** A request as both transports present it. Header names are lower case. */
export interface HttpRequest {
  readonly method: string;
  /** Path without query, still percent-encoded. */
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  /** Whole body, owned by the receiver; at most `maxBodyBytes`. */
  readonly body: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export type UpgradeVerdict =
  | { readonly accept: true; readonly subprotocol: string }
  | { readonly accept: false; readonly response: HttpResponse };

/** One open WebSocket. Safe to call after it closed: calls then do nothing. */
export interface Connection {
  readonly id: number;
  readonly remoteAddress: string;
  /** As the upgrade's verdict said. */
  readonly subprotocol: string;
  /** Bytes accepted for sending and not yet written to the network. */
  readonly bufferedBytes: number;
  readonly open: boolean;
  send(bytes: Uint8Array): void;
  /** Sends a close frame and ends the socket, by force when the peer does not answer. */
  close(code: number, reason: string): void;
}

/** What the owner of a connection does about it. None may throw; a transport survives it if one does. */
export interface ConnectionHandler {
  /** `bytes` is owned by the receiver: its buffer is exactly this message and nothing else refers to it. */
  message(bytes: Uint8Array, isBinary: boolean): void;
  /**
   * Called exactly once, whoever closed, and never from inside a call of the owner's. `code` is the one sent when
   * this side closed, else the peer's (1006 when there was none). Nothing is received after it.
   */
  closed(code: number): void;
}

export interface TransportHandlers {
  /** Decides an upgrade at once from headers alone. `request.body` is empty. */
  upgrade(request: HttpRequest): UpgradeVerdict;
  opened(connection: Connection): ConnectionHandler;
  http(request: HttpRequest): Promise<HttpResponse>;
  /** Newcomers are dropped, for there are `maxTcpConnections`. May be called for each of them. */
  full?(): void;
}

export interface TransportLimits {
  /**
   * Connections open at a time, whatever they say or do not say. ws drops the next one; uWS stops to listen, at most
   * some hundreds later, until there is room.
   */
  readonly maxTcpConnections: number;
  /** A longer WebSocket message cuts the socket off, with 1009 (ws) or no close frame at all (uWS). */
  readonly maxMessageBytes: number;
  readonly maxBodyBytes: number;
  /** Bytes of request line and headers. uWS holds at most 4 KiB of headers that come in pieces. */
  readonly maxHeaderBytes: number;
  /** Time for headers and body of a request to arrive. uWS has its own: 10 s without progress. */
  readonly requestTimeoutMs: number;
  /**
   * Cut off a connection that was silent this long; pings are answered by the peer's stack. uWS counts in whole
   * seconds, from 8 s to 960 s, four seconds more or less.
   */
  readonly idleTimeoutMs: number;
  /** Cut off a connection with this much unsent. */
  readonly maxBufferedBytes: number;
  /** Take the client's address from the last entry of X-Forwarded-For, which a proxy in front wrote. */
  readonly trustForwardedFor: boolean;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** HTTP and WebSocket on one port. Two implementations pass one contract suite. */
export interface Transport {
  readonly name: 'uws' | 'ws';
  /** Resolves with the port bound; rejects when it is taken. */
  listen(options: ListenOptions): Promise<number>;
  /** Stops listening, closes what is open, resolves when all `closed` calls were made. */
  close(): Promise<void>;
}

export type CreateTransport = (handlers: TransportHandlers, limits: TransportLimits) => Transport;
