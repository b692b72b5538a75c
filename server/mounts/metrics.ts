import { VeriframeError } from '../../protocol/errors.ts';
import { NO_BODY, type PlainMount } from '../gateway/mount.ts';
import type { HttpResponse, RequestHead } from '../gateway/transport.ts';

const METRICS_PATH = '/metrics';

/**
 * Serves the metrics. Whoever may not read them gets the answer of a path where nothing is.
 * @param metrics resolves with null for whoever may not read them
 */
export function metricsMount(metrics: (request: RequestHead) => Promise<HttpResponse | null>): PlainMount {
  return {
    name: 'metrics',
    body: NO_BODY,
    readableBy: 'allowed-origins',
    match: (_method, path) => (path === METRICS_PATH ? {} : null),
    async handle(request) {
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      const answer = isRead ? await metrics(request) : null;
      if (answer === null) throw new VeriframeError('api.not_found');
      return answer;
    },
  };
}
