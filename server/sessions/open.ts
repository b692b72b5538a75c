import { DEPTH_PIXELS_CEILING } from '../../protocol/depth-image.ts';
import type { LockOutPolicy } from '../identity/lock-out.ts';
import { createTickets, type Tickets } from '../identity/tickets.ts';
import type { TokenIssuer } from '../identity/tokens.ts';
import type { FrameAnalyzer } from '../inference/calls.ts';
import type { Logger } from '../observe/log.ts';
import type { WatchSession } from '../observe/session-watch.ts';
import type { KioskKeyStore, SubjectKeyStore } from '../store/key-ports.ts';
import type { DecisionLog, ReferenceStore } from '../store/ports.ts';
import type { Clock } from '../time/clock.ts';
import { Attempts } from './attempts.ts';
import { Capacity } from './capacity.ts';
import { deliverDecisions } from './deliver-decision.ts';
import type { SessionDirectory } from './directory.ts';
import { FrameMemory } from './frame-memory.ts';
import { SessionRegistry } from './registry.ts';
import type { SessionServices } from './runner.ts';
import type { TrustParts } from './session-trust.ts';

export interface SessionSettings {
  readonly part: 'sessions';
  readonly maxSessions: number;
  readonly ticketLifetimeMs: number;
  /** Attempts on one subject within `lockOutMs` that may begin without an accept; 0: any number. */
  readonly lockOutFailures: number;
  readonly lockOutMs: number;
  /** Pictures remembered, to know those of another session; 0: none. */
  readonly replayMemoryFrames: number;
  readonly maxImageBytes: number;
  readonly maxImagePixels: number;
  readonly maxFramesPerSecond: number;
}

export interface SessionParts {
  readonly clock: Clock;
  /** `count` numbers in [0, 1) from a cryptographic source. */
  readonly draws: (count: number) => readonly number[];
  readonly log: Logger;
  readonly pool: FrameAnalyzer;
  readonly store: {
    readonly decisions: DecisionLog;
    readonly subjectKeys: SubjectKeyStore;
    readonly kioskKeys: KioskKeyStore;
  };
  readonly relyingPartyOf: TrustParts['relyingPartyOf'];
  /** References to verify against, with decoys for subjects that have none. */
  readonly references: Pick<ReferenceStore, 'ofSubject'>;
  readonly subjects: Pick<SessionServices, 'search' | 'enrol'> & {
    isBeingErased(tenant: string, subject: string): boolean;
    countReferences(tenant: string, subject: string): Promise<number>;
  };
  readonly directory: SessionDirectory;
  readonly issuer: Pick<TokenIssuer, 'sign'>;
  readonly observers: { readonly watch: WatchSession };
}

/** The sessions of this process, and the tickets that open them. */
export interface Sessions {
  readonly registry: SessionRegistry;
  readonly tickets: Tickets;
  readonly lockOut: LockOutPolicy;
  readonly capacity: Capacity;
  readonly readiness: () => 'ready' | 'draining';
  /** Refuses new sessions, lets open ones finish within this time, then ends them. */
  drain(withinMs: number): Promise<void>;
  /** Resolves when every ending is on record or was refused by the store. */
  close(): Promise<void>;
}

/** Most tickets that are issued and not used, for each session that may be open. */
const TICKETS_PER_SESSION = 10;

/** Puts the attempts that the last run left open on record as ended. Rejects with the store's error. */
export async function startSessions(settings: SessionSettings, parts: SessionParts): Promise<Sessions> {
  const { clock, draws, log, pool, subjects, directory, issuer } = parts;
  const { decisions } = parts.store;
  const interrupted = await decisions.endInterrupted(clock.wallMs());
  if (interrupted > 0) log.warn({ attempts: interrupted }, 'attempts of the last run had not ended');

  const capacity = new Capacity(clock, () => pool.workers);
  const analyzer = capacity.watch(pool);
  const tickets = createTickets({
    clock,
    lifetimeMs: settings.ticketLifetimeMs,
    maxOutstanding: TICKETS_PER_SESSION * settings.maxSessions,
  });
  const lockOut = { maxFailures: settings.lockOutFailures, windowMs: settings.lockOutMs };
  const attempts = new Attempts({ clock, record: decisions, directory, lockOut, log });
  const { replayMemoryFrames } = settings;
  const registry = new SessionRegistry({
    tickets,
    attempts,
    references: parts.references,
    directory,
    trust: {
      subjectKeys: parts.store.subjectKeys,
      kioskKeys: parts.store.kioskKeys,
      relyingPartyOf: parts.relyingPartyOf,
      countReferences: (...of) => subjects.countReferences(...of),
      wallMs: () => clock.wallMs(),
    },
    services: {
      clock,
      draws,
      analyzer,
      context: { models: analyzer.models },
      frameMemory: replayMemoryFrames < 2 ? null : new FrameMemory(replayMemoryFrames),
      log,
      watch: parts.observers.watch,
      search: subjects.search,
      enrol: (request, embeddings, isAwaited) => subjects.enrol(request, embeddings, isAwaited),
      ...deliverDecisions({ clock, log, issuer, directory, attempts, subjects }),
    },
    limits: {
      maxImageBytes: settings.maxImageBytes,
      maxImagePixels: settings.maxImagePixels,
      maxDepthPixels: DEPTH_PIXELS_CEILING,
      maxFramesPerSecond: settings.maxFramesPerSecond,
    },
    maxSessions: settings.maxSessions,
    capacity,
  });
  let readiness: 'ready' | 'draining' = 'ready';
  return {
    registry,
    tickets,
    lockOut,
    capacity,
    readiness: () => readiness,
    async drain(withinMs) {
      readiness = 'draining';
      await registry.drain(withinMs);
    },
    close: () => attempts.close(),
  };
}
