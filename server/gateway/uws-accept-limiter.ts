import type * as UWebSockets from 'uWebSockets.js';
import { holdDescriptors, takenDescriptors } from './descriptors.ts';

/**
 * How uWS binds. Alone, it finds a port in use as long as connections through it live or linger (TIME_WAIT); sharing,
 * it does not, and neither does it notice another server that is still there. A free port it gives only alone.
 */
export const BIND = { alone: 1, sharing: 0 } as const;

export interface DoorParts {
  /** Binds; false when it cannot. */
  listen(port: number, bind: number): UWebSockets.us_listen_socket | false;
  stop(socket: UWebSockets.us_listen_socket): void;
  portOf(socket: UWebSockets.us_listen_socket): number;
  /** Newcomers are refused: there is no room, or the port cannot be had again. */
  full(): void;
}

/** No machine takes more connections in a millisecond, on the one thread that uWS runs on. */
const MOST_TAKEN_PER_MS = 50;
const OPEN_LOOK_MS = { least: 10, most: 1000 } as const;
const SHUT_LOOK_MS = 100;
/** Room that opens the door again, as a part of all, and at most so many connections. */
const REOPEN_PART = 1 / 50;
const MOST_REOPEN_ROOM = 64;

/**
 * The listening socket of uWS, shut while the process has as many connections as it may. uWS tells nobody of a
 * connection before its first request, but each takes a descriptor, so the door looks how far those are taken: seldom
 * while there is room, every 10 ms where little is left. While it is shut the system refuses newcomers.
 */
export class UwsDoor {
  readonly #parts: DoorParts;
  readonly #maxConnections: number;
  #port = 0;
  /** The number of the first descriptor beyond those that connections may take. */
  #end = Infinity;
  #state:
    | { readonly is: 'open'; readonly socket: UWebSockets.us_listen_socket }
    /** `place` keeps the listening socket's descriptor, so that there is one when it opens again. */
    | { readonly is: 'full'; readonly place: ReturnType<typeof holdDescriptors> }
    | { readonly is: 'closed' } = { is: 'closed' };
  #look: NodeJS.Timeout | undefined;

  constructor(maxConnections: number, parts: DoorParts) {
    this.#maxConnections = maxConnections;
    this.#parts = parts;
  }

  /** Whether it was closed for good, or never opened. */
  get isClosed(): boolean {
    return this.#state.is === 'closed';
  }

  /** Listens; returns the port bound, or null when it cannot be had. 0 takes any free one. */
  open(port: number): number | null {
    const bound = port === 0 ? this.#freePort() : port;
    const socket = bound !== null && this.#parts.listen(bound, BIND.sharing);
    if (bound === null || socket === false) return null;
    this.#port = bound;
    this.#end = takenDescriptors() + this.#maxConnections;
    this.#state = { is: 'open', socket };
    this.#watch();
    return bound;
  }

  /** For good. */
  close(): void {
    clearTimeout(this.#look);
    if (this.#state.is === 'open') this.#parts.stop(this.#state.socket);
    if (this.#state.is === 'full') this.#state.place.release();
    this.#state = { is: 'closed' };
  }

  #freePort(): number | null {
    const socket = this.#parts.listen(0, BIND.alone);
    if (socket === false) return null;
    const port = this.#parts.portOf(socket);
    this.#parts.stop(socket);
    return port;
  }

  #watch(): void {
    const state = this.#state;
    if (state.is === 'closed') return;
    const room = this.#end - takenDescriptors();
    if (state.is === 'open' && room <= 0) {
      this.#parts.stop(state.socket);
      this.#state = { is: 'full', place: holdDescriptors(1) };
      this.#parts.full();
    } else if (state.is === 'full' && this.#hasRoomAgain()) {
      state.place.release();
      const socket = this.#parts.listen(this.#port, BIND.sharing);
      if (socket === false) this.#parts.full();
      this.#state = socket === false ? { is: 'full', place: holdDescriptors(1) } : { is: 'open', socket };
    }
    const soonest = Math.min(Math.max(room / MOST_TAKEN_PER_MS, OPEN_LOOK_MS.least), OPEN_LOOK_MS.most);
    this.#look = setTimeout(() => this.#watch(), this.#state.is === 'open' ? soonest : SHUT_LOOK_MS);
    this.#look.unref();
  }

  #hasRoomAgain(): boolean {
    const wanted = Math.min(MOST_REOPEN_ROOM, Math.ceil(this.#maxConnections * REOPEN_PART));
    const held = holdDescriptors(wanted);
    held.release();
    return held.highest < this.#end;
  }
}
