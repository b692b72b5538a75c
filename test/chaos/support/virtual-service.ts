import { setImmediate as nextTurn } from 'node:timers/promises';
import { ERRORS, VeriframeError, type ErrorCode } from '../../../protocol/errors.ts';
import type { Downstream } from '../../../protocol/downstream.ts';
import type { Mode, Outcome, PublicStatus } from '../../../protocol/status.ts';
import { Capacity } from '../../../server/sessions/capacity.ts';
import { createTickets } from '../../../server/identity/tickets.ts';
import { createLogger } from '../../../server/observe/log.ts';
import type { SessionWatch } from '../../../server/observe/session-watch.ts';
import { SessionRegistry } from '../../../server/sessions/registry.ts';
import { StoreError, type StoreErrorCode } from '../../../server/store/errors.ts';
import type { ClientLink, SessionHandle } from '../../../server/session/ports.ts';
import { ALICE, embeddingsOf, seeded, type Look, type Script } from '../../support/analysis-builder.ts';
import { ALL_MODELS } from '../../support/session-driver.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { SimulatedPool, type Fate } from './simulated-pool.ts';

export interface ServiceOptions {
  readonly seed: number;
  readonly workers?: number;
  readonly frameMs?: number;
  readonly framesPerSecond?: number;
  readonly fateOf?: (picture: number) => Fate;
  /** Throws what the store throws; waits as it waits. */
  /** Every twentieth picture is stamped by a clock that is off by this much. */
  readonly captureJumpsMs?: number;
  readonly store?: (what: 'begin' | 'read' | 'enrol' | 'record') => Promise<void>;
}

/** A client and what became of it. */
export interface Client {
  readonly name: string;
  readonly bornAtMs: number;
  outcome: Outcome | null;
  code: ErrorCode | null;
  endedAtMs: number | null;
  analysed: number;
  refusals: number;
}

interface Camera {
  readonly client: Client;
  readonly script: Script;
  handle: SessionHandle | null;
  credit: number;
  seq: number;
  status: PublicStatus | null;
  nextFrameAtMs: number;
}

const STEP_MS = 5;
/** A frame that hangs on its worker, and the worker's successor. */
const LAST_FRAME_MS = 8_000;

/**
 * Everything between the gateway and the networks, the real thing: registry, admission, runners, state machine,
 * decisions. Time, workers and store are the test's, so that hours of load and any fault pass in seconds, and the
 * same seed gives the same run.
 */
export class VirtualService {
  readonly clock = new VirtualClock();
  readonly pool: SimulatedPool;
  readonly capacity: Capacity;
  readonly registry: SessionRegistry;
  readonly clients: Client[] = [];
  /** Outcome by session, as the store has it. */
  readonly recorded = new Map<string, Outcome>();
  readonly told = new Map<string, Outcome>();
  /** How often each session was begun, and how often it ended without a decision. */
  readonly begun = new Map<string, number>();
  readonly failed = new Map<string, ErrorCode[]>();
  /** From a frame's arrival to its analysis being told, ms. */
  latencies: number[] = [];
  /** Extra time of each frame, for a machine that has become slow. */
  slowdown = 1;
  readonly random: () => number;
  private readonly cameras = new Set<Camera>();
  private readonly looks = new Map<number, Look>();
  private readonly tickets;
  private readonly options: ServiceOptions;
  /** Taken so far; the number of the next one. */
  pictures = 0;
  private born = 0;

  constructor(options: ServiceOptions) {
    this.options = options;
    const { clock } = this;
    const random = seeded(options.seed);
    this.random = random;
    this.pool = new SimulatedPool({
      clock,
      workers: options.workers ?? 2,
      frameMs: () => (options.frameMs ?? 10) * this.slowdown * (0.7 + 0.6 * random()),
      random,
      lookOf: (picture) => this.looks.get(picture) ?? { found: false },
      fateOf: options.fateOf ?? (() => 'analysed'),
    });
    this.capacity = new Capacity(clock, () => this.pool.workers);
    this.tickets = createTickets({ clock, lifetimeMs: 600_000, maxOutstanding: 100_000 });
    const store = options.store ?? (async () => undefined);
    const reference = { referenceId: 'r', tenant: 't', subject: 'alice', createdAtMs: 0 };
    this.registry = new SessionRegistry({
      tickets: this.tickets,
      attempts: {
        refusal: () => null,
        begin: async ({ sessionId }) => {
          await store('begin');
          this.begun.set(sessionId, (this.begun.get(sessionId) ?? 0) + 1);
        },
      },
      references: {
        ofSubject: async () => {
          await store('read');
          return [{ ...reference, embeddings: embeddingsOf(ALICE, 0.35, seeded(99)) }];
        },
      },
      directory: { started: () => undefined, ended: () => undefined },
      limits: { maxImageBytes: 1e6, maxImagePixels: 1e6, maxFramesPerSecond: 60 },
      maxSessions: 1000,
      capacity: this.capacity,
      services: {
        clock,
        analyzer: this.capacity.watch(this.pool),
        context: ALL_MODELS,
        frameMemory: null,
        watch: () => this.timeFrames(),
        log: createLogger({ logLevel: 'silent' }),
        draws: (count) => Array.from({ length: count }, random),
        search: async () => [],
        enrol: async () => {
          try {
            await store('enrol');
            return { result: 'stored', reference };
          } catch {
            return { result: 'failed' };
          }
        },
        recordAccept: async ({ sessionId }) => {
          await store('record');
          this.recorded.set(sessionId, 'accept');
          return true;
        },
        conclude: async ({ sessionId }, { outcome }) => {
          if (outcome !== 'accept') {
            await store('record');
            this.recorded.set(sessionId, outcome);
          }
          return 'token';
        },
        failed: ({ sessionId }, code) =>
          void this.failed.set(sessionId, [...(this.failed.get(sessionId) ?? []), code]),
      },
    });
  }

  /** A person, or somebody in their place, who wants in now. Comes back when told that the server is busy. */
  arrive(
    name: string,
    script: Script,
    { mode = 'verify', patient = true }: { mode?: Mode; patient?: boolean } = {},
  ): Client {
    const client: Client = {
      name,
      bornAtMs: this.clock.nowMs(),
      outcome: null,
      code: null,
      endedAtMs: null,
      analysed: 0,
      refusals: 0,
    };
    this.clients.push(client);
    const sessionId = `s${this.born++}`;
    const { ticket } = this.tickets.issue({
      sessionId,
      tenant: 't',
      mode,
      subject: 'alice',
      policy: 'standard',
      audience: null,
      nonce: null,
      createdAtMs: this.clock.nowMs(),
    });
    void this.connect(client, script, sessionId, ticket, patient);
    return client;
  }

  /** Lets time pass: cameras take pictures, workers work, alarms ring. */
  async run(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs() + ms;
    while (this.clock.nowMs() < untilMs) {
      this.clock.advance(STEP_MS);
      for (const camera of this.cameras) this.takePicture(camera);
      await nextTurn();
    }
  }

  /** Runs until every client has ended and what ran for them is over; throws when that takes longer than `withinMs`. */
  async settle(withinMs: number): Promise<void> {
    const untilMs = this.clock.nowMs() + withinMs;
    while (this.clients.some(({ endedAtMs }) => endedAtMs === null)) {
      if (this.clock.nowMs() > untilMs) throw new Error('Some clients never heard how it ended.');
      await this.run(100);
    }
    for (let waited = 0; this.clock.pending > 0 && waited < LAST_FRAME_MS; waited += 100) await this.run(100);
  }

  /** For a store that takes its time, and may then fail. */
  async after(ms: number, code?: StoreErrorCode): Promise<void> {
    await new Promise<void>((resolve) => void this.clock.wakeAt(this.clock.nowMs() + ms, resolve));
    if (code !== undefined) throw new StoreError(code);
  }

  /** The thread is held up: nothing runs, then everything that was due at once. */
  stall(ms: number): void {
    this.clock.advance(ms);
  }

  private async connect(
    client: Client,
    script: Script,
    sessionId: string,
    ticket: string,
    patient: boolean,
  ): Promise<void> {
    const camera: Camera = {
      client,
      script,
      handle: null,
      credit: 0,
      seq: 0,
      status: null,
      nextFrameAtMs: this.clock.nowMs() + this.random() * 40,
    };
    const end = (code: ErrorCode | null) => {
      client.endedAtMs ??= this.clock.nowMs();
      client.code ??= code;
      this.cameras.delete(camera);
    };
    const link: ClientLink = {
      send: (message) => this.hear(camera, sessionId, message),
      sendError: () => undefined,
      close: end,
    };
    try {
      camera.handle = await this.registry.attach(ticket, link);
      if (client.endedAtMs === null) this.cameras.add(camera);
    } catch (error) {
      if (!(error instanceof VeriframeError)) {
        end('server.internal');
        return;
      }
      client.refusals++;
      if (!patient || error.code !== 'server.busy') end(error.code);
      else
        this.clock.wakeAt(
          this.clock.nowMs() + (error.retryAfterMs ?? 1000) * (0.5 + this.random()),
          () => void this.connect(client, script, sessionId, ticket, patient),
        );
    }
  }

  private timeFrames(): SessionWatch {
    const arrivedAtMs = new Map<number, number>();
    return {
      stepped: (event) => {
        if (event.type === 'frame') arrivedAtMs.set(event.seq, event.atMs);
        if (event.type === 'analyzed') {
          this.latencies.push(event.atMs - (arrivedAtMs.get(event.seq) ?? NaN));
          arrivedAtMs.delete(event.seq);
        }
      },
      ended: () => undefined,
    };
  }

  private hear(camera: Camera, sessionId: string, message: Downstream): void {
    if (message.type === 'credit') {
      camera.credit += message.frames;
      if (camera.seq > 0) camera.client.analysed++;
    } else if (message.type === 'status') camera.status = message;
    else if (message.type === 'decision') {
      camera.client.outcome = message.outcome;
      this.told.set(sessionId, message.outcome);
    }
  }

  private takePicture(camera: Camera): void {
    const nowMs = this.clock.nowMs();
    if (nowMs < camera.nextFrameAtMs) return;
    camera.nextFrameAtMs = Math.max(
      nowMs,
      camera.nextFrameAtMs + 1000 / (this.options.framesPerSecond ?? 25),
    );
    if (camera.credit === 0 || camera.handle === null) return;
    camera.credit--;
    const picture = this.pictures++;
    this.looks.set(picture, camera.script(nowMs, camera.status));
    const image = new Uint8Array(new Float64Array([picture]).buffer);
    const jumpMs = picture % 20 === 19 ? (this.options.captureJumpsMs ?? 0) : 0;
    camera.handle.receive({ type: 'frame', seq: camera.seq++, capturedAtMs: nowMs + jumpMs, image });
  }
}

/** Value below which that share of the numbers lies; 0 of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** What no fault may bring about, whatever else it does. Returns what was found wrong. */
export function violations(service: VirtualService): string[] {
  const { clients, told, recorded, begun, failed, registry, pool, clock } = service;
  return [
    ...clients
      .filter(({ name, outcome }) => (name === 'genuine' ? outcome === 'reject' : outcome === 'accept'))
      .map(({ name, outcome }) => `${name} was told ${String(outcome)}`),
    ...clients
      .filter(({ outcome, code }) => outcome === null && (code === null || ERRORS[code].retry === 'never'))
      .map(({ name, code }) => `${name} ended with ${String(code)}`),
    ...[...told]
      .filter(([session, outcome]) => recorded.get(session) !== outcome)
      .map(([session]) => `${session} was told what is not on record`),
    ...[...begun]
      .map(([session, times]) => ({
        session,
        times,
        endings: (recorded.has(session) ? 1 : 0) + (failed.get(session)?.length ?? 0),
      }))
      .filter(({ times, endings }) => times !== 1 || endings !== 1)
      .map(({ session, times, endings }) => `${session} began ${times} times and ended ${endings} times`),
    ...(registry.openSessions > 0 ? [`${registry.openSessions} sessions are open`] : []),
    ...(pool.queueDepth > 0 ? [`${pool.queueDepth} turns wait for nobody`] : []),
    ...(clock.pending > 0 ? [`${clock.pending} alarms are set for nobody`] : []),
  ];
}
