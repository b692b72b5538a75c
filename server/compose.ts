import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GEOMETRY_MODELS, type ModelId, SEQUENCE_MODELS } from '../models/ids.ts';
import { packageRoot } from '../models/package-root.ts';
import { DEPTH_PIXELS_CEILING } from '../protocol/upstream.ts';
import type { SystemInfo } from './api/context.ts';
import { Attempts } from './sessions/attempts.ts';
import { Capacity } from './sessions/capacity.ts';
import { systemClock, type Clock } from './time/clock.ts';
import type { Config } from './config.ts';
import { ACCEPTED_POLICY_NAMES, neededRight, serves } from './policy/built-in.ts';
import { withDecoys } from './subjects/decoy.ts';
import type { startDemo } from './mounts/demo.ts';
import { FrameMemory } from './sessions/frame-memory.ts';
import { createGallery } from './subjects/gallery/gallery.ts';
import { roomForConnections } from './gateway/descriptors.ts';
import {
  createGateway,
  DEFAULT_GATEWAY_LIMITS,
  type Gateway,
  type GatewayLimits,
} from './gateway/gateway.ts';
import { chooseTransport } from './gateway/transport-choice.ts';
import { developmentApiKeys, readApiKeys, type ApiKeys } from './identity/api-keys.ts';
import { createTickets } from './identity/tickets.ts';
import { createTokenIssuer, type TokenIssuer } from './identity/tokens.ts';
import type { FrameAnalyzer, LoadedModels } from './inference/calls.ts';
import type { FenceReport } from './inference/fence/fence.ts';
import { createObservation } from './observe/observation.ts';
import type { Logger } from './observe/log.ts';
import { openRecorder } from './observe/recorder.ts';
import { watchTogether, type WatchSession } from './observe/session-watch.ts';
import { divideSettings, type SettingsByPart, type SettingsOf } from './settings/parts.ts';
import { SessionDirectory } from './sessions/directory.ts';
import { secureDraws, SessionRegistry } from './sessions/registry.ts';
import type { SessionServices } from './sessions/runner.ts';
import { prepareInference, startInference } from './inference/start.ts';
import { lockDataFolder } from './store/sqlite/folder-lock.ts';
import { Subjects } from './subjects/subjects.ts';
import { loadMasterKey } from './store/master-key.ts';
import type { Store } from './store/ports.ts';
import { openThreadedStore, type StoreThreadEvent } from './store/sqlite/threaded.ts';

/** A server that listens. */
export interface RunningServer {
  readonly port: number;
  readonly system: SystemInfo;
  /** File of the generated development key; null when keys are configured. */
  readonly developmentKeyFile: string | null;
  /** File of the secret that opens the demo's operator page; null without the demo. */
  readonly operatorSecretFile: string | null;
  /** What keeps the workers from keys and network. */
  readonly fence: FenceReport;
  /** What the workers can do, as measured. */
  readonly capacity: Pick<Capacity, 'sessions' | 'frameMs' | 'load'>;
  /** Refuses newcomers, lets open sessions finish within `drainMs`, then ends everything. Safe to call twice. */
  stop(drainMs: number): Promise<void>;
}

/** Where time and chance come from, and who looks on. */
export interface Sources {
  readonly clock: Clock;
  /** `count` numbers in [0, 1). */
  readonly draws: (count: number) => readonly number[];
  /** A further observer of every session. */
  readonly watch?: WatchSession;
}

/** Builds every part, in the order in which they need each other, and listens. Rejects with the first part's error, nothing left running. */
export async function startServer(
  config: Config,
  log: Logger,
  sources: Sources = { clock: systemClock, draws: secureDraws },
): Promise<RunningServer> {
  return await startParts(divideSettings(config), config.demo === 'on', log, sources);
}

async function startParts(
  settings: SettingsByPart,
  hasDemo: boolean,
  log: Logger,
  { clock, draws, watch }: Sources,
): Promise<RunningServer> {
  const { sessions, gateway: door } = settings;
  const closers: (() => unknown)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    await mkdir(settings.store.dataDir, { recursive: true, mode: 0o700 });
    const folderLock = lockDataFolder(settings.store.dataDir);
    closers.push(() => folderLock.release());
    // Beside what the disk is waited for: a fence takes some 0.1 s to be tried.
    const preparing = prepareInference(settings.inference);
    preparing.catch(() => {});
    const { keys, developmentKeyFile } = await loadApiKeys(settings.identity);
    const issuer = await createTokenIssuer(settings.identity.dataDir, settings.identity.issuer);
    const gallery = createGallery();
    closers.push(() => gallery.close());
    const loadGallery = () =>
      subjects.load((_id, { code }) => log.error({ code }, 'a reference does not open'));
    const store: Store = await openStore(settings.store, (event) => {
      if (event.type === 'store-lost') log.error(event, 'store');
      else {
        log.warn(event, 'store');
        loadGallery().catch((error: unknown) =>
          log.error({ error: String(error) }, 'the gallery lags behind'),
        );
      }
    });
    closers.push(() => store.close());
    const directory = new SessionDirectory(clock);
    const subjects = new Subjects({
      references: store.references,
      gallery,
      sessions: directory,
      log,
      nowMs: () => clock.nowMs(),
    });
    await loadGallery();
    const interrupted = await store.decisions.endInterrupted(clock.wallMs());
    if (interrupted > 0) log.warn({ attempts: interrupted }, 'attempts of the last run had not ended');

    const { pool, fence } = await startInference(settings.inference, await preparing, log);
    closers.push(() => pool.close());
    const capacity = new Capacity(clock, () => pool.workers);
    const analyzer = capacity.watch(pool);

    const tickets = createTickets({
      clock,
      lifetimeMs: sessions.ticketLifetimeMs,
      maxOutstanding: 10 * sessions.maxSessions,
    });
    const lockOut = { maxFailures: sessions.lockOutFailures, windowMs: sessions.lockOutMs };
    const attempts = new Attempts({ clock, record: store.decisions, directory, lockOut, log });
    closers.push(() => attempts.close());
    const context = { models: analyzer.models };
    const reportFault = (fault: unknown) => log.error({ error: String(fault) }, 'fault of an observer');
    const { recordSessionsTo: folder, maxRecordedSessions: maxRecordings } = settings.recorder;
    const recorder =
      folder === '' ? null : await openRecorder({ folder, maxRecordings, clock, context, reportFault });
    if (recorder !== null) {
      log.warn({ folder, maxRecordings }, 'sessions are recorded, without pictures');
      closers.push(() => recorder.close());
    }
    const openSessions = () => registry.openSessions;
    const observation = createObservation({
      settings: settings.observation,
      clock,
      context,
      analyzer: pool,
      openSessions,
      reportFault,
    });
    const registry: SessionRegistry = new SessionRegistry({
      tickets,
      attempts,
      references: withDecoys(subjects, analyzer.models.embeddings),
      directory,
      services: sessionServices({
        clock,
        draws,
        analyzer,
        watch: watchTogether(
          [observation.watch, watch, recorder?.watch].filter((one) => one !== undefined),
          reportFault,
        ),
        frameMemory: sessions.replayMemoryFrames < 2 ? null : new FrameMemory(sessions.replayMemoryFrames),
        log,
        subjects,
        issuer,
        directory,
        attempts,
      }),
      limits: {
        maxImageBytes: sessions.maxImageBytes,
        maxImagePixels: sessions.maxImagePixels,
        maxDepthPixels: DEPTH_PIXELS_CEILING,
        maxFramesPerSecond: sessions.maxFramesPerSecond,
      },
      maxSessions: sessions.maxSessions,
      capacity,
    });

    closers.push(() => observation.close());

    const transport = chooseTransport(door.transport);
    const system = describeSystem(analyzer.models, transport);
    let readiness: 'ready' | 'draining' = 'ready';
    let port = 0;
    const demo = hasDemo ? await openDemo(settings.demo, developmentKeyFile, clock, () => port) : null;
    if (demo !== null) closers.push(() => demo.close());
    const { maxTcpConnections, isShort } = roomForConnections(door.maxConnections);
    if (isShort)
      log.warn(
        { maxTcpConnections, maxConnections: door.maxConnections },
        'too few file descriptors for the sockets allowed: raise `ulimit -n`',
      );
    const gateway: Gateway = createGateway({
      transport: transport.create,
      host: registry,
      clock,
      allowedOrigins: door.allowedOrigins
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
      trustForwardedFor: door.trustProxy === 'yes',
      limits: gatewayLimits(door, maxTcpConnections),
      fallback: demo === null ? undefined : (request) => demo.handle(request),
      live: observation.live,
      metrics: (request) => observation.metrics(request),
      reportFault: (fault) => log.error({ error: String(fault) }, 'fault in the gateway'),
      reportFull: () => log.warn({ maxTcpConnections }, 'newcomers are dropped: there is no room'),
      api: {
        clock,
        keys,
        tickets,
        liveTickets: observation.liveTickets,
        audit: {
          listDecisions: (...page) => store.decisions.list(...page),
          listSubjects: (...page) => store.references.listSubjects(...page),
          countSubjects: (tenant) => store.references.countSubjects(tenant),
        },
        sessions: directory,
        subjects,
        attempts: store.decisions,
        lockOut,
        policies: { names: () => ACCEPTED_POLICY_NAMES, serves, neededRight },
        jwks: issuer.jwks,
        system,
        readiness: () => readiness,
        refusal: () => registry.refusal(),
      },
    });
    port = await gateway.listen({ host: door.host, port: door.port });
    closers.push(() => gateway.close());

    return {
      port,
      system,
      developmentKeyFile,
      operatorSecretFile: demo?.operatorSecretFile ?? null,
      fence,
      capacity,
      async stop(drainMs) {
        readiness = 'draining';
        gateway.drain();
        await registry.drain(drainMs);
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function gatewayLimits(settings: SettingsOf<'gateway'>, maxTcpConnections: number): GatewayLimits {
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

async function loadApiKeys(
  settings: SettingsOf<'identity'>,
): Promise<{ keys: ApiKeys; developmentKeyFile: string | null }> {
  if (settings.apiKeysFile !== '')
    return { keys: await readApiKeys(settings.apiKeysFile), developmentKeyFile: null };
  const { keys, path } = await developmentApiKeys(settings.dataDir);
  return { keys, developmentKeyFile: path };
}

/** Loaded only where it is wanted: a production service has no use for the demo's code. */
async function openDemo(...parts: Parameters<typeof startDemo>): ReturnType<typeof startDemo> {
  const demo = await import('./mounts/demo.ts');
  return await demo.startDemo(...parts);
}

async function openStore(
  settings: SettingsOf<'store'>,
  onEvent: (event: StoreThreadEvent) => void,
): Promise<Store> {
  return await openThreadedStore({
    path: join(settings.dataDir, 'veriframe.db'),
    masterKey: async () => (await loadMasterKey(settings)).key,
    onEvent,
  });
}

interface ServiceParts extends Sources {
  readonly analyzer: FrameAnalyzer;
  readonly watch: WatchSession;
  readonly frameMemory: FrameMemory | null;
  readonly log: Logger;
  readonly subjects: Subjects;
  readonly issuer: TokenIssuer;
  readonly directory: SessionDirectory;
  readonly attempts: Attempts;
}

function sessionServices({
  clock,
  draws,
  analyzer,
  watch,
  frameMemory,
  log,
  subjects,
  issuer,
  directory,
  attempts,
}: ServiceParts): SessionServices {
  return {
    clock,
    analyzer,
    context: { models: analyzer.models },
    watch,
    frameMemory,
    log,
    draws,
    search: subjects.search,
    enrol: (request, embeddings, isAwaited) => subjects.enrol(request, embeddings, isAwaited),
    failed: (request, code) => attempts.failed(request, code),
    async recordAccept(request, accept, startedAtMs) {
      if (subjects.isBeingErased(request.tenant, accept.subject)) return false;
      return await attempts.decided(request, accept, startedAtMs);
    },
    async conclude(request, verdict, startedAtMs) {
      const { outcome, subject, assurance, reasons } = verdict;
      const { sessionId, mode, policy } = request;
      if (outcome !== 'accept') await attempts.decided(request, verdict, startedAtMs);
      const token = await issuer.sign({ request, outcome, subject, assurance, atMs: clock.wallMs() });
      directory.decided(request, outcome, token);
      const tookMs = clock.nowMs() - startedAtMs;
      log.info({ sessionId, mode, policy, outcome, reasons, tookMs }, 'decided');
      return token;
    },
  };
}

function describeSystem(models: LoadedModels, transport: SystemInfo['transport']): SystemInfo {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  const ids: readonly ModelId[] = [
    ...GEOMETRY_MODELS,
    ...models.embeddings,
    ...models.pad,
    ...(models.motion === true ? SEQUENCE_MODELS : []),
  ];
  return {
    version: manifest.version,
    tier: models.embeddings.includes('mobilefacenet') && models.pad.length > 0 ? 'full' : 'base',
    models: ids,
    transport: { name: transport.name, why: transport.why },
  };
}
