import type { Clock } from '../time/clock.ts';
import { roomForConnections } from './descriptors.ts';
import { createGateway, DEFAULT_GATEWAY_LIMITS, type Gateway, type GatewayLimits } from './gateway.ts';
import type { Mount } from './mount.ts';
import { readAllowedOrigins } from './origins.ts';
import type { SocketMount } from './socket-mount.ts';
import type { CreateTransport } from './transport.ts';
import type { TransportChoice } from './transport-choice.ts';

export interface GatewaySettings {
  readonly part: 'gateway';
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly transport: TransportChoice;
  /** Browser origins that may connect, separated by commas; empty: only the server's own. */
  readonly allowedOrigins: string;
  readonly trustProxy: 'yes' | 'no';
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxImageBytes: number;
  readonly maxFramesPerSecond: number;
  readonly helloTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface GatewayParts {
  /** From `chooseTransport`. */
  readonly transport: { readonly create: CreateTransport };
  readonly mounts: readonly Mount[];
  readonly sockets: readonly SocketMount[];
  readonly clock: Clock;
  readonly log: Log;
}

/** A gateway that listens. */
export type OpenGateway = Pick<Gateway, 'drain' | 'close'> & { readonly port: number };

/** Opens the port. Rejects when it is taken. */
export async function openGateway(settings: GatewaySettings, parts: GatewayParts): Promise<OpenGateway> {
  const { log } = parts;
  const { maxConnections } = settings;
  const { maxTcpConnections, isShort } = roomForConnections(maxConnections);
  if (isShort)
    log.warn(
      { maxTcpConnections, maxConnections },
      'too few file descriptors for the sockets allowed: raise `ulimit -n`',
    );
  const gateway = createGateway({
    transport: parts.transport.create,
    mounts: parts.mounts,
    sockets: parts.sockets,
    clock: parts.clock,
    allowedOrigins: readAllowedOrigins(settings.allowedOrigins).origins,
    trustForwardedFor: settings.trustProxy === 'yes',
    limits: limitsOf(settings, maxTcpConnections),
    reportFault: (fault, origin) => log.error({ origin, error: String(fault) }, 'fault in the gateway'),
    reportRefusedOrigin: (origin, host) =>
      log.warn(
        { origin, host },
        'pages of this origin are refused: if they are yours, name it in VERIFRAME_ALLOWED_ORIGINS, or let the proxy pass Host on',
      ),
    reportFull: () => log.warn({ maxTcpConnections }, 'new connections are dropped: there are too many'),
  });
  const port = await gateway.listen({ host: settings.host, port: settings.port });
  return { port, drain: () => gateway.drain(), close: () => gateway.close() };
}

function limitsOf(settings: GatewaySettings, maxTcpConnections: number): GatewayLimits {
  return {
    ...DEFAULT_GATEWAY_LIMITS,
    maxConnections: settings.maxConnections,
    maxConnectionsPerAddress: settings.maxConnectionsPerAddress,
    maxTcpConnections,
    maxImageBytes: settings.maxImageBytes,
    maxFramesPerSecond: settings.maxFramesPerSecond,
    helloTimeoutMs: settings.helloTimeoutMs,
    idleTimeoutMs: settings.idleTimeoutMs,
  };
}
