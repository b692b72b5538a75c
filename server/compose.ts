import { createApiContext, describeSystem } from './api/create-context.ts';
import type { SystemInfo } from './api/context.ts';
import { LIVE_PATH, STREAM_PATH } from '../protocol/http/paths.ts';
import type { Config } from './config.ts';
import { type OpenGateway, openGateway } from './gateway/open.ts';
import { liveSocket, sessionSocket } from './gateway/socket-mount.ts';
import { chooseTransport } from './gateway/transport-choice.ts';
import { openIdentity } from './identity/open.ts';
import type { FenceReport } from './inference/fence/fence.ts';
import type { WorkerCount } from './inference/machine-share.ts';
import { prepareInference } from './inference/open.ts';
import { OpenParts } from './lifecycle/open-parts.ts';
import { apiMounts } from './mounts/api.ts';
import { homePageMount } from './mounts/home-page.ts';
import { metricsMount } from './mounts/metrics.ts';
import { openDemo } from './mounts/open-demo.ts';
import { openSdk } from './mounts/sdk.ts';
import type { Logger } from './observe/log.ts';
import { openObservers } from './observe/open.ts';
import type { WatchSession } from './observe/session-watch.ts';
import type { Capacity } from './sessions/capacity.ts';
import { SessionDirectory } from './sessions/directory.ts';
import { type Sessions, startSessions } from './sessions/open.ts';
import { secureDraws } from './sessions/registry.ts';
import { divideSettings, type SettingsByPart } from './settings/parts.ts';
import { openDataFolder, openStore } from './store/open.ts';
import { withDecoys } from './subjects/decoy.ts';
import { createGallery } from './subjects/gallery/gallery.ts';
import { startExpiry } from './subjects/expiry.ts';
import { PhotoImports } from './subjects/photos/photo-import.ts';
import { openSubjects } from './subjects/open.ts';
import { type Clock, systemClock } from './time/clock.ts';

/** A server that listens. */
export interface RunningServer {
  readonly port: number;
  readonly system: SystemInfo;
  /** File of the generated development key; null when keys are configured. */
  readonly developmentKeyFile: string | null;
  /** File of the secret that opens the demo's operator page; null without the demo. */
  readonly operatorSecretFile: string | null;
  readonly workers: WorkerCount;
  /** What keeps the workers from keys and network. */
  readonly fence: FenceReport;
  /** What the workers can do, as measured. */
  readonly capacity: Pick<Capacity, 'sessions' | 'frameMs' | 'load'>;
  /** Refuses newcomers, lets open sessions finish within `drainMs`, then ends everything. Safe to call twice. */
  stop(drainMs: number): Promise<void>;
}

/** Where time and randomness come from, and who observes. */
export interface Sources {
  readonly clock: Clock;
  /** `count` numbers in [0, 1). */
  readonly draws: (count: number) => readonly number[];
  /** A further observer of every session. */
  readonly watch?: WatchSession;
}

/** Opens every part and listens. Rejects with the error of the first part that fails, and leaves nothing running. */
export async function startServer(
  config: Config,
  log: Logger,
  sources: Sources = { clock: systemClock, draws: secureDraws },
): Promise<RunningServer> {
  const parts = new OpenParts();
  try {
    return await openParts(divideSettings(config), config.demo === 'on', { ...sources, log }, parts);
  } catch (error) {
    const report = (fault: unknown) => log.error({ error: String(fault) }, 'a part does not close');
    await parts.close().catch(report);
    throw error;
  }
}

/** One part after the other, each after those that it needs. */
async function openParts(
  settings: SettingsByPart,
  hasDemo: boolean,
  base: Sources & { readonly log: Logger },
  parts: OpenParts,
): Promise<RunningServer> {
  const { clock, log } = base;
  parts.add(await openDataFolder(settings.store));
  const inference = parts.add(prepareInference(settings.inference, log));
  const { keys, issuer, developmentKeyFile, relyingPartyOf } = await openIdentity(settings.identity);
  const gallery = parts.add(createGallery());
  const store = parts.add(await openStore(settings.store, log));
  const directory = new SessionDirectory(clock);
  const subjects = await openSubjects({ ...base, store, gallery, directory });
  const { pool, fence, count } = parts.add(await inference.start());
  const references = withDecoys(subjects, pool.models.embeddings);
  const openSessions = () => sessions.registry.openSessions;
  const observers = parts.add(await openObservers(settings, { ...base, pool, openSessions }));
  const sessionParts = {
    ...base,
    pool,
    store,
    subjects,
    references,
    directory,
    issuer,
    relyingPartyOf,
    observers,
  };
  const sessions: Sessions = parts.add(await startSessions(settings.sessions, sessionParts));
  const transport = chooseTransport(settings.gateway.transport);
  const system = describeSystem(pool.models, transport);
  parts.add(startExpiry(settings.subjects, { ...base, store, subjects }));
  const photoImports = new PhotoImports({
    clock,
    analyzer: pool,
    references: store.references,
    subjects,
    openSessions,
  });
  const api = createApiContext({ ...sessionParts, keys, sessions, photoImports, system });
  const demo = hasDemo
    ? parts.add(await openDemo(settings.demo, developmentKeyFile, clock, () => gateway.port))
    : null;
  // The first mount that matches a request serves it.
  const mounts = [
    ...apiMounts(api),
    metricsMount(observers.metrics),
    ...(await openSdk(settings.sdk, log)),
    demo?.mount ?? homePageMount(api),
  ];
  const sockets = [sessionSocket(STREAM_PATH, sessions.registry), liveSocket(LIVE_PATH, observers.live)];
  const gatewayParts = { ...base, transport, mounts, sockets };
  const gateway: OpenGateway = parts.add(await openGateway(settings.gateway, gatewayParts));
  return {
    port: gateway.port,
    system,
    developmentKeyFile,
    operatorSecretFile: demo?.operatorSecretFile ?? null,
    workers: count,
    fence,
    capacity: sessions.capacity,
    async stop(drainMs) {
      gateway.drain();
      await sessions.drain(drainMs);
      await parts.close();
    },
  };
}
