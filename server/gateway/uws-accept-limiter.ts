import type * as UWebSockets from 'uWebSockets.js';
import { holdDescriptors, takenDescriptors } from './descriptors.ts';

/**
 * How uWS binds. `alone` fails for a port in use, and also while old connections through it linger (TIME_WAIT).
 * `sharing` does not fail for those, but does not notice another server on the port either. uWS picks a free port only
 * with `alone`.
 */
const BIND = { alone: 1, sharing: 0 } as const;

/** What the limiter needs of uWS. */
interface ListenPort {
  /** Binds; false when it cannot. */
  listen(port: number, bind: number): UWebSockets.us_listen_socket | false;
  stop(socket: UWebSockets.us_listen_socket): void;
  portOf(socket: UWebSockets.us_listen_socket): number;
  /** New connections are refused: the limit is reached, or the port cannot be bound again. */
  full(): void;
}

/** No machine accepts more connections in a millisecond on the one thread that uWS runs on. */
const MAX_ACCEPTED_PER_MS = 50;
/** Between two looks while it listens. */
const LISTENING_LOOK_MS = { min: 10, max: 1000 } as const;
const FULL_LOOK_MS = 100;
/** It listens again once this share of the limit is free, or this many connections. */
const REOPEN_SHARE = 1 / 50;
const MAX_REOPEN_CONNECTIONS = 64;

/**
 * The listening socket of uWS. It stops listening while the process has as many connections as allowed; then the system
 * refuses new ones. uWS reports no connection before its first request, but each one takes a file descriptor. So the
 * limiter looks how many descriptors are taken: seldom while many are free, every 10 ms when few are.
 */
export class UwsAcceptLimiter {
  readonly #uws: ListenPort;
  readonly #maxConnections: number;
  #port = 0;
  /** The first descriptor beyond those that connections may take. */
  #endDescriptor = Infinity;
  #state:
    | { readonly phase: 'listening'; readonly socket: UWebSockets.us_listen_socket }
    /** `reserved` keeps a descriptor for the socket that will listen again. */
    | { readonly phase: 'full'; readonly reserved: ReturnType<typeof holdDescriptors> }
    | { readonly phase: 'closed' } = { phase: 'closed' };
  #nextLook: NodeJS.Timeout | undefined;

  constructor(maxConnections: number, uws: ListenPort) {
    this.#maxConnections = maxConnections;
    this.#uws = uws;
  }

  /** True after `close`, and before `open`. */
  get isClosed(): boolean {
    return this.#state.phase === 'closed';
  }

  /** Listens. Returns the port bound, or null when it cannot be bound. Port 0 takes any free one. */
  open(port: number): number | null {
    const bound = port === 0 ? this.#freePort() : port;
    const socket = bound !== null && this.#uws.listen(bound, BIND.sharing);
    if (bound === null || socket === false) return null;
    this.#port = bound;
    this.#endDescriptor = takenDescriptors() + this.#maxConnections;
    this.#state = { phase: 'listening', socket };
    this.#look();
    return bound;
  }

  close(): void {
    clearTimeout(this.#nextLook);
    if (this.#state.phase === 'listening') this.#uws.stop(this.#state.socket);
    if (this.#state.phase === 'full') this.#state.reserved.release();
    this.#state = { phase: 'closed' };
  }

  #freePort(): number | null {
    const socket = this.#uws.listen(0, BIND.alone);
    if (socket === false) return null;
    const port = this.#uws.portOf(socket);
    this.#uws.stop(socket);
    return port;
  }

  #look(): void {
    const state = this.#state;
    if (state.phase === 'closed') return;
    const free = this.#endDescriptor - takenDescriptors();
    if (state.phase === 'listening' && free <= 0) {
      this.#uws.stop(state.socket);
      this.#state = { phase: 'full', reserved: holdDescriptors(1) };
      this.#uws.full();
    } else if (state.phase === 'full' && this.#canListenAgain()) {
      state.reserved.release();
      const socket = this.#uws.listen(this.#port, BIND.sharing);
      if (socket === false) this.#uws.full();
      this.#state =
        socket === false ? { phase: 'full', reserved: holdDescriptors(1) } : { phase: 'listening', socket };
    }
    const { min, max } = LISTENING_LOOK_MS;
    const listeningLookMs = Math.min(Math.max(free / MAX_ACCEPTED_PER_MS, min), max);
    const delayMs = this.#state.phase === 'listening' ? listeningLookMs : FULL_LOOK_MS;
    this.#nextLook = setTimeout(() => this.#look(), delayMs);
    this.#nextLook.unref();
  }

  #canListenAgain(): boolean {
    const wanted = Math.min(MAX_REOPEN_CONNECTIONS, Math.ceil(this.#maxConnections * REOPEN_SHARE));
    const held = holdDescriptors(wanted);
    held.release();
    return held.highest < this.#endDescriptor;
  }
}
