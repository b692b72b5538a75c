import { VeriframeError } from '../../protocol/errors.ts';
import type { Clock } from '../time/clock.ts';
import { createAdmission } from './admission.ts';
import { maxMessageBytes } from './connection.ts';
import { createDispatcher } from './dispatch.ts';
import type { Mount } from './mount.ts';
import { errorResponse, WEBSOCKET_VERSION } from './responses.ts';
import type { SocketContext, SocketMount, SocketOwner } from './socket-mount.ts';
import type {
  CreateTransport,
  ListenOptions,
  RequestHead,
  TransportHandlers,
  UpgradeVerdict,
} from './transport.ts';

export interface GatewayLimits {
  readonly maxConnections: number;
  /** From one IPv4 address or one IPv6 /64. */
  readonly maxConnectionsPerAddress: number;
  /** WebSockets, HTTP requests and silent connections together; from `roomForConnections`. */
  readonly maxTcpConnections: number;
  /** As announced in `welcome`. */
  readonly maxImageBytes: number;
  /** As announced in `welcome`. */
  readonly maxFramesPerSecond: number;
  /** From the upgrade to a valid hello, whatever else arrives. */
  readonly helloTimeoutMs: number;
  /** Silence, with pings unanswered, after which a WebSocket is cut off. */
  readonly idleTimeoutMs: number;
  /** Unsent bytes above which a client is closed with `client.slow`. */
  readonly maxUnsentBytes: number;
  /** For an HTTP request to arrive. */
  readonly requestTimeoutMs: number;
  readonly maxHeaderBytes: number;
}

/** Limits that are no settings. */
export const DEFAULT_GATEWAY_LIMITS = {
  maxUnsentBytes: 256 * 1024,
  requestTimeoutMs: 10_000,
  maxHeaderBytes: 8 * 1024,
} as const satisfies Partial<GatewayLimits>;

export interface GatewayOptions {
  /** From `chooseTransport`. */
  readonly transport: CreateTransport;
  /** What is served over HTTP. The first mount that matches a request serves it. */
  readonly mounts: readonly Mount[];
  /** What is served over WebSocket. */
  readonly sockets: readonly SocketMount[];
  readonly clock: Clock;
  /** Origins that may connect and read answers. Empty: only pages that this server itself serves. */
  readonly allowedOrigins: readonly string[];
  /** Whether a proxy in front writes X-Forwarded-For. Without one, anyone could choose an address. */
  readonly trustForwardedFor: boolean;
  readonly limits: GatewayLimits;
  /** A defect of the server, for the log: an exception that is no `VeriframeError`, and where it came from. */
  reportFault(fault: unknown, origin: string): void;
  /** Pages of this origin are refused. Called once for each origin, and for a limited number of them. */
  reportRefusedOrigin?(origin: string, host: string | undefined): void;
  /** New connections are dropped because there are too many. Called once a minute at most. */
  reportFull?(): void;
}

/** Between two reports that there are too many connections. */
const FULL_REPORT_MS = 60_000;

/** Serves HTTP and WebSocket on one port. */
export interface Gateway {
  /** Resolves with the port bound; rejects when it is taken. */
  listen(options: ListenOptions): Promise<number>;
  /** From now on refuses new WebSockets with `server.draining`. Those that are open go on. */
  drain(): void;
  /** Ends every WebSocket with `server.draining`. Resolves when each owner was told and the port is free. */
  close(): Promise<void>;
  /** Open WebSockets. */
  readonly connections: number;
}

/** Builds the gateway. It listens once `listen` is called. */
export function createGateway(options: GatewayOptions): Gateway {
  const { limits, clock, mounts, sockets, allowedOrigins } = options;
  const admission = createAdmission({
    ...limits,
    allowedOrigins,
    reportRefusedOrigin: (origin, host) => options.reportRefusedOrigin?.(origin, host),
  });
  const owners = new Set<SocketOwner>();
  let nextFullReportMs = -Infinity;

  const contextOf = ({ path }: SocketMount): SocketContext => ({
    clock,
    limits,
    reportFault: (fault) => options.reportFault(fault, path),
  });

  const handlers: TransportHandlers = {
    http: createDispatcher({
      mounts,
      allowedOrigins,
      reportFault: (fault, mount) => options.reportFault(fault, mount),
    }),
    upgrade(request) {
      const socket = sockets.find(({ path }) => path === request.path);
      if (socket === undefined) return refused(new VeriframeError('api.not_found'));
      const error = handshakeError(request, socket) ?? admission.refusal(request) ?? socket.refusal();
      return error === null ? { accept: true, subprotocol: socket.subprotocol } : refused(error);
    },
    full() {
      const nowMs = clock.nowMs();
      if (nowMs < nextFullReportMs) return;
      nextFullReportMs = nowMs + FULL_REPORT_MS;
      options.reportFull?.();
    },
    opened(connection) {
      const socket = sockets.find(({ subprotocol }) => subprotocol === connection.subprotocol);
      if (socket === undefined) throw new Error(`Nothing is served under ${connection.subprotocol}.`);
      const leave = admission.enter(connection.remoteAddress);
      const owner = socket.open(connection, contextOf(socket));
      owners.add(owner);
      return {
        message: (bytes, isBinary) => owner.message(bytes, isBinary),
        closed(code) {
          owners.delete(owner);
          leave();
          owner.closed(code);
        },
      };
    },
  };

  const transport = options.transport(handlers, {
    maxTcpConnections: limits.maxTcpConnections,
    maxMessageBytes: 2 * maxMessageBytes(limits),
    maxHeaderBytes: limits.maxHeaderBytes,
    requestTimeoutMs: limits.requestTimeoutMs,
    idleTimeoutMs: limits.idleTimeoutMs,
    maxBufferedBytes: 2 * limits.maxUnsentBytes,
    trustForwardedFor: options.trustForwardedFor,
  });

  return {
    listen: (where) => transport.listen(where),
    drain: () => admission.drain(),
    async close() {
      admission.drain();
      for (const owner of owners) owner.close('server.draining');
      await transport.close();
    },
    get connections() {
      return owners.size;
    },
  };
}

/** SPEC R1. */
function handshakeError({ headers }: RequestHead, { subprotocol }: SocketMount): VeriframeError | null {
  if (headers.get('sec-websocket-version') !== WEBSOCKET_VERSION)
    return new VeriframeError('upgrade.required');
  const offered = (headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  return offered.includes(subprotocol) ? null : new VeriframeError('subprotocol.required');
}

function refused(error: VeriframeError): UpgradeVerdict {
  return { accept: false, response: errorResponse(error) };
}
