import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import {
  CLOSE,
  decodeDownstream,
  encodeMessage,
  type Decision,
  type DepthImage,
  type Downstream,
  type ErrorMessage,
  type Status,
  type Welcome,
  ERRORS,
  type Bye,
  type PossessionAnswer,
  type PossessionRequest,
  type Upstream,
  SUBPROTOCOL,
} from '@veriframe/protocol';
import { refusal } from './api.ts';
import type { FrameSigner, SignedChain } from './signer.ts';
import { asKioskError, KioskError } from './errors.ts';
import { closeError, openingError } from './wire-errors.ts';

export interface ConnectOptions {
  /** The server's stream address, for example `ws://localhost:8080/v1/stream`. */
  readonly url: string | URL;
  readonly ticket: string;
  /** Names the client software in the server's audit log. */
  readonly client?: string;
  /**
   * Signs the frames with the key of this kiosk, where the server knows the key (SPEC section 14). Absent: unsigned.
   */
  readonly signer?: FrameSigner;
  /**
   * Asks the person for the WebAuthn key that the server asks for, and resolves with the answer; null declines. No
   * frame is sent before. Absent: the server is told that no key can be asked for.
   */
  readonly askForKey?: (request: PossessionRequest) => Promise<Omit<PossessionAnswer, 'type'> | null>;
  /** A screen around the camera shows the colour of each status that contains one (SPEC R39, R40). Default false. */
  readonly flash?: boolean;
  /**
   * When it aborts, `bye` is sent and the session ends with the signal's reason, or with `client.cancelled` when the
   * reason is no `KioskError`.
   */
  readonly signal?: AbortSignal;
  /** Longest wait for `welcome`, in milliseconds. Default 10 000. */
  readonly openTimeoutMs?: number;
}

/** The events of a session. An error that ends the session is thrown instead. */
export type KioskSessionEvent = Status | Decision | ErrorMessage;

/** Most unread events. Further statuses are dropped; decisions and errors never are. */
const MOST_UNREAD_EVENTS = 256;
const MOST_MESSAGE_BYTES = 1024 * 1024;
const MOST_REFUSAL_BYTES = 64 * 1024;
/** How long the server may take for the closing handshake before the socket is terminated. */
const CLOSE_GRACE_MS = 1_000;

/**
 * Opens the socket, sends `hello` and resolves with the session once the server has sent `welcome`. Rejects with a
 * `KioskError`: the server's code when it refuses, otherwise `connection.refused`, `connection.incompatible`,
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
   * Statuses, errors that do not end the session, and the decision, in order. The stream ends after the decision, or
   * throws the `KioskError` that ended the session without one. It has one reader at most and may stay unread.
   */
  readonly events: ReadableStream<KioskSessionEvent>;

  readonly #socket: WebSocket;
  readonly #detach: () => void;
  #settleWelcome!: Settle<Welcome>;
  #settleDecision!: Settle<Decision>;
  #queue!: ReadableStreamDefaultController<KioskSessionEvent>;
  #hasReader = true;
  #opened = false;
  #state: 'opening' | 'open' | 'over' = 'opening';
  #welcome: Welcome | null = null;
  #credits = 0;
  #seq = 0;
  readonly #signer: FrameSigner | null;
  readonly #askForKey: ConnectOptions['askForKey'] | null;
  #chain: SignedChain | null = null;
  /** The person is being asked for a key. */
  #isAsking = false;
  #creditWaiters: (() => void)[] = [];

  constructor(options: ConnectOptions) {
    const { url, ticket, client = 'veriframe-kiosk', flash = false, signal, signer, askForKey } = options;
    this.#signer = signer ?? null;
    this.#askForKey = askForKey ?? null;
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
      this.#send({
        type: 'hello',
        ticket,
        client,
        ...(flash ? { flash } : {}),
        ...(askForKey === undefined ? {} : { possession: true }),
        ...(signer === undefined ? {} : { kiosk: { key: signer.keyId } }),
      });
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

  /** The `welcome` of the server. Throws `TypeError` before `welcomed` has resolved. */
  get welcome(): Welcome {
    if (this.#welcome === null) throw new TypeError('the session is not welcomed yet');
    return this.#welcome;
  }

  /** Number of frames that may be sent now. */
  get credits(): number {
    return this.#state === 'open' && !this.#isAsking ? this.#credits : 0;
  }

  /** Whether the server takes this kiosk's signatures. False as well before `welcomed` has resolved. */
  get signs(): boolean {
    return this.#chain !== null;
  }

  /**
   * Sends one picture within `welcome.limits` and uses one credit. Returns false and sends nothing when there is no
   * credit or the session is over; the caller then drops the picture. `capturedAtMs` is this machine's clock, in
   * milliseconds since 1970. `depth` is what a sensor saw at that time, within `welcome.limits.maxDepthPixels`; picture
   * and depth together are at most `maxImageBytes`.
   */
  sendFrame(picture: Uint8Array, capturedAtMs: number, depth?: DepthImage): boolean {
    if (this.credits === 0) return false;
    this.#credits -= 1;
    this.#seq += 1;
    const ofSensor = depth === undefined ? {} : { depth };
    const frame = { seq: this.#seq, capturedAtMs, image: picture, ...ofSensor };
    const signature = this.#chain?.add(frame) ?? null;
    this.#send({ type: 'frame', ...frame, ...(signature === null ? {} : { signature }) });
    return true;
  }

  /** Resolves with true once `atLeast` frames may be sent, or with false when the session is over. */
  async whenCredit(atLeast = 1): Promise<boolean> {
    while (this.#state !== 'over' && this.credits < atLeast)
      await new Promise<void>((resolve) => this.#creditWaiters.push(resolve));
    return this.#state === 'open';
  }

  /** Tells the server that the subject cannot do the present challenge. */
  skip(): void {
    this.#send({ type: 'skip' });
  }

  /** Tells the server that no more frames come. A decision can still follow. */
  bye(reason: Bye['reason']): void {
    const signature = reason === 'source-ended' ? (this.#chain?.end() ?? null) : null;
    this.#send({ type: 'bye', reason, ...(signature === null ? {} : { signature }) });
  }

  /** Ends the session from the client's side at once. Does nothing when it is over. */
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
    this.#onMessage(message);
  }

  #onMessage(message: Downstream): void {
    switch (message.type) {
      case 'welcome':
        this.#state = 'open';
        this.#welcome = message;
        if (message.chain !== undefined && this.#signer !== null)
          this.#chain = this.#signer.open(message.sessionId, message.chain.nonce);
        if (message.possession !== undefined) void this.#answerForKey(message.possession);
        this.#settleWelcome.resolve(message);
        return;
      case 'credit':
        this.#credits += message.frames;
        if (this.#state === 'open') for (const resolve of this.#creditWaiters.splice(0)) resolve();
        return;
      case 'status':
        if ((this.#queue.desiredSize ?? 0) > 0) this.#emit(message);
        return;
      case 'error':
        if (ERRORS[message.code].closeCode === null) this.#emit(message);
        else this.end(new KioskError(message.code));
        return;
      case 'decision':
        this.#emit(message);
        this.#finish();
        this.#settleDecision.resolve(message);
        this.#settleWelcome.reject(
          new KioskError('connection.incompatible', 'A decision came before welcome.'),
        );
        if (this.#hasReader) this.#queue.close();
        return;
    }
  }

  async #answerForKey(request: PossessionRequest): Promise<void> {
    this.#isAsking = true;
    const answer = await this.#askForKey?.(request).catch(() => null);
    this.#isAsking = false;
    this.#send({ type: 'possession', ...answer });
    for (const resolve of this.#creditWaiters.splice(0)) resolve();
  }

  #emit(event: KioskSessionEvent): void {
    if (this.#hasReader) this.#queue.enqueue(event);
  }
}

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: KioskError) => void;
}
