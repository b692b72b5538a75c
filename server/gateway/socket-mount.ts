import type { ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import { LIVE_SUBPROTOCOL } from '../../protocol/live.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import type { LiveHost } from '../observe/live-feed.ts';
import type { SessionHost } from '../session/ports.ts';
import type { Clock } from '../time/clock.ts';
import { ClientConnection, type ConnectionLimits } from './connection.ts';
import { LiveFeedConnection } from './live-feed-connection.ts';
import type { Connection, ConnectionHandler } from './transport.ts';

/** One open WebSocket, from its upgrade to its end. */
export interface SocketOwner extends ConnectionHandler {
  /** Ends the connection, after an error message where there is a code. */
  close(code: ErrorCode | null): void;
}

export interface SocketContext {
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** A defect of the server: something threw what is no `VeriframeError`. */
  readonly reportFault: (fault: unknown) => void;
}

/** Something that the gateway serves over WebSocket. No two have the same path or the same subprotocol. */
export interface SocketMount {
  readonly path: string;
  readonly subprotocol: string;
  /** Why another connection cannot be served now, or null. */
  refusal(): VeriframeError | null;
  open(connection: Connection, context: SocketContext): SocketOwner;
}

/** The WebSocket of a session (SPEC R1). */
export function sessionSocket(path: string, host: SessionHost): SocketMount {
  return {
    path,
    subprotocol: SUBPROTOCOL,
    refusal: () => host.refusal(),
    open: (connection, context) => new ClientConnection(connection, { host, ...context }),
  };
}

/** The WebSocket of a live feed (SPEC R35). */
export function liveSocket(path: string, live: LiveHost): SocketMount {
  return {
    path,
    subprotocol: LIVE_SUBPROTOCOL,
    refusal: () => null,
    open: (connection, { clock, limits, reportFault }) =>
      new LiveFeedConnection(connection, {
        live,
        clock,
        helloTimeoutMs: limits.helloTimeoutMs,
        reportFault,
      }),
  };
}
