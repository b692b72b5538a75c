import type { SessionContext } from '../session/state.ts';
import type { Clock } from '../time/clock.ts';
import type { Logger } from './log.ts';
import { createObservation, type Observation, type ObservationSettings } from './observation.ts';
import { openRecorder, type SessionRecorder } from './recorder.ts';
import type { MeterSources } from './service-meter.ts';
import { type WatchSession, watchTogether } from './session-watch.ts';

export interface RecorderSettings {
  readonly part: 'recorder';
  /** Folder for recordings of sessions; empty: none are made. */
  readonly recordSessionsTo: string;
  readonly maxRecordedSessions: number;
}

export interface ObserverSettings {
  readonly observation: ObservationSettings;
  readonly recorder: RecorderSettings;
}

export interface ObserverParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: MeterSources['analyzer'] & SessionContext;
  readonly openSessions: () => number;
  /** A further observer of every session. */
  readonly watch?: WatchSession;
}

/** Metrics, live feed and recordings of the service, with one `watch` for all of them. */
export type Observers = Omit<Observation, 'close'> & { close(): Promise<void> };

/** Rejects as `openRecorder` and `createObservation` do; then nothing is left open. */
export async function openObservers(settings: ObserverSettings, parts: ObserverParts): Promise<Observers> {
  const { clock, log, pool, openSessions } = parts;
  const reportFault = (fault: unknown) => log.error({ error: String(fault) }, 'fault of an observer');
  const observation = createObservation({
    settings: settings.observation,
    clock,
    context: { models: pool.models },
    analyzer: pool,
    openSessions,
    reportFault,
  });
  try {
    const recorder = await recorderOf(settings.recorder, parts, reportFault);
    const watches = [observation.watch, parts.watch, recorder?.watch].filter((watch) => watch !== undefined);
    return {
      watch: watchTogether(watches, reportFault),
      live: observation.live,
      liveTickets: observation.liveTickets,
      metrics: (request) => observation.metrics(request),
      async close() {
        observation.close();
        await recorder?.close();
      },
    };
  } catch (error) {
    observation.close();
    throw error;
  }
}

async function recorderOf(
  settings: RecorderSettings,
  { clock, log, pool }: ObserverParts,
  reportFault: (fault: unknown) => void,
): Promise<SessionRecorder | null> {
  const { recordSessionsTo: folder, maxRecordedSessions: maxRecordings } = settings;
  if (folder === '') return null;
  const context = { models: pool.models };
  const recorder = await openRecorder({ folder, maxRecordings, clock, context, reportFault });
  log.warn({ folder, maxRecordings }, 'sessions are recorded, without pictures');
  return recorder;
}
