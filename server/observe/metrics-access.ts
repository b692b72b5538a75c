import { createHash, timingSafeEqual } from 'node:crypto';

/** Who may read the metrics: nobody, this machine, or whoever has the token. */
export interface MetricsAccess {
  readonly metrics: 'off' | 'local' | 'token';
  readonly metricsToken: string;
  /** `yes`: the server is behind a proxy that it trusts, and `remoteAddress` is the client's own. */
  readonly trustProxy: 'yes' | 'no';
}

/** The parts of an HTTP request that decide whether it may read the metrics. */
export interface MetricsRequest {
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
}

/** A shorter token could be guessed. */
export const MIN_METRICS_TOKEN_LENGTH = 16;

/** Headers that a proxy adds. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

export function mayReadMetrics(
  { headers, remoteAddress }: MetricsRequest,
  { metrics, metricsToken, trustProxy }: MetricsAccess,
): boolean {
  switch (metrics) {
    case 'off':
      return false;
    case 'token':
      return timingSafeEqual(digest(headers.get('authorization') ?? ''), digest(`Bearer ${metricsToken}`));
    case 'local': {
      const isLocal = remoteAddress === '::1' || remoteAddress.startsWith('127.');
      // Behind a proxy on this machine, every request comes from this machine.
      const isForwarded = PROXY_HEADERS.some((name) => headers.has(name));
      return isLocal && (trustProxy === 'yes' || !isForwarded);
    }
  }
}

/** Of equal length for any text, as `timingSafeEqual` needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
