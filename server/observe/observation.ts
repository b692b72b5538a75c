import { createHash, timingSafeEqual } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Clock } from '../time/clock.ts';
import { ConfigError } from '../settings/option.ts';
import { createTickets, type Tickets } from '../identity/tickets.ts';
import { LiveFeed, type LiveGrant } from './live-feed.ts';
import { type MeterSources, ServiceMeter } from './service-meter.ts';
import { type WatchSession, watchTogether } from './session-watch.ts';
import type { SessionContext } from '../session/state.ts';

/** Who may read the metrics, and how long a ticket for the live feed is good. */
export interface ObservationSettings {
  readonly part: 'observation';
  readonly metrics: 'off' | 'local' | 'token';
  readonly metricsToken: string;
  readonly trustProxy: 'yes' | 'no';
  readonly ticketLifetimeMs: number;
}

interface Parts {
  readonly settings: ObservationSettings;
  readonly clock: Clock;
  readonly context: SessionContext;
  readonly analyzer: MeterSources['analyzer'];
  readonly openSessions: () => number;
  readonly reportFault: (fault: unknown) => void;
}

/** As much of an HTTP request as decides who asks for metrics. */
interface Asking {
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Everything that looks on while the service works. */
export interface Observation {
  readonly watch: WatchSession;
  readonly live: LiveFeed;
  readonly liveTickets: Tickets<LiveGrant>;
  /** The metrics, or null for whoever may not read them. */
  metrics(request: Asking): Promise<Answer | null>;
  close(): void;
}

const MOST_LIVE_TICKETS = 1000;
const MIN_TOKEN_LENGTH = 16;

/** @throws ConfigError when metrics want a token and none fit for it is set */
export function createObservation({
  settings,
  clock,
  context,
  analyzer,
  openSessions,
  reportFault,
}: Parts): Observation {
  if (settings.metrics === 'token' && settings.metricsToken.length < MIN_TOKEN_LENGTH)
    throw new ConfigError(`VERIFRAME_METRICS_TOKEN must have ${MIN_TOKEN_LENGTH} characters or more.`);
  const meter = new ServiceMeter({ analyzer, openSessions, nowMs: () => performance.now() });
  const liveTickets = createTickets<LiveGrant>({
    clock,
    lifetimeMs: settings.ticketLifetimeMs,
    maxOutstanding: MOST_LIVE_TICKETS,
  });
  const live = new LiveFeed({ clock, context, tickets: liveTickets, figures: () => meter.figures() });
  return {
    watch: watchTogether(
      [({ mode }) => meter.watch(mode), (request, policy) => live.watch(request, policy)],
      reportFault,
    ),
    live,
    liveTickets,
    async metrics(request) {
      if (!mayReadMetrics(request, settings)) return null;
      const { type, text } = await meter.exposition();
      return { status: 200, headers: { 'content-type': type }, body: text };
    },
    close() {
      live.close();
      meter.close();
    },
  };
}

function mayReadMetrics({ headers, remoteAddress }: Asking, settings: Parts['settings']): boolean {
  switch (settings.metrics) {
    case 'off':
      return false;
    case 'token':
      return timingSafeEqual(
        digest(headers.get('authorization') ?? ''),
        digest(`Bearer ${settings.metricsToken}`),
      );
    case 'local': {
      const isLocal = remoteAddress === '::1' || remoteAddress.startsWith('127.');
      // Behind a proxy on this machine everybody comes from this machine.
      const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) =>
        headers.has(name),
      );
      return isLocal && (settings.trustProxy === 'yes' || !isForwarded);
    }
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
