import type { LiveMessage, LiveSession, ServiceFigures } from '../../protocol/live.ts';
import { type ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Policy } from '../policy/built-in.ts';
import type { Tickets } from '../identity/tickets.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { SessionContext } from '../session/state.ts';
import { LiveRow } from './live-session-view.ts';
import type { SessionWatch } from './session-watch.ts';

/** What a ticket for a live feed lets its bearer see: the tenant's sessions and the service, or one session. */
export type LiveGrant =
  | { readonly scope: 'service'; readonly tenant: string }
  | { readonly scope: 'session'; readonly sessionId: string };

/** Whoever hears a feed. */
export interface LiveListener {
  /** Bytes sent and not yet read at the other end. */
  readonly bufferedBytes: number;
  send(message: LiveMessage): void;
  /** Ends the feed, with an error where there is one. */
  close(code: ErrorCode | null): void;
}

/** Who turns a live ticket into a feed. */
export interface LiveHost {
  /**
   * Returns what to call once when the listener has left.
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

interface Listening {
  readonly grant: LiveGrant;
  readonly listener: LiveListener;
  readonly untilMs: number;
  /** Version of each session that was last sent. */
  readonly sent: Map<LiveRow, number>;
  serviceDueAtMs: number;
  /** Where the next message begins among the sessions, so that all get their turn. */
  offset: number;
}

/** Shortest time between two updates of one session on a service's feed. */
export const UPDATE_MS = 100;
const SERVICE_MS = 1000;
/** A ticket's bearer comes back for another by then, so that a right withdrawn ends soon. */
export const LONGEST_FEED_MS = 15 * 60_000;
/** Unread bytes above which a listener loses updates. */
export const SLOW_BYTES = 64 * 1024;
/** At a time, in all. */
export const MOST_LISTENERS = { service: 32, session: 64 } as const;
/** Sessions in one message; of more, those that changed later wait for the next. */
const SESSIONS_A_MESSAGE = 64;
/** For slow listeners: after this they are not told of an end any more. */
const KEPT_AFTER_END_MS = 10_000;

/**
 * The live feed: sessions as they run, for operators, and for whoever created a session to be observed. While nobody
 * listens it keeps one reference a session and does nothing else. A listener that does not read loses updates, never
 * the latest state, and costs nobody else anything.
 */
export class LiveFeed implements LiveHost {
  readonly #parts: Parts;
  readonly #rows = new Set<LiveRow>();
  readonly #listeners = new Set<Listening>();
  #cancelTick: (() => void) | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Follows a session. */
  watch(request: SessionRequest, policy: Policy): SessionWatch {
    const { context, clock } = this.#parts;
    const row = new LiveRow(request, policy, context);
    const arrivals = request.observed ? new Map<number, number>() : null;
    this.#rows.add(row);
    return {
      stepped: (event, state, effects) => {
        row.stepped(event, state, effects);
        if (arrivals === null || this.#listeners.size === 0) return;
        if (event.type === 'frame') arrivals.set(event.seq, event.capturedAtMs);
        if (event.type !== 'analyzed') return;
        const capturedAtMs = arrivals.get(event.seq);
        for (const seq of arrivals.keys()) if (seq <= event.seq) arrivals.delete(seq);
        if (capturedAtMs === undefined) return;
        for (const one of this.#listeners) {
          if (!isOwn(one, row) || one.listener.bufferedBytes > SLOW_BYTES) continue;
          const look = row.look(event, capturedAtMs);
          if (look !== null) one.listener.send(look);
          one.sent.set(row, row.version);
        }
      },
      ended: (code) => {
        row.ended(clock.nowMs(), code);
        if (this.#listeners.size === 0) this.#rows.delete(row);
      },
    };
  }

  attach(ticket: string, listener: LiveListener): () => void {
    const grant = this.#parts.tickets.redeem(ticket);
    const alike = [...this.#listeners].filter((other) => other.grant.scope === grant.scope);
    if (alike.length >= MOST_LISTENERS[grant.scope]) throw new VeriframeError('server.busy');
    const nowMs = this.#parts.clock.nowMs();
    const one: Listening = {
      grant,
      listener,
      untilMs: nowMs + LONGEST_FEED_MS,
      sent: new Map(),
      serviceDueAtMs: nowMs,
      offset: 0,
    };
    this.#listeners.add(one);
    listener.send({ type: 'welcome', scope: grant.scope, atMs: nowMs, everyMs: UPDATE_MS });
    this.#serve(one, nowMs);
    this.#armTick();
    return () => this.#leave(one);
  }

  /** Ends every feed. */
  close(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
    for (const { listener } of this.#listeners) listener.close('server.draining');
    this.#listeners.clear();
  }

  #leave(one: Listening): void {
    this.#listeners.delete(one);
    if (this.#listeners.size > 0) return;
    for (const row of this.#rows) if (row.endedAtMs !== null) this.#rows.delete(row);
  }

  #armTick(): void {
    if (this.#cancelTick !== null || this.#listeners.size === 0) return;
    const { clock } = this.#parts;
    this.#cancelTick = clock.wakeAt(clock.nowMs() + UPDATE_MS, () => {
      this.#cancelTick = null;
      this.#tick();
      this.#armTick();
    });
  }

  #tick(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const one of this.#listeners) this.#serve(one, nowMs);
    for (const row of this.#rows) {
      if (row.endedAtMs === null) continue;
      const isKnown = [...this.#listeners].every(
        (one) => !sees(one, row) || one.sent.get(row) === row.version,
      );
      if (!isKnown && nowMs - row.endedAtMs < KEPT_AFTER_END_MS) continue;
      this.#rows.delete(row);
      for (const { sent } of this.#listeners) sent.delete(row);
    }
  }

  #serve(one: Listening, nowMs: number): void {
    const { grant, listener, sent } = one;
    if (nowMs >= one.untilMs) {
      this.#leave(one);
      listener.close(null);
      return;
    }
    if (listener.bufferedBytes > SLOW_BYTES) return;
    const sessions: LiveSession[] = [];
    let isOver = false;
    const rows = [...this.#rows];
    const offset = one.offset % Math.max(1, rows.length);
    one.offset = 0;
    for (const [at, row] of [...rows.slice(offset), ...rows.slice(0, offset)].entries()) {
      if (!sees(one, row) || sent.get(row) === row.version) continue;
      const session = row.session();
      if (session === null) continue;
      sessions.push(session);
      sent.set(row, row.version);
      isOver ||= isOwn(one, row) && row.endedAtMs !== null;
      if (sessions.length < SESSIONS_A_MESSAGE) continue;
      one.offset = offset + at + 1;
      break;
    }
    if (sessions.length > 0) listener.send({ type: 'sessions', atMs: nowMs, sessions });
    if (isOver) {
      this.#leave(one);
      listener.close(null);
    }
    if (grant.scope === 'session' || nowMs < one.serviceDueAtMs) return;
    one.serviceDueAtMs = nowMs + SERVICE_MS;
    listener.send({ type: 'service', atMs: nowMs, figures: this.#parts.figures() });
  }
}

function isOwn({ grant }: Listening, { request }: LiveRow): boolean {
  return grant.scope === 'session' && request.observed === true && request.sessionId === grant.sessionId;
}

function sees(one: Listening, row: LiveRow): boolean {
  return one.grant.scope === 'service' ? one.grant.tenant === row.request.tenant : isOwn(one, row);
}
