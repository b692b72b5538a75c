import { VeriframeError } from '../../protocol/errors.ts';
import type { HttpRequest } from './transport.ts';

export interface AdmissionLimits {
  /** `scheme://host[:port]`. Empty: only pages that this server itself serves. */
  readonly allowedOrigins: readonly string[];
  readonly maxConnections: number;
  /** From one IPv4 address or one IPv6 /64. */
  readonly maxConnectionsPerAddress: number;
}

/** Who may open a WebSocket, and how many there are. */
export interface Admission {
  /** A reason to refuse the request, or null. `forSession`: whether a session is to run over it. */
  refusal(request: HttpRequest, forSession?: boolean): VeriframeError | null;
  /** A connection from this address was opened; returns what to call once when it ended. */
  entered(remoteAddress: string): () => void;
  /** From now on everyone is refused with `server.draining`. */
  drain(): void;
  readonly draining: boolean;
}

/** @param sessionRefusal why another session could not be opened now, or null */
export function createAdmission(
  limits: AdmissionLimits,
  sessionRefusal: () => VeriframeError | null,
): Admission {
  const byAddress = new Map<string, number>();
  let connections = 0;
  let draining = false;
  return {
    refusal(request, forSession = true) {
      if (!isOriginAllowed(request, limits.allowedOrigins)) return new VeriframeError('origin.refused');
      if (draining) return new VeriframeError('server.draining');
      const fromHere = byAddress.get(addressBlock(request.remoteAddress)) ?? 0;
      const isFull = connections >= limits.maxConnections || fromHere >= limits.maxConnectionsPerAddress;
      if (isFull) return new VeriframeError('server.busy');
      return forSession ? sessionRefusal() : null;
    },
    entered(remoteAddress) {
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
    get draining() {
      return draining;
    },
  };
}

/** SPEC R2. Only browsers send Origin, and they send the true one. */
function isOriginAllowed({ headers }: HttpRequest, allowed: readonly string[]): boolean {
  const origin = headers.get('origin');
  if (origin === undefined) return true;
  if (allowed.length > 0) return allowed.includes(origin);
  return URL.canParse(origin) && new URL(origin).host === headers.get('host');
}

/** One IPv6 customer has at least a /64, so addresses within it count as one. */
function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  if (tail === undefined) return groups.slice(0, 4).join(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - last.length) }, () => '0');
  return [...groups.map((group) => group || '0'), ...zeros, ...last].slice(0, 4).join(':');
}
