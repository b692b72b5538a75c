import { VeriframeError } from '../../protocol/errors.ts';
import type { RequestHead } from './transport.ts';

interface AdmissionLimits {
  /** Each as `scheme://host[:port]`. Empty: only pages that this server itself serves. */
  readonly allowedOrigins: readonly string[];
  readonly maxConnections: number;
  /** From one IPv4 address or one IPv6 /64. */
  readonly maxConnectionsPerAddress: number;
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
  return {
    refusal(request) {
      if (!isOriginAllowed(request, limits.allowedOrigins)) return new VeriframeError('origin.refused');
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
  if (allowed.length > 0) return allowed.includes(origin);
  return URL.canParse(origin) && new URL(origin).host === headers.get('host');
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
