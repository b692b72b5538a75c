import type { Clock } from '../time/clock.ts';
import { type ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Mode, Outcome } from '../../protocol/status.ts';
import type { SessionRequest } from '../session/ports.ts';

/** What a relying party may know of one of its sessions. */
export interface SessionView {
  readonly sessionId: string;
  readonly mode: Mode;
  readonly policy: string;
  readonly createdAtMs: number;
  /**
   * `waiting` for the client's hello, `running`, `decided`, or `ended` without a decision: the ticket expired, the
   * client left or an error ended it.
   */
  readonly state: 'waiting' | 'running' | 'decided' | 'ended';
  /** Null unless decided. */
  readonly outcome: Outcome | null;
  /** The signed decision; null unless decided. */
  readonly token: string | null;
  /** The error that ended it without a decision; null when there was none or the ticket was never used. */
  readonly code: ErrorCode | null;
}

interface Entry {
  readonly request: SessionRequest;
  /** When its ticket expires. */
  readonly expiresAtMs: number;
  readonly forgetAtMs: number;
  readonly ending: { readonly outcome: Outcome; readonly token: string } | null;
  /** The error that ended it without a decision. */
  readonly code: ErrorCode | null;
  readonly state: 'announced' | 'running' | 'ended';
  /** Who vouches for its client's application, in the relying party's words; null: nobody. */
  readonly attestedBy: string | null;
  /** Tells the running session. */
  readonly onAttested: ((by: string) => void) | null;
  /** Its subject has been erased since it was created, so it may not enrol. */
  readonly isRevoked: boolean;
}

/** How long a relying party can ask for the outcome of an ended session: as long as its token is valid. */
const KEPT_AFTER_END_MS = 5 * 60_000;

/**
 * The sessions of this process, for relying parties to ask about. It is in memory. Its size is limited by the number of
 * outstanding tickets, of open sessions, and of sessions that ended within the last five minutes.
 */
export class SessionDirectory {
  private readonly clock: Pick<Clock, 'nowMs'>;
  private readonly entries = new Map<string, Entry>();
  private sweepAtMs = 0;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.clock = clock;
  }

  /** A session was created. It waits for its client until its ticket expires. */
  announce(request: SessionRequest, expiresAtMs: number): void {
    this.sweep();
    const forgetAtMs = expiresAtMs + KEPT_AFTER_END_MS;
    this.entries.set(request.sessionId, {
      request,
      expiresAtMs,
      forgetAtMs,
      ending: null,
      code: null,
      state: 'announced',
      attestedBy: null,
      onAttested: null,
      isRevoked: false,
    });
  }

  /** @param onAttested called when the relying party vouches for the client: at once when it has done so before */
  started({ sessionId }: SessionRequest, onAttested: ((by: string) => void) | null = null): void {
    this.change(sessionId, { state: 'running', forgetAtMs: Infinity, onAttested });
    const by = this.entries.get(sessionId)?.attestedBy ?? null;
    if (by !== null) onAttested?.(by);
  }

  /**
   * The relying party vouches for the application that runs the session. `nonce` must be the session's own, so that a
   * verdict about another session does not count.
   * @throws VeriframeError `api.not_found`, `api.invalid` (another nonce, or the session has none), `session.decided`
   */
  attest(tenant: string, sessionId: string, nonce: string, by: string): void {
    const entry = this.entries.get(sessionId);
    if (entry === undefined || entry.request.tenant !== tenant) throw new VeriframeError('api.not_found');
    if (entry.request.nonce !== nonce) throw new VeriframeError('api.invalid', 'It is for another nonce.');
    const state = this.stateOf(entry);
    if (state === 'decided' || state === 'ended') throw new VeriframeError('session.decided');
    this.change(sessionId, { attestedBy: by });
    entry.onAttested?.(by);
  }

  decided({ sessionId }: SessionRequest, outcome: Outcome, token: string): void {
    this.change(sessionId, { ending: { outcome, token } });
  }

  /** An error ended it without a decision. Only the first error counts. */
  failed({ sessionId }: SessionRequest, code: ErrorCode): void {
    if (this.entries.get(sessionId)?.code === null) this.change(sessionId, { code });
    this.change(sessionId, { state: 'ended', forgetAtMs: this.clock.nowMs() + KEPT_AFTER_END_MS });
  }

  ended({ sessionId }: SessionRequest): void {
    this.change(sessionId, {
      onAttested: null,
      state: 'ended',
      forgetAtMs: this.clock.nowMs() + KEPT_AFTER_END_MS,
    });
  }

  /** Null when the tenant has no session of this id. */
  find(tenant: string, sessionId: string): SessionView | null {
    const entry = this.entries.get(sessionId);
    if (entry === undefined || entry.request.tenant !== tenant) return null;
    const { mode, policy, createdAtMs } = entry.request;
    return {
      sessionId,
      mode,
      policy,
      createdAtMs,
      state: this.stateOf(entry),
      outcome: entry.ending?.outcome ?? null,
      token: entry.ending?.token ?? null,
      code: entry.ending === null ? entry.code : null,
    };
  }

  /** The subject is being erased: no session that exists now may enrol it. */
  revokeEnrolments(tenant: string, subject: string): void {
    for (const [sessionId, { request }] of this.entries) {
      if (request.mode === 'enrol' && request.subject === subject && request.tenant === tenant)
        this.change(sessionId, { isRevoked: true });
    }
  }

  isRevoked({ sessionId }: SessionRequest): boolean {
    return this.entries.get(sessionId)?.isRevoked ?? false;
  }

  private stateOf(entry: Entry): SessionView['state'] {
    if (entry.ending !== null) return 'decided';
    if (entry.state === 'running') return 'running';
    return entry.state === 'announced' && entry.expiresAtMs > this.clock.nowMs() ? 'waiting' : 'ended';
  }

  private change(sessionId: string, change: Partial<Entry>): void {
    const entry = this.entries.get(sessionId);
    if (entry !== undefined) this.entries.set(sessionId, { ...entry, ...change });
  }

  /** Removes old entries, at most once a second: many new sessions at once need not each walk over all entries. */
  private sweep(): void {
    const nowMs = this.clock.nowMs();
    if (nowMs < this.sweepAtMs) return;
    this.sweepAtMs = nowMs + 1000;
    for (const [id, { forgetAtMs }] of this.entries) {
      if (forgetAtMs <= nowMs) this.entries.delete(id);
    }
  }
}
