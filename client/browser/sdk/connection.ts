import {
  type Downstream,
  type ErrorCode,
  isErrorCode,
  SUBPROTOCOL,
  type Upstream,
} from '@veriframe/protocol';
import { asFaceSessionError, FaceSessionError } from './errors.ts';
import { decodeDownstream, encodeUpstream } from './wire.ts';

interface ConnectionOptions {
  /** `ws:`, `wss:`, `http:` or `https:`, or relative to the page. */
  readonly url: string | URL;
  readonly onOpen: () => void;
  readonly onMessage: (message: Downstream) => void;
  /** Called once, unless `close` was called first. The error is null after a clean close (code 1000). */
  readonly onEnd: (error: FaceSessionError | null) => void;
}

/** One WebSocket that speaks veriframe.v1. It is never reconnected: a session is one socket. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #listening = new AbortController();
  readonly #onEnd: ConnectionOptions['onEnd'];
  #announced: ErrorCode | null = null;
  #hasOpened = false;

  constructor({ url, onOpen, onMessage, onEnd }: ConnectionOptions) {
    this.#onEnd = onEnd;
    this.#socket = new WebSocket(socketAddress(url), SUBPROTOCOL);
    this.#socket.binaryType = 'arraybuffer';
    const { signal } = this.#listening;
    this.#socket.addEventListener(
      'open',
      () => {
        this.#hasOpened = true;
        onOpen();
      },
      { signal },
    );
    this.#socket.addEventListener(
      'message',
      ({ data }: MessageEvent<unknown>) => {
        this.#read(data, onMessage);
      },
      { signal },
    );
    this.#socket.addEventListener('close', (event) => this.#closed(event), { signal });
    // After a network loss the socket stays open for minutes; the `offline` event comes at once.
    addEventListener('offline', () => this.#end(new FaceSessionError('connection.offline')), { signal });
  }

  /** Bytes that the browser has buffered and not yet sent. */
  get backlogBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends one message. Does nothing when the socket is not open. */
  send(message: Upstream): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(encodeUpstream(message));
  }

  /** Closes the socket. No callback is called afterwards. */
  close(): void {
    this.#listening.abort();
    this.#socket.close(1000);
  }

  #read(data: unknown, onMessage: ConnectionOptions['onMessage']): void {
    try {
      if (!(data instanceof ArrayBuffer)) throw new FaceSessionError('connection.incompatible');
      const message = decodeDownstream(data);
      if (message.type === 'error') this.#announced = message.code;
      onMessage(message);
    } catch (cause) {
      this.#end(asFaceSessionError(cause, 'connection.incompatible'));
    }
  }

  #closed({ code, reason }: CloseEvent): void {
    if (code === 1000) this.#end(null);
    else if (isErrorCode(reason)) this.#end(new FaceSessionError(reason));
    else if (this.#announced !== null) this.#end(new FaceSessionError(this.#announced));
    else if (!navigator.onLine) this.#end(new FaceSessionError('connection.offline'));
    else this.#end(new FaceSessionError(this.#hasOpened ? 'connection.lost' : 'connection.refused'));
  }

  #end(error: FaceSessionError | null): void {
    this.close();
    this.#onEnd(error);
  }
}

function socketAddress(url: string | URL): URL {
  const address = new URL(url, document.baseURI);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  return address;
}
