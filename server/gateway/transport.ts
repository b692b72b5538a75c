/** A request before its body, as both transports present it. Header names are lower case. */
export interface RequestHead {
  readonly method: string;
  /** Path without query, still percent-encoded. */
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
}

export interface HttpRequest extends RequestHead {
  /** The whole body. The receiver owns it. */
  readonly body: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** What becomes of a request, decided before its body is read. */
export interface Reception {
  /** A request with a longer body is answered with HTTP 413 and closed, and `respond` is not called. */
  readonly maxBodyBytes: number;
  /** False: the body is dropped as it arrives, and `respond` gets an empty one. */
  readonly keepsBody: boolean;
  /** Called once the whole body has arrived. The receiver owns it. */
  respond(body: Uint8Array): Promise<HttpResponse>;
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

/** The owner of a connection. No method may throw; a transport survives one that does. */
export interface ConnectionHandler {
  /** `bytes` is owned by the receiver: its buffer is exactly this message and nothing else refers to it. */
  message(bytes: Uint8Array, isBinary: boolean): void;
  /**
   * Called exactly once, whichever side closed, and never from inside a call that the owner makes. `code` is the one
   * that this side sent, else the peer's, and 1006 when the peer sent none. No message follows.
   */
  closed(code: number): void;
}

export interface TransportHandlers {
  /** Decides an upgrade at once. */
  upgrade(request: RequestHead): UpgradeVerdict;
  opened(connection: Connection): ConnectionHandler;
  /** Decides at once how the body of a request is read. */
  http(request: RequestHead): Reception;
  /** New connections are dropped: `maxTcpConnections` are open. May be called for each of them. */
  full?(): void;
}

export interface TransportLimits {
  /**
   * Connections open at a time, silent ones included. ws drops the next one. uWS stops listening until there is room;
   * some hundreds more may get in before it does.
   */
  readonly maxTcpConnections: number;
  /** A longer WebSocket message cuts the socket off, with 1009 (ws) or no close frame at all (uWS). */
  readonly maxMessageBytes: number;
  /** Bytes of request line and headers. uWS takes at most 4 KiB of headers that arrive in pieces. */
  readonly maxHeaderBytes: number;
  /** Time for headers and body of a request to arrive. uWS has its own bound: 10 s without progress. */
  readonly requestTimeoutMs: number;
  /**
   * Cut off a connection that was silent this long, although it was pinged. uWS counts whole seconds, from 8 s to
   * 960 s, four seconds more or less.
   */
  readonly idleTimeoutMs: number;
  /** Cut off a connection with this much unsent. */
  readonly maxBufferedBytes: number;
  /** Take the client's address from the last entry of X-Forwarded-For. Only where a proxy in front writes it. */
  readonly trustForwardedFor: boolean;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** HTTP and WebSocket on one port. The two implementations pass one contract suite. */
export interface Transport {
  readonly name: 'uws' | 'ws';
  /** Resolves with the port bound; rejects when it is taken. */
  listen(options: ListenOptions): Promise<number>;
  /** Stops listening, closes what is open, resolves when all `closed` calls were made. */
  close(): Promise<void>;
}

export type CreateTransport = (handlers: TransportHandlers, limits: TransportLimits) => Transport;
