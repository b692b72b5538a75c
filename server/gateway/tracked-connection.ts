import type { Connection, ConnectionHandler, TransportHandlers } from './transport.ts';

/** What a transport's own socket has to do. Called only while it is open. */
export interface RawSocket {
  readonly remoteAddress: string;
  readonly subprotocol: string;
  bufferedBytes(): number;
  send(bytes: Uint8Array): void;
  close(code: number, reason: string): void;
  /** Cuts the connection without a close frame. */
  terminate(): void;
}

/** The peer vanished or was cut off: there was no close code (RFC 6455, section 7.4.1). */
const ABNORMAL = 1006;

/**
 * What both transports promise about an open socket. Calls after its end do nothing. Its owner is told of the end
 * exactly once, and never within one of the owner's own calls. A peer that reads too slowly for `maxBufferedBytes` is
 * cut off.
 */
export class TrackedConnection implements Connection {
  readonly id: number;
  readonly remoteAddress: string;
  readonly subprotocol: string;
  readonly #maxBufferedBytes: number;
  readonly #ended: (connection: TrackedConnection) => void;
  #socket: RawSocket | null;
  #handler: ConnectionHandler | null = null;

  constructor(
    id: number,
    socket: RawSocket,
    maxBufferedBytes: number,
    ended: (connection: TrackedConnection) => void,
  ) {
    this.id = id;
    this.remoteAddress = socket.remoteAddress;
    this.subprotocol = socket.subprotocol;
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#ended = ended;
  }

  get open(): boolean {
    return this.#socket !== null;
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedBytes() ?? 0;
  }

  send(bytes: Uint8Array): void {
    const socket = this.#socket;
    if (socket === null) return;
    if (socket.bufferedBytes() + bytes.byteLength > this.#maxBufferedBytes) this.terminate();
    else socket.send(bytes);
  }

  close(code: number, reason: string): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.end(code);
    socket.close(code, reason);
  }

  terminate(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.end(ABNORMAL);
    socket.terminate();
  }

  /** Gives the connection to its owner. */
  start(handlers: TransportHandlers): void {
    try {
      this.#handler = handlers.opened(this);
    } catch {
      this.terminate();
    }
  }

  /** The transport has read a message. Nothing else may refer to the memory of `bytes` (see ConnectionHandler). */
  received(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#socket === null) return;
    try {
      this.#handler?.message(bytes, isBinary);
    } catch {
      this.terminate();
    }
  }

  /** The connection has ended, whichever side ended it. Calls after the first do nothing. */
  end(code: number): void {
    if (this.#socket === null) return;
    this.#socket = null;
    queueMicrotask(() => {
      try {
        this.#handler?.closed(code);
      } finally {
        this.#ended(this);
      }
    });
  }
}

/** The open connections of one transport. */
export class ConnectionTable {
  readonly #maxBufferedBytes: number;
  readonly #connections = new Set<TrackedConnection>();
  #lastId = 0;
  #emptied: (() => void)[] = [];

  constructor(maxBufferedBytes: number) {
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  add(socket: RawSocket): TrackedConnection {
    this.#lastId += 1;
    const connection = new TrackedConnection(this.#lastId, socket, this.#maxBufferedBytes, (ended) => {
      this.#connections.delete(ended);
      if (this.#connections.size > 0) return;
      for (const resolve of this.#emptied.splice(0)) resolve();
    });
    this.#connections.add(connection);
    return connection;
  }

  /** Closes every connection; resolves when every owner was told. */
  async closeAll(code: number): Promise<void> {
    if (this.#connections.size === 0) return;
    const emptied = new Promise<void>((resolve) => {
      this.#emptied.push(resolve);
    });
    for (const connection of this.#connections) connection.close(code, '');
    await emptied;
  }
}
