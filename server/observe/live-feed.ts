import type { LiveMessage, LiveSession, ServiceFigures } from '../../protocol/live.ts';
import { type ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Policy } from '../policy/built-in.ts';
import type { Tickets } from '../identity/tickets.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { SessionContext } from '../session/state.ts';
import { LiveSessionView } from './live-session-view.ts';
import type { SessionWatch } from './session-watch.ts';

/** What the ticket of a live feed grants: to follow the service and the tenant's sessions, or one session. */
export type LiveGrant =
  | { readonly scope: 'service'; readonly tenant: string }
  | { readonly scope: 'session'; readonly sessionId: string };

/** The receiver of a feed. */
export interface LiveListener {
  /** Bytes that were sent and that the other end has not read yet. */
  readonly bufferedBytes: number;
  send(message: LiveMessage): void;
  /** Ends the feed; `code` is the error that ended it, or null. */
  close(code: ErrorCode | null): void;
}

/** Opens feeds for live tickets. */
export interface LiveHost {
  /**
   * Returns a function to call once when the listener has left.
   * @throws VeriframeError `ticket.invalid`, `server.busy`
   */
  attach(ticket: string, listener: LiveListener): () => void;
}

interface Parts {
  readonly clock: Clock;
  readonly context: SessionContext;
  readonly tickets: Pick<Tickets<LiveGrant>, 'redeem'>;
  readonly figures: () => ServiceFigures;
}

interface Subscription {
  readonly grant: LiveGrant;
  readonly listener: LiveListener;
  readonly untilMs: number;
  /** For each session, the version that was sent last. */
  readonly sent: Map<LiveSessionView, number>;
  serviceDueAtMs: number;
  /** Index of the session that the next message begins with, so that every session gets its turn. */
  offset: number;
}

/** Shortest time between two updates of one session on the feed of a service. */
const UPDATE_MS = 100;
const SERVICE_MS = 1000;
/** After this time the listener needs a new ticket, so that withdrawing the right takes effect soon. */
export const LONGEST_FEED_MS = 15 * 60_000;
/** A listener with more unread bytes than this misses updates. */
export const SLOW_BYTES = 64 * 1024;
/** Most simultaneous listeners of each scope, over all tenants. */
export const MAX_LISTENERS = { service: 32, session: 64 } as const;
/** Most sessions in one message. The others wait for the next message. */
const SESSIONS_A_MESSAGE = 64;
/** How long an ended session is kept for a slow listener that has not been sent its end. */
const KEPT_AFTER_END_MS = 10_000;

/**
 * The live feed: running sessions, for operators and for a relying party that created a session to be observed. While
 * there is no listener, it only keeps a view of each session. A listener that does not read misses updates but gets the
 * latest state as soon as it reads, and does not delay anybody else.
 */
export class LiveFeed implements LiveHost {
  readonly #parts: Parts;
  readonly #views = new Set<LiveSessionView>();
  readonly #subscriptions = new Set<Subscription>();
  #cancelTick: (() => void) | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Observes one session. */
  watch(request: SessionRequest, policy: Policy): SessionWatch {
    const { context, clock } = this.#parts;
    const view = new LiveSessionView(request, policy, context);
    const capturedAtMsBySeq = request.observed ? new Map<number, number>() : null;
    this.#views.add(view);
    return {
      stepped: (event, state, effects) => {
        view.stepped(event, state, effects);
        if (capturedAtMsBySeq === null || this.#subscriptions.size === 0) return;
        if (event.type === 'frame') capturedAtMsBySeq.set(event.seq, event.capturedAtMs);
        if (event.type !== 'analyzed') return;
        const capturedAtMs = capturedAtMsBySeq.get(event.seq);
        for (const seq of capturedAtMsBySeq.keys()) if (seq <= event.seq) capturedAtMsBySeq.delete(seq);
        if (capturedAtMs === undefined) return;
        for (const subscription of this.#subscriptions) {
          if (!observes(subscription, view) || subscription.listener.bufferedBytes > SLOW_BYTES) continue;
          const look = view.look(event, capturedAtMs);
          if (look !== null) subscription.listener.send(look);
          subscription.sent.set(view, view.version);
        }
      },
      ended: (code) => {
        view.ended(clock.nowMs(), code);
        if (this.#subscriptions.size === 0) this.#views.delete(view);
      },
    };
  }

  attach(ticket: string, listener: LiveListener): () => void {
    const grant = this.#parts.tickets.redeem(ticket);
    const alike = [...this.#subscriptions].filter((other) => other.grant.scope === grant.scope);
    if (alike.length >= MAX_LISTENERS[grant.scope]) throw new VeriframeError('server.busy');
    const nowMs = this.#parts.clock.nowMs();
    const subscription: Subscription = {
      grant,
      listener,
      untilMs: nowMs + LONGEST_FEED_MS,
      sent: new Map(),
      serviceDueAtMs: nowMs,
      offset: 0,
    };
    this.#subscriptions.add(subscription);
    listener.send({ type: 'welcome', scope: grant.scope, atMs: nowMs, everyMs: UPDATE_MS });
    this.#serve(subscription, nowMs);
    this.#armTick();
    return () => this.#leave(subscription);
  }

  /** Ends every feed. */
  close(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
    for (const { listener } of this.#subscriptions) listener.close('server.draining');
    this.#subscriptions.clear();
  }

  #leave(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size > 0) return;
    for (const view of this.#views) if (view.endedAtMs !== null) this.#views.delete(view);
  }

  #armTick(): void {
    if (this.#cancelTick !== null || this.#subscriptions.size === 0) return;
    const { clock } = this.#parts;
    this.#cancelTick = clock.wakeAt(clock.nowMs() + UPDATE_MS, () => {
      this.#cancelTick = null;
      this.#tick();
      this.#armTick();
    });
  }

  #tick(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const subscription of this.#subscriptions) this.#serve(subscription, nowMs);
    for (const view of this.#views) {
      if (view.endedAtMs === null) continue;
      const isSentToAll = [...this.#subscriptions].every(
        (subscription) => !mayFollow(subscription, view) || subscription.sent.get(view) === view.version,
      );
      if (!isSentToAll && nowMs - view.endedAtMs < KEPT_AFTER_END_MS) continue;
      this.#views.delete(view);
      for (const { sent } of this.#subscriptions) sent.delete(view);
    }
  }

  #serve(subscription: Subscription, nowMs: number): void {
    const { grant, listener, sent } = subscription;
    if (nowMs >= subscription.untilMs) {
      this.#leave(subscription);
      listener.close(null);
      return;
    }
    if (listener.bufferedBytes > SLOW_BYTES) return;
    const sessions: LiveSession[] = [];
    let hasEnded = false;
    const views = [...this.#views];
    const offset = subscription.offset % Math.max(1, views.length);
    subscription.offset = 0;
    for (const [at, view] of [...views.slice(offset), ...views.slice(0, offset)].entries()) {
      if (!mayFollow(subscription, view) || sent.get(view) === view.version) continue;
      const session = view.session();
      if (session === null) continue;
      sessions.push(session);
      sent.set(view, view.version);
      hasEnded ||= observes(subscription, view) && view.endedAtMs !== null;
      if (sessions.length < SESSIONS_A_MESSAGE) continue;
      subscription.offset = offset + at + 1;
      break;
    }
    if (sessions.length > 0) listener.send({ type: 'sessions', atMs: nowMs, sessions });
    if (hasEnded) {
      this.#leave(subscription);
      listener.close(null);
    }
    if (grant.scope === 'session' || nowMs < subscription.serviceDueAtMs) return;
    subscription.serviceDueAtMs = nowMs + SERVICE_MS;
    listener.send({ type: 'service', atMs: nowMs, figures: this.#parts.figures() });
  }
}

function observes({ grant }: Subscription, { request }: LiveSessionView): boolean {
  return grant.scope === 'session' && request.observed === true && request.sessionId === grant.sessionId;
}

function mayFollow(subscription: Subscription, view: LiveSessionView): boolean {
  return subscription.grant.scope === 'service'
    ? subscription.grant.tenant === view.request.tenant
    : observes(subscription, view);
}
