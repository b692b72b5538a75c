import { VeriframeError } from '../../protocol/errors.ts';
import { canonicalOrigin, isOriginOfHost } from './origins.ts';
import type { RequestHead } from './transport.ts';

interface AdmissionLimits {
  /** Each as `canonicalOrigin` gives it. Empty: only pages that this server itself serves. */
  readonly allowedOrigins: readonly string[];
  readonly maxConnections: number;
  /** From one IPv4 address or one IPv6 /64. */
  readonly maxConnectionsPerAddress: number;
  /** Called once for each origin that is refused, and for a limited number of them. */
  reportRefusedOrigin?(origin: string, host: string | undefined): void;
}

/** Decides who may open a WebSocket, and counts those that are open. */
export interface Admission {
  /** Why a request to open one is refused, or null (SPEC R2, R4). */
  refusal(request: RequestHead): VeriframeError | null;
  /** Counts a connection that was opened. Call the function that it returns once, when the connection has ended. */
  enter(remoteAddress: string): () => void;
  /** From now on every request is refused with `server.draining`. */
  drain(): void;
}

export function createAdmission(limits: AdmissionLimits): Admission {
  const byAddress = new Map<string, number>();
  let connections = 0;
  let draining = false;
  const reportRefused = onceForEach((origin, host) => limits.reportRefusedOrigin?.(origin, host));
  return {
    refusal(request) {
      if (!isOriginAllowed(request, limits.allowedOrigins)) {
        reportRefused(request);
        return new VeriframeError('origin.refused');
      }
      if (draining) return new VeriframeError('server.draining');
      const fromAddress = byAddress.get(addressBlock(request.remoteAddress)) ?? 0;
      const isFull = connections >= limits.maxConnections || fromAddress >= limits.maxConnectionsPerAddress;
      return isFull ? new VeriframeError('server.busy') : null;
    },
    enter(remoteAddress) {
      const block = addressBlock(remoteAddress);
      connections += 1;
      byAddress.set(block, (byAddress.get(block) ?? 0) + 1);
      return () => {
        connections -= 1;
        const left = (byAddress.get(block) ?? 1) - 1;
        if (left === 0) byAddress.delete(block);
        else byAddress.set(block, left);
      };
    },
    drain() {
      draining = true;
    },
  };
}

/** SPEC R2. Only browsers send Origin, and they always send the true one. */
function isOriginAllowed({ headers }: RequestHead, allowed: readonly string[]): boolean {
  const origin = headers.get('origin');
  if (origin === undefined) return true;
  return allowed.length > 0
    ? allowed.includes(canonicalOrigin(origin) ?? '')
    : isOriginOfHost(origin, headers.get('host'));
}

/** Strangers choose what stands in these headers: their number and their length are bounded. */
const MAX_REPORTED_ORIGINS = 20;
const MAX_REPORTED_LENGTH = 200;

function onceForEach(
  report: (origin: string, host: string | undefined) => void,
): (request: RequestHead) => void {
  const reported = new Set<string>();
  return ({ headers }) => {
    const origin = headers.get('origin')?.slice(0, MAX_REPORTED_LENGTH) ?? '';
    if (reported.has(origin) || reported.size >= MAX_REPORTED_ORIGINS) return;
    reported.add(origin);
    report(origin, headers.get('host')?.slice(0, MAX_REPORTED_LENGTH));
  };
}

/** An IPv4 address, or the /64 of an IPv6 address: one customer has at least a /64, so that it counts as one. */
function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  if (tail === undefined) return groups.slice(0, 4).join(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - last.length) }, () => '0');
  return [...groups.map((group) => group || '0'), ...zeros, ...last].slice(0, 4).join(':');
}
