import type { WebSocket } from 'ws';
import { decodeUpstream, encodeMessage } from '../../../protocol/codec.ts';
import type { Decision, Downstream, Status, Welcome } from '../../../protocol/downstream.ts';
import { type ErrorCode, ERRORS } from '../../../protocol/errors.ts';
import type { Frame, Upstream } from '../../../protocol/upstream.ts';

/**
 * The server's side of one connection, scripted by a test over a real socket. It checks that the client follows the
 * protocol, and collects what the client does wrong in `violations`.
 */
export class ScriptedPeer {
  readonly violations: string[] = [];
  readonly heard: Exclude<Upstream, Frame>[] = [];
  readonly frames: Frame[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #credits = 0;
  #waiters: (() => void)[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        this.#wake();
        resolve(code);
      });
    });
  }

  send(message: Downstream): void {
    this.#socket.send(encodeMessage(message));
  }

  /** Resolves once `isTrue` returns true. It is called again after each message. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      if (this.#socket.readyState !== this.#socket.OPEN) throw new Error('the client is gone');
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Waits for `hello`, then sends `welcome` and the first credit. */
  async welcome(
    limits: { maxFramesPerSecond?: number; maxDepthPixels?: number; credit?: number } = {},
    asks: Pick<Welcome, 'possession'> = {},
  ): Promise<void> {
    await this.until(() => this.heard.length > 0);
    this.send({
      type: 'welcome',
      sessionId: 'session-1',
      mode: 'verify',
      policy: 'standard',
      limits: {
        maxImageBytes: 200_000,
        maxImagePixels: 640 * 480,
        maxFramesPerSecond: limits.maxFramesPerSecond ?? 30,
        maxSessionMs: 60_000,
        ...(limits.maxDepthPixels === undefined ? {} : { maxDepthPixels: limits.maxDepthPixels }),
      },
      ...asks,
    });
    this.credit(limits.credit ?? 2);
  }

  credit(frames: number): void {
    this.#credits += frames;
    this.send({ type: 'credit', frames });
  }

  /** Waits for `count` more frames and returns the credit of each. */
  async takeFrames(count: number): Promise<void> {
    for (let taken = 0; taken < count; taken += 1) {
      const before = this.frames.length;
      await this.until(() => this.frames.length > before);
      this.credit(this.frames.length - before);
    }
  }

  status(status: Partial<Omit<Status, 'type'>>): void {
    this.send({ type: 'status', phase: 'positioning', progress: 0, ...status });
  }

  decide(decision: Omit<Decision, 'type'>): void {
    this.send({ type: 'decision', ...decision });
    this.#socket.close(1000);
  }

  /** Ends the connection with a code (SPEC R30). */
  fail(code: ErrorCode): void {
    const { message, retry, closeCode } = ERRORS[code];
    this.send({ type: 'error', code, message, retry });
    this.#socket.close(closeCode ?? 1000, code);
  }

  /** Cuts the connection without a close frame. */
  cut(): void {
    this.#socket.terminate();
  }

  #onMessage(data: unknown, isBinary: boolean): void {
    if (!isBinary || !(data instanceof Buffer)) {
      this.violations.push('text message');
      return;
    }
    try {
      this.#accept(decodeUpstream(new Uint8Array(data)));
    } catch (error) {
      this.violations.push(String(error));
    }
    this.#wake();
  }

  #accept(message: Upstream): void {
    if (message.type !== 'frame') {
      this.heard.push(message);
      return;
    }
    if (this.heard[0]?.type !== 'hello') this.violations.push('frame before hello');
    if (this.#credits === 0) this.violations.push('frame without credit');
    if (message.seq <= (this.frames.at(-1)?.seq ?? -1)) this.violations.push('frame out of order');
    this.#credits -= 1;
    this.frames.push(message);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resume of waiters) resume();
  }
}
