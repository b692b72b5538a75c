import { VeriframeError } from '../../protocol/errors.ts';
import { LIVE_SUBPROTOCOL } from '../../protocol/live.ts';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import type { ApiContext } from '../api/context.ts';
import { LIVE_PATH, STREAM_PATH } from '../../protocol/http/paths.ts';
import type { Clock } from '../time/clock.ts';
import type { SessionHost } from '../session/ports.ts';
import type { LiveHost } from '../observe/live-feed.ts';
import { type Admission, createAdmission } from './admission.ts';
import { ClientConnection, maxMessageBytes } from './connection.ts';
import { LiveFeedConnection } from './live-feed-connection.ts';
import { createRoutes, errorResponse, type RouteOptions, WEBSOCKET_VERSION } from './routes.ts';
import type {
  CreateTransport,
  HttpRequest,
  HttpResponse,
  ListenOptions,
  TransportHandlers,
  UpgradeVerdict,
} from './transport.ts';

export interface GatewayLimits {
  readonly maxConnections: number;
  /** From one IPv4 address or one IPv6 /64. */
  readonly maxConnectionsPerAddress: number;
  /** WebSockets, requests and connections that say nothing, together; from `roomForConnections`. */
  readonly maxTcpConnections: number;
  /** As announced in `welcome`. */
  readonly maxImageBytes: number;
  /** As announced in `welcome`. */
  readonly maxFramesPerSecond: number;
  /** From the upgrade to hello, absolute. */
  readonly helloTimeoutMs: number;
  /** Silence, pings unanswered, after which a WebSocket is cut off. */
  readonly idleTimeoutMs: number;
  /** Unsent bytes above which a client is closed with `client.slow`. */
  readonly maxUnsentBytes: number;
  /** For an HTTP request to arrive. */
  readonly requestTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
}

/** Limits that nobody has had to change so far. */
export const DEFAULT_GATEWAY_LIMITS = {
  maxUnsentBytes: 256 * 1024,
  requestTimeoutMs: 10_000,
  maxBodyBytes: 16 * 1024,
  maxHeaderBytes: 8 * 1024,
} as const satisfies Partial<GatewayLimits>;

export interface GatewayOptions {
  /** From `chooseTransport`. */
  readonly transport: CreateTransport;
  readonly host: SessionHost;
  readonly api: ApiContext;
  readonly clock: Clock;
  /** Origins that may connect and read answers; empty: only pages this server itself serves. */
  readonly allowedOrigins: readonly string[];
  /** Whether a proxy in front writes X-Forwarded-For. Without one this lets anyone choose an address. */
  readonly trustForwardedFor: boolean;
  readonly limits: GatewayLimits;
  /** Answers HTTP requests outside the service's own paths, in place of the home page. */
  readonly fallback?: ((request: HttpRequest) => Promise<HttpResponse>) | undefined;
  /** Serves the live feed; without it nobody gets a ticket for one. */
  readonly live?: LiveHost;
  /** Answers `/metrics`; without it there is nothing at that address. */
  readonly metrics?: RouteOptions['metrics'];
  /** A defect of the server, for the log: an exception that is no VeriframeError. */
  reportFault(fault: unknown): void;
  /** Newcomers are dropped for want of room. Called once a minute at most. */
  reportFull?(): void;
}

/** Between two reports that there is no room. */
const FULL_REPORT_MS = 60_000;

/** The server's one door. */
export interface Gateway {
  /** Resolves with the port bound; rejects when it is taken. */
  listen(options: ListenOptions): Promise<number>;
  /** From now on refuses new WebSockets with `server.draining`; those that are open go on. */
  drain(): void;
  /** Ends what still runs with `server.draining`; resolves when every session was told and the port is free. */
  close(): Promise<void>;
  /** Open WebSockets. */
  readonly connections: number;
}

/** Builds the gateway; nothing listens before `listen`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { host, limits, clock, api, allowedOrigins, live } = options;
  const reportFault = (fault: unknown) => options.reportFault(fault);
  const admission = createAdmission({ ...limits, allowedOrigins }, () => host.refusal());
  const clients = new Set<ClientConnection | LiveFeedConnection>();
  let nextFullReportMs = -Infinity;

  const handlers: TransportHandlers = {
    http: createRoutes({
      api,
      allowedOrigins,
      fallback: options.fallback,
      metrics: options.metrics,
      reportFault,
    }),
    upgrade: (request) =>
      request.path === LIVE_PATH && live === undefined
        ? refused(new VeriframeError('api.not_found'))
        : judgeUpgrade(request, (...asked) => admission.refusal(...asked)),
    full() {
      const nowMs = clock.nowMs();
      if (nowMs < nextFullReportMs) return;
      nextFullReportMs = nowMs + FULL_REPORT_MS;
      options.reportFull?.();
    },
    opened(connection) {
      const left = admission.entered(connection.remoteAddress);
      const client =
        connection.subprotocol === LIVE_SUBPROTOCOL && live !== undefined
          ? new LiveFeedConnection(connection, { live, clock, reportFault, ...limits })
          : new ClientConnection(connection, { host, clock, limits, reportFault });
      clients.add(client);
      return {
        message: (bytes, isBinary) => client.message(bytes, isBinary),
        closed(code) {
          clients.delete(client);
          left();
          client.closed(code);
        },
      };
    },
  };

  const transport = options.transport(handlers, {
    maxTcpConnections: limits.maxTcpConnections,
    maxMessageBytes: 2 * maxMessageBytes(limits),
    maxBodyBytes: limits.maxBodyBytes,
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
      for (const client of clients) client.close('server.draining');
      await transport.close();
    },
    get connections() {
      return clients.size;
    },
  };
}

const SUBPROTOCOLS: Readonly<Record<string, string | undefined>> = {
  [STREAM_PATH]: SUBPROTOCOL,
  [LIVE_PATH]: LIVE_SUBPROTOCOL,
};

/** SPEC R1, R2, R4, R35. */
function judgeUpgrade(request: HttpRequest, refusal: Admission['refusal']): UpgradeVerdict {
  const offered = (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  const subprotocol = SUBPROTOCOLS[request.path];
  if (subprotocol === undefined) return refused(new VeriframeError('api.not_found'));
  if (request.headers.get('sec-websocket-version') !== WEBSOCKET_VERSION)
    return refused(new VeriframeError('upgrade.required'));
  if (!offered.includes(subprotocol)) return refused(new VeriframeError('subprotocol.required'));
  const error = refusal(request, subprotocol === SUBPROTOCOL);
  return error === null ? { accept: true, subprotocol } : refused(error);
}

function refused(error: VeriframeError): UpgradeVerdict {
  return { accept: false, response: errorResponse(error) };
}
