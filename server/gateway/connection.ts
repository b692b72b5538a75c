import { CLOSE } from '../../protocol/close.ts';
import { decodeUpstream, encodeMessage, MESSAGE_OVERHEAD_BYTES } from '../../protocol/codec.ts';
import type { Downstream } from '../../protocol/downstream.ts';
import { type ErrorCode, retryAfterMsOf, VeriframeError } from '../../protocol/errors.ts';
import type { Hello, Upstream } from '../../protocol/upstream.ts';
import type { Clock } from '../time/clock.ts';
import { isVirtualCamera } from '../evidence/virtual-cameras.ts';
import type { ClientLink, SessionHandle, SessionHost } from '../session/ports.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Connection, ConnectionHandler } from './transport.ts';

/** Bytes a client may send before its hello is accepted (SPEC R11). */
export const HELLO_BUDGET_BYTES = 4096;

export interface ConnectionLimits {
  readonly maxImageBytes: number;
  readonly maxFramesPerSecond: number;
  /** From the upgrade to a valid hello, whatever else arrives. */
  readonly helloTimeoutMs: number;
  /** Unsent bytes above which the client counts as too slow. */
  readonly maxUnsentBytes: number;
}

/** Longest message of a session (SPEC R8). */
export function maxMessageBytes({ maxImageBytes }: Pick<ConnectionLimits, 'maxImageBytes'>): number {
  return maxImageBytes + MESSAGE_OVERHEAD_BYTES;
}

interface ConnectionContext {
  readonly host: SessionHost;
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** A defect of the server: something threw what is no `VeriframeError`. */
  reportFault(fault: unknown): void;
}

type SessionMessage = Exclude<Upstream, Hello>;

type State =
  | { readonly phase: 'hello'; readonly cancelDeadline: () => void }
  /** The ticket is being redeemed. Messages wait meanwhile; frames do once credit was given. */
  | { readonly phase: 'attaching'; readonly waiting: SessionMessage[] }
  | { readonly phase: 'session'; readonly handle: SessionHandle }
  /** `code` is what this side ended it with; null where it did not, or without an error. */
  | { readonly phase: 'ended'; readonly handle: SessionHandle | null; readonly code: ErrorCode | null };

/** More than any credit. A client that sends more while it waits for its session floods the server. */
const MAX_WAITING = 32;

/**
 * One client from its upgrade to its end: first hello, within a time and a byte budget, then messages for its session.
 * Whatever the client or the session does, it ends with a documented code, and no method throws.
 */
export class ClientConnection implements ConnectionHandler, ClientLink {
  readonly #connection: Connection;
  readonly #context: ConnectionContext;
  readonly #bucket: TokenBucket;
  #state: State;
  #credited = false;
  #helloBytes = 0;

  constructor(connection: Connection, context: ConnectionContext) {
    const { clock, limits } = context;
    const nowMs = clock.nowMs();
    this.#connection = connection;
    this.#context = context;
    this.#bucket = new TokenBucket(limits.maxFramesPerSecond, nowMs);
    const cancelDeadline = clock.wakeAt(nowMs + limits.helloTimeoutMs, () => {
      if (this.#state.phase === 'hello') this.close('hello.timeout');
    });
    this.#state = { phase: 'hello', cancelDeadline };
  }

  message(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#state.phase === 'ended') return;
    try {
      if (!isBinary) throw new VeriframeError('message.text');
      this.#checkSize(bytes.byteLength);
      this.#accept(decodeUpstream(bytes));
    } catch (error) {
      this.#fail(error);
    }
  }

  closed(_code: number): void {
    const { handle, code } = this.#end(null);
    try {
      handle?.disconnected(code);
    } catch (error) {
      this.#context.reportFault(error);
    }
  }

  send(message: Downstream): void {
    if (this.#state.phase === 'ended') return;
    if (message.type === 'credit') this.#credited = true;
    this.#write(message);
    if (this.#connection.bufferedBytes > this.#context.limits.maxUnsentBytes) this.close('client.slow');
  }

  sendError(code: ErrorCode, detail?: string): void {
    this.send(errorMessage(new VeriframeError(code, detail)));
  }

  /** Sends the error before it closes (SPEC R30). */
  close(code: ErrorCode | null): void {
    if (this.#state.phase === 'ended') return;
    if (code === null) {
      this.#end(null);
      this.#connection.close(CLOSE.done, 'done');
    } else {
      this.#closeWith(new VeriframeError(code));
    }
  }

  #checkSize(size: number): void {
    if (this.#state.phase === 'hello' || (this.#state.phase === 'attaching' && !this.#credited)) {
      this.#helloBytes += size;
      if (this.#helloBytes > HELLO_BUDGET_BYTES) throw new VeriframeError('message.too_large');
    }
    if (size > maxMessageBytes(this.#context.limits)) throw new VeriframeError('message.too_large');
  }

  #accept(message: Upstream): void {
    const state = this.#state;
    if (state.phase === 'ended') return;
    if (!this.#bucket.take(this.#context.clock.nowMs())) throw new VeriframeError('frame.rate');
    if (message.type === 'hello') {
      if (state.phase !== 'hello') throw new VeriframeError('hello.repeated');
      state.cancelDeadline();
      void this.#attach(message);
      return;
    }
    if (state.phase === 'hello') throw new VeriframeError('hello.expected');
    if (message.type === 'frame' && message.image.byteLength > this.#context.limits.maxImageBytes)
      throw new VeriframeError('message.too_large');
    if (state.phase === 'session') {
      state.handle.receive(message);
      return;
    }
    if (message.type === 'frame' && (!this.#credited || state.waiting.length >= MAX_WAITING))
      throw new VeriframeError('frame.no_credit');
    if (state.waiting.length >= MAX_WAITING) throw new VeriframeError('frame.rate');
    state.waiting.push(message);
  }

  async #attach({ ticket, flash = false, camera, possession = false, kiosk }: Hello): Promise<void> {
    const waiting: SessionMessage[] = [];
    this.#state = { phase: 'attaching', waiting };
    try {
      const handle = await this.#context.host.attach(ticket, this, {
        flash,
        possession,
        kioskKey: kiosk?.key ?? null,
        virtualCamera: camera !== undefined && isVirtualCamera(camera.label),
      });
      const state = this.#stateNow();
      if (state.phase === 'ended') {
        handle.disconnected(state.code);
        return;
      }
      this.#state = { phase: 'session', handle };
      for (const message of waiting) this.#deliver(message);
    } catch (error) {
      this.#fail(error);
    }
  }

  #deliver(message: SessionMessage): void {
    if (this.#state.phase === 'session') this.#state.handle.receive(message);
  }

  /** Sends the error, and closes when the table of errors has a close code for it. */
  #fail(error: unknown): void {
    if (!(error instanceof VeriframeError)) this.#context.reportFault(error);
    if (this.#state.phase === 'ended') return;
    const known = error instanceof VeriframeError ? error : new VeriframeError('server.internal');
    if (known.entry.closeCode === null) this.send(errorMessage(known));
    else this.#closeWith(known);
  }

  #closeWith(error: VeriframeError): void {
    this.#end(error.code);
    this.#write(errorMessage(error));
    const { closeCode } = error.entry;
    if (closeCode === null) this.#connection.close(CLOSE.done, error.code);
    else this.#connection.close(closeCode, error.code);
  }

  #write(message: Downstream): void {
    this.#connection.send(encodeMessage(message));
  }

  /** Accepts and sends nothing from now on. Returns the session to tell, and the first code that ended it. */
  #end(code: ErrorCode | null): Extract<State, { phase: 'ended' }> {
    const state = this.#state;
    if (state.phase === 'ended') return state;
    if (state.phase === 'hello') state.cancelDeadline();
    const ended = { phase: 'ended', handle: state.phase === 'session' ? state.handle : null, code } as const;
    this.#state = ended;
    return ended;
  }

  /** The state, which may have changed during an `await`. */
  #stateNow(): State {
    return this.#state;
  }
}

function errorMessage(error: VeriframeError): Downstream {
  const { code, message, entry } = error;
  const retryAfterMs = retryAfterMsOf(error);
  return {
    type: 'error',
    code,
    message,
    retry: entry.retry,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}
