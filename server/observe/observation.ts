import { performance } from 'node:perf_hooks';
import type { Clock } from '../time/clock.ts';
import { createTickets, type Tickets } from '../identity/tickets.ts';
import { LiveFeed, type LiveGrant } from './live-feed.ts';
import { mayReadMetrics, type MetricsAccess, type MetricsRequest } from './metrics-access.ts';
import { type MeterSources, ServiceMeter } from './service-meter.ts';
import { type WatchSession, watchTogether } from './session-watch.ts';
import type { SessionContext } from '../session/state.ts';

export interface ObservationSettings extends MetricsAccess {
  readonly part: 'observation';
  /** Lifetime of a ticket for the live feed. */
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

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The metrics and the live feed of the service: one observer for every session, and what is read from it. */
export interface Observation {
  readonly watch: WatchSession;
  readonly live: LiveFeed;
  readonly liveTickets: Tickets<LiveGrant>;
  /** The metrics; null when the request may not read them. */
  metrics(request: MetricsRequest): Promise<Answer | null>;
  close(): void;
}

const MAX_LIVE_TICKETS = 1000;

export function createObservation({
  settings,
  clock,
  context,
  analyzer,
  openSessions,
  reportFault,
}: Parts): Observation {
  const meter = new ServiceMeter({ analyzer, openSessions, nowMs: () => performance.now() });
  const liveTickets = createTickets<LiveGrant>({
    clock,
    lifetimeMs: settings.ticketLifetimeMs,
    maxOutstanding: MAX_LIVE_TICKETS,
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
