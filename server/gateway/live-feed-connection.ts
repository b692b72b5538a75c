import { CLOSE } from '../../protocol/close.ts';
import { decodeUpstream, encodeMessage } from '../../protocol/codec.ts';
import { type ErrorCode, retryAfterMsOf, VeriframeError } from '../../protocol/errors.ts';
import type { LiveMessage } from '../../protocol/live.ts';
import type { Clock } from '../time/clock.ts';
import type { LiveHost, LiveListener } from '../observe/live-feed.ts';
import { HELLO_BUDGET_BYTES } from './connection.ts';
import type { Connection, ConnectionHandler } from './transport.ts';

interface LiveConnectionContext {
  readonly live: LiveHost;
  readonly clock: Clock;
  /** From the upgrade to a valid hello, whatever else arrives. */
  readonly helloTimeoutMs: number;
  /** A defect of the server: something threw what is no `VeriframeError`. */
  reportFault(fault: unknown): void;
}

type State =
  | { readonly phase: 'hello'; readonly cancelDeadline: () => void }
  | { readonly phase: 'feed'; readonly leave: () => void }
  | { readonly phase: 'ended' };

/**
 * One listener of a live feed (SPEC section 9): first hello with a ticket, within a time and a byte budget; from then
 * on it only listens. Whatever it does, it ends with a documented code, and no method throws.
 */
export class LiveFeedConnection implements ConnectionHandler, LiveListener {
  readonly #connection: Connection;
  readonly #context: LiveConnectionContext;
  #state: State;

  constructor(connection: Connection, context: LiveConnectionContext) {
    this.#connection = connection;
    this.#context = context;
    const { clock, helloTimeoutMs } = context;
    const cancelDeadline = clock.wakeAt(clock.nowMs() + helloTimeoutMs, () => this.close('hello.timeout'));
    this.#state = { phase: 'hello', cancelDeadline };
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  message(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#state.phase === 'ended') return;
    try {
      if (!isBinary) throw new VeriframeError('message.text');
      if (bytes.byteLength > HELLO_BUDGET_BYTES) throw new VeriframeError('message.too_large');
      if (this.#state.phase === 'feed') throw new VeriframeError('hello.repeated');
      const message = decodeUpstream(bytes);
      if (message.type !== 'hello') throw new VeriframeError('hello.expected');
      this.#begin(message.ticket);
    } catch (error) {
      if (!(error instanceof VeriframeError)) this.#context.reportFault(error);
      this.#closeWith(error instanceof VeriframeError ? error : new VeriframeError('server.internal'));
    }
  }

  closed(): void {
    this.#end();
  }

  send(message: LiveMessage): void {
    if (this.#state.phase !== 'ended') this.#connection.send(encodeMessage(message));
  }

  close(code: ErrorCode | null): void {
    if (this.#state.phase === 'ended') return;
    if (code === null) {
      this.#end();
      this.#connection.close(CLOSE.done, 'done');
      return;
    }
    this.#closeWith(new VeriframeError(code));
  }

  #closeWith(error: VeriframeError): void {
    if (this.#state.phase === 'ended') return;
    const { code, message, entry } = error;
    const retryAfterMs = retryAfterMsOf(error);
    const when = retryAfterMs === null ? {} : { retryAfterMs };
    this.send({ type: 'error', code, message, retry: entry.retry, ...when });
    this.#end();
    this.#connection.close(entry.closeCode ?? CLOSE.done, code);
  }

  #begin(ticket: string): void {
    if (this.#state.phase === 'hello') this.#state.cancelDeadline();
    const leave = this.#context.live.attach(ticket, this);
    this.#state = { phase: 'feed', leave };
  }

  #end(): void {
    const state = this.#state;
    this.#state = { phase: 'ended' };
    if (state.phase === 'hello') state.cancelDeadline();
    if (state.phase === 'feed') state.leave();
  }
}
