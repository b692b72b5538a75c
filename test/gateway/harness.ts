import { decodeDownstream, encodeMessage } from '../../protocol/codec.ts';
import type { Downstream } from '../../protocol/downstream.ts';
import { type ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Upstream } from '../../protocol/upstream.ts';
import type { ApiContext } from '../../server/api/context.ts';
import type { SessionView } from '../../server/sessions/directory.ts';
import { LIVE_PATH, STREAM_PATH } from '../../protocol/http/paths.ts';
import { systemClock } from '../../server/time/clock.ts';
import { createDispatcher, type DispatchOptions } from '../../server/gateway/dispatch.ts';
import {
  createGateway,
  DEFAULT_GATEWAY_LIMITS,
  type Gateway,
  type GatewayLimits,
  type GatewayOptions,
} from '../../server/gateway/gateway.ts';
import type { Mount } from '../../server/gateway/mount.ts';
import { liveSocket, sessionSocket } from '../../server/gateway/socket-mount.ts';
import type { CreateTransport, HttpRequest, HttpResponse } from '../../server/gateway/transport.ts';
import { availableTransports } from '../../server/gateway/transport-choice.ts';
import { createApiKeys, generateApiKey } from '../../server/identity/api-keys.ts';
import { lockedUntilMs } from '../../server/identity/lock-out.ts';
import { createTickets, type Tickets } from '../../server/identity/tickets.ts';
import { apiMounts } from '../../server/mounts/api.ts';
import { homePageMount } from '../../server/mounts/home-page.ts';
import { metricsMount } from '../../server/mounts/metrics.ts';
import type { LiveGrant, LiveHost } from '../../server/observe/live-feed.ts';
import type { Observation } from '../../server/observe/observation.ts';
import type { ClientLink, SessionHandle, SessionHost } from '../../server/session/ports.ts';
import { identification } from '../support/session-request.ts';
import { TestClient } from './sockets.ts';

/** Every transport this machine can run; ws alone where uWebSockets.js has no binary. */
export const TRANSPORTS: readonly (readonly ['uws' | 'ws', CreateTransport])[] = availableTransports().map(
  ({ name, create }) => [name, create] as const,
);

export const LIMITS: GatewayLimits = {
  ...DEFAULT_GATEWAY_LIMITS,
  maxConnections: 1000,
  maxTcpConnections: 2000,
  maxConnectionsPerAddress: 1000,
  maxImageBytes: 64 * 1024,
  maxFramesPerSecond: 50,
  helloTimeoutMs: 600_000,
  idleTimeoutMs: 600_000,
};

export const CREDITS = 3;

/** Something to wait for until a test opens it. */
export class Gate {
  readonly opened: Promise<void>;
  #resolve: (() => void) | null = null;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  open(): void {
    this.#resolve?.();
  }
}

/** A host whose sessions welcome, give credit, give it back for each frame and end with bye. */
export class CreditHost implements SessionHost {
  readonly tickets: Tickets;
  readonly received: Upstream[] = [];
  readonly links: ClientLink[] = [];
  /** What the server ended each connection with that had a session; null where the client left by itself. */
  readonly leftWith: (ErrorCode | null)[] = [];
  disconnections = 0;
  openSessions = 0;
  maxSessions = 100;
  /** Awaited before the ticket is redeemed. */
  beforeWelcome: () => Promise<void> = () => Promise.resolve();
  /** Awaited between the first credit and the session. */
  beforeAttach: () => Promise<void> = () => Promise.resolve();
  /** Runs on each message before it is answered. */
  onMessage: (message: Upstream, link: ClientLink) => void = () => undefined;
  #wake: (() => void)[] = [];

  constructor(tickets: Tickets) {
    this.tickets = tickets;
  }

  refusal(): VeriframeError | null {
    return this.openSessions < this.maxSessions
      ? null
      : new VeriframeError('server.busy', undefined, { retryAfterMs: 3_500 });
  }

  async attach(ticket: string, link: ClientLink): Promise<SessionHandle> {
    await this.beforeWelcome();
    const { sessionId, mode, policy } = this.tickets.redeem(ticket);
    const { maxImageBytes, maxFramesPerSecond } = LIMITS;
    const limits = { maxImageBytes, maxFramesPerSecond, maxImagePixels: 1_000_000, maxSessionMs: 60_000 };
    this.openSessions += 1;
    this.links.push(link);
    link.send({ type: 'welcome', sessionId, mode, policy, limits });
    link.send({ type: 'credit', frames: CREDITS });
    await this.beforeAttach();
    return {
      receive: (message) => {
        this.received.push(message);
        this.onMessage(message, link);
        if (message.type === 'frame') link.send({ type: 'credit', frames: 1 });
        if (message.type === 'bye') link.close(null);
      },
      disconnected: (code = null) => {
        this.leftWith.push(code);
        this.openSessions -= 1;
        this.disconnections += 1;
        for (const wake of this.#wake.splice(0)) wake();
      },
    };
  }

  async disconnected(count: number): Promise<void> {
    while (this.disconnections < count) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
  }
}

/** The smallest complete context: keys, tickets, one policy for everything, subjects in a map. */
export function createContext(grants: Parameters<typeof generateApiKey>[1] = {}) {
  const mine = generateApiKey('mine', grants);
  const yours = generateApiKey('yours');
  const time = { nowMs: 1_800_000_000_000, wallAheadMs: 0 };
  const tickets = createTickets({
    clock: { nowMs: () => time.nowMs },
    lifetimeMs: 60_000,
    maxOutstanding: 50,
  });
  const liveTickets = createTickets<LiveGrant>({
    clock: { nowMs: () => time.nowMs },
    lifetimeMs: 60_000,
    maxOutstanding: 50,
  });
  const views = new Map<string, SessionView & { readonly tenant: string }>();
  const references = new Map<string, number>();
  const state: {
    readiness: 'ready' | 'draining';
    /** When attempts began that count, the latest first. */
    failedAtMs: number[];
    /** Of observed sessions. */
    failedLooksAtMs: number[];
  } = {
    readiness: 'ready',
    failedAtMs: [],
    failedLooksAtMs: [],
  };
  const context: ApiContext = {
    clock: { nowMs: () => time.nowMs, wallMs: () => time.nowMs + time.wallAheadMs },
    keys: createApiKeys([mine.record, yours.record]),
    tickets,
    liveTickets,
    audit: {
      listDecisions: async () => [],
      listSubjects: async () => [],
      countSubjects: async () => 0,
    },
    sessions: {
      announce: ({ sessionId, mode, policy, createdAtMs, tenant }) =>
        void views.set(sessionId, {
          tenant,
          sessionId,
          mode,
          policy,
          createdAtMs,
          state: 'waiting',
          outcome: null,
          token: null,
          code: null,
        }),
      attest: () => undefined,
      find(tenant, sessionId) {
        const view = views.get(sessionId);
        return view?.tenant === tenant ? view : null;
      },
    },
    subjects: {
      countReferences: async (tenant, subject) => references.get(`${tenant}/${subject}`) ?? 0,
      isBeingErased: () => false,
      standingOf: async () => 'good',
      removeReference: async () => 'unknown',
      async erase(tenant, subject) {
        const count = references.get(`${tenant}/${subject}`) ?? 0;
        references.delete(`${tenant}/${subject}`);
        return count;
      },
    },
    subjectRecords: {
      find: async () => null,
      change: async () => null,
      search: async () => ({ total: 0, subjects: [], next: null }),
    },
    references: { ofSubject: async () => [] },
    photoImports: {
      workers: 1,
      run: async () => ({ result: 'known', photos: [], analysisMs: 0 }),
    },
    subjectKeys: { ofSubject: async () => [], remove: async () => false },
    kioskKeys: { add: async () => true, list: async () => [], revoke: async () => false },
    asksForKeys: () => true,
    attempts: {
      unlock: async () => undefined,
      ofSubject: async () => [],
      lockedUntil: async ({ observed }, nowMs, policy) =>
        lockedUntilMs(
          { ownAtMs: observed ? state.failedLooksAtMs : state.failedAtMs, excusedAtMs: [] },
          nowMs,
          policy,
        ),
    },
    lockOut: { maxFailures: 3, windowMs: 60_000 },
    policies: {
      names: () => ['standard', 'passive', 'attended'],
      serves: (name, mode) => name !== 'passive' || mode === 'verify',
      neededRight: (name) => (name === 'attended' ? 'attend' : null),
      acceptsNobody: (name) => name === 'blind',
      demandOf: () => ({ capture: null, possession: null }),
    },
    jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'k', alg: 'EdDSA', use: 'sig' }] },
    system: {
      version: '1.2.3',
      tier: 'base',
      models: ['blazeface'],
      transport: { name: 'ws', why: 'test' },
    },
    health: async () => (state.readiness === 'draining' ? new VeriframeError('server.draining') : null),
    refusal: () => (state.readiness === 'draining' ? new VeriframeError('server.draining') : null),
  };
  return {
    context,
    tickets,
    liveTickets,
    views,
    references,
    state,
    time,
    key: mine.key,
    otherKey: yours.key,
  };
}

export interface Running {
  readonly gateway: Gateway;
  readonly host: CreditHost;
  readonly faults: unknown[];
  /** Which mount or socket each fault came from. */
  readonly faultOrigins: string[];
  readonly parts: ReturnType<typeof createContext>;
  readonly httpUrl: string;
  readonly socketUrl: string;
  readonly port: number;
  ticket(): string;
}

export async function startGateway(
  transport: CreateTransport,
  change: {
    limits?: Partial<GatewayLimits>;
    options?: Partial<GatewayOptions>;
    api?: Partial<ApiContext>;
    live?: LiveHost;
    metrics?: Observation['metrics'];
    /** In place of the home page. */
    front?: Mount;
  } = {},
): Promise<Running> {
  const parts = createContext();
  const host = new CreditHost(parts.tickets);
  const faults: unknown[] = [];
  const faultOrigins: string[] = [];
  const api = { ...parts.context, ...change.api };
  const gateway = createGateway({
    transport,
    mounts: [
      ...apiMounts(api),
      ...(change.metrics === undefined ? [] : [metricsMount(change.metrics)]),
      change.front ?? homePageMount(api),
    ],
    sockets: [
      sessionSocket(STREAM_PATH, host),
      ...(change.live === undefined ? [] : [liveSocket(LIVE_PATH, change.live)]),
    ],
    clock: systemClock,
    allowedOrigins: [],
    trustForwardedFor: false,
    limits: { ...LIMITS, ...change.limits },
    reportFault(fault, origin) {
      faults.push(fault);
      faultOrigins.push(origin);
    },
    ...change.options,
  });
  const port = await gateway.listen({ host: '127.0.0.1', port: 0 });
  let sessions = 0;
  return {
    gateway,
    host,
    faults,
    faultOrigins,
    parts,
    port,
    httpUrl: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}${STREAM_PATH}`,
    ticket() {
      sessions += 1;
      return parts.tickets.issue(identification(`session-${sessions}`)).ticket;
    },
  };
}

/** Answers whole requests by mounts, without a transport. */
export function answererOf(options: DispatchOptions): (request: HttpRequest) => Promise<HttpResponse> {
  const receive = createDispatcher(options);
  return async ({ body, ...head }) => await receive(head).respond(body);
}

/** A client that speaks the protocol. */
export class ProtocolClient {
  readonly raw: TestClient;

  constructor(raw: TestClient) {
    this.raw = raw;
  }

  /** Connects, says hello and takes welcome and the first credit. */
  static async welcomed(running: Running): Promise<ProtocolClient> {
    const client = new ProtocolClient(await TestClient.open(running.socketUrl));
    client.say({ type: 'hello', ticket: running.ticket() });
    await client.hear('welcome');
    await client.hear('credit');
    return client;
  }

  say(message: Upstream): void {
    this.raw.send(encodeMessage(message));
  }

  sayFrame(seq: number, imageBytes = 100): void {
    this.say({ type: 'frame', seq, capturedAtMs: 0, image: new Uint8Array(imageBytes).fill(seq) });
  }

  async next(): Promise<Downstream | null> {
    const message = await this.raw.next();
    return message === null ? null : decodeDownstream(message.bytes);
  }

  async hear<T extends Downstream['type']>(type: T): Promise<Downstream & { type: T }> {
    const message = await this.next();
    if (message === null) throw new Error(`The connection ended before ${type}.`);
    if (!isOfType(message, type)) throw new Error(`Heard ${message.type} instead of ${type}.`);
    return message;
  }
}

function isOfType<T extends Downstream['type']>(
  message: Downstream,
  type: T,
): message is Downstream & { type: T } {
  return message.type === type;
}
