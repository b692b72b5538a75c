import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import {
  CLOSE,
  decodeDownstream,
  encodeMessage,
  type Decision,
  type Downstream,
  type ErrorMessage,
  type Status,
  type Welcome,
  ERRORS,
  type Bye,
  type Upstream,
  SUBPROTOCOL,
} from '@veriframe/protocol';
import { refusal } from './api.ts';
import { asKioskError, KioskError } from './errors.ts';
import { closeError, openingError } from './wire-errors.ts';

export interface ConnectOptions {
  /** The server's stream address, for example `ws://localhost:8080/v1/stream`. */
  readonly url: string | URL;
  readonly ticket: string;
  /** Names the client software in the server's audit. */
  readonly client?: string;
  /** A screen around the camera shows the colour of each status that has one (SPEC R39, R40). Default false. */
  readonly flash?: boolean;
  /** Says bye and ends the session with the signal's reason, or `client.cancelled` when that has no code. */
  readonly signal?: AbortSignal;
  /** Longest wait for `welcome`. */
  readonly openTimeoutMs?: number;
}

/** What a session tells its owner. An error that ends the session is thrown instead. */
export type SessionEvent = Status | Decision | ErrorMessage;

/** Statuses beyond this many unread ones are dropped; decisions and errors never are. */
const MOST_UNREAD_EVENTS = 256;
const MOST_MESSAGE_BYTES = 1024 * 1024;
const MOST_REFUSAL_BYTES = 64 * 1024;
/** How long a server may take over the closing handshake before the socket is cut. */
const CLOSE_GRACE_MS = 1_000;

/**
 * Opens the socket, says hello and resolves with the session once the server welcomed it. Rejects with a
 * `KioskError`: the server's code when it refuses, else `connection.refused`, `connection.incompatible`,
 * `connection.lost`, `client.timeout` or `client.cancelled`.
 */
export async function connect(options: ConnectOptions): Promise<KioskSession> {
  const session = new KioskSession(options);
  const timeout = AbortSignal.timeout(options.openTimeoutMs ?? 10_000);
  const expire = () => session.end(new KioskError('client.timeout', 'The server did not say welcome.'));
  timeout.addEventListener('abort', expire);
  try {
    await session.welcomed;
  } finally {
    timeout.removeEventListener('abort', expire);
  }
  return session;
}

/** One session over one socket, from hello to the decision. Made by `connect`. */
export class KioskSession {
  readonly welcomed: Promise<Welcome>;
  /** Resolves with the decision; rejects with the `KioskError` that ended the session without one. */
  readonly decision: Promise<Decision>;
  /**
   * Statuses, errors that do not end the session, and the decision, in order. Ends after the decision; throws
   * the `KioskError` that ended the session without one. For one reader; need not be read.
   */
  readonly events: ReadableStream<SessionEvent>;

  readonly #socket: WebSocket;
  readonly #detach: () => void;
  #settleWelcome!: Settle<Welcome>;
  #settleDecision!: Settle<Decision>;
  #queue!: ReadableStreamDefaultController<SessionEvent>;
  #hasReader = true;
  #opened = false;
  #state: 'opening' | 'open' | 'over' = 'opening';
  #welcome: Welcome | null = null;
  #credits = 0;
  #seq = 0;
  #creditWaiters: (() => void)[] = [];

  constructor({ url, ticket, client = 'veriframe-kiosk', flash = false, signal }: ConnectOptions) {
    this.welcomed = new Promise((resolve, reject) => (this.#settleWelcome = { resolve, reject }));
    this.decision = new Promise((resolve, reject) => (this.#settleDecision = { resolve, reject }));
    for (const promise of [this.welcomed, this.decision]) promise.catch(() => {});
    this.events = new ReadableStream(
      {
        start: (controller) => void (this.#queue = controller),
        cancel: () => void (this.#hasReader = false),
      },
      { highWaterMark: MOST_UNREAD_EVENTS },
    );

    const cancel = () => {
      this.bye('cancelled');
      this.end(signal?.reason instanceof KioskError ? signal.reason : new KioskError('client.cancelled'));
    };
    signal?.addEventListener('abort', cancel);
    this.#detach = () => signal?.removeEventListener('abort', cancel);

    const socket = new WebSocket(url, SUBPROTOCOL, {
      perMessageDeflate: false,
      maxPayload: MOST_MESSAGE_BYTES,
      followRedirects: false,
    });
    this.#socket = socket;
    socket.on('open', () => {
      this.#opened = true;
      this.#send({ type: 'hello', ticket, client, ...(flash ? { flash } : {}) });
    });
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on('unexpected-response', (request, response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (body = (body + part).slice(0, MOST_REFUSAL_BYTES)));
      response.on('close', () => {
        this.end(refusal(response.statusCode ?? 0, body));
        request.destroy();
      });
    });
    socket.on('error', (error) =>
      this.end(this.#opened ? new KioskError('connection.lost', error.message) : openingError(error)),
    );
    socket.on('close', (code) => this.end(closeError(code)));
    if (signal?.aborted === true) cancel();
  }

  /** What the server announced. Throws `TypeError` before `welcomed` resolved. */
  get welcome(): Welcome {
    if (this.#welcome === null) throw new TypeError('the session is not welcomed yet');
    return this.#welcome;
  }

  /** Frames that may be sent now. */
  get credits(): number {
    return this.#state === 'open' ? this.#credits : 0;
  }

  /**
   * Sends one picture, at most `welcome.limits` large, and spends a credit. False, with nothing sent, when
   * there is no credit or the session is over: the picture is then too late, and the caller drops it.
   * `capturedAtMs` is this machine's clock.
   */
  sendFrame(picture: Uint8Array, capturedAtMs: number): boolean {
    if (this.credits === 0) return false;
    this.#credits -= 1;
    this.#seq += 1;
    this.#send({ type: 'frame', seq: this.#seq, capturedAtMs, image: picture });
    return true;
  }

  /** Resolves with true once `atLeast` frames may be sent, with false when the session is over. */
  async whenCredit(atLeast = 1): Promise<boolean> {
    while (this.#state !== 'over' && this.credits < atLeast)
      await new Promise<void>((resolve) => this.#creditWaiters.push(resolve));
    return this.#state === 'open';
  }

  /** Says that the subject cannot do the present challenge. */
  skip(): void {
    this.#send({ type: 'skip' });
  }

  /** Says that no more frames come. A decision can still follow. */
  bye(reason: Bye['reason']): void {
    this.#send({ type: 'bye', reason });
  }

  /** Ends the session from this side, at once. Does nothing when it is over. */
  end(error: KioskError): void {
    if (this.#state === 'over') return;
    this.#finish();
    this.#settleWelcome.reject(error);
    this.#settleDecision.reject(error);
    if (this.#hasReader) this.#queue.error(error);
  }

  #finish(): void {
    this.#state = 'over';
    this.#detach();
    for (const resolve of this.#creditWaiters.splice(0)) resolve();
    this.#socket.close(CLOSE.done);
    const cut = delay(CLOSE_GRACE_MS, undefined, { ref: false }).then(() => this.#socket.terminate());
    cut.catch(() => {});
  }

  #send(message: Upstream): void {
    if (this.#state === 'over' || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(encodeMessage(message), (error) => {
      if (error) this.end(asKioskError(error, 'connection.lost'));
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#state === 'over') return;
    let message: Downstream;
    try {
      if (!isBinary) throw new TypeError('a text message arrived');
      message = decodeDownstream(data);
    } catch (error) {
      this.end(asKioskError(error, 'connection.incompatible'));
      return;
    }
    this.#take(message);
  }

  #take(message: Downstream): void {
    switch (message.type) {
      case 'welcome':
        this.#state = 'open';
        this.#welcome = message;
        this.#settleWelcome.resolve(message);
        return;
      case 'credit':
        this.#credits += message.frames;
        if (this.#state === 'open') for (const resolve of this.#creditWaiters.splice(0)) resolve();
        return;
      case 'status':
        if ((this.#queue.desiredSize ?? 0) > 0) this.#tell(message);
        return;
      case 'error':
        if (ERRORS[message.code].closeCode === null) this.#tell(message);
        else this.end(new KioskError(message.code));
        return;
      case 'decision':
        this.#tell(message);
        this.#finish();
        this.#settleDecision.resolve(message);
        this.#settleWelcome.reject(
          new KioskError('connection.incompatible', 'A decision came before welcome.'),
        );
        if (this.#hasReader) this.#queue.close();
        return;
    }
  }

  #tell(event: SessionEvent): void {
    if (this.#hasReader) this.#queue.enqueue(event);
  }
}

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: KioskError) => void;
}
