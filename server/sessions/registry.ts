import { randomInt } from 'node:crypto';
import type { Welcome } from '../../protocol/downstream.ts';
import { VeriframeError } from '../../protocol/errors.ts';
import type { Attempts } from './attempts.ts';
import type { Capacity, Newcomer } from './capacity.ts';
import { policyFor } from '../policy/built-in.ts';
import type { Tickets } from '../identity/tickets.ts';
import type { SessionDirectory } from './directory.ts';
import { SessionRunner, type SessionServices } from './runner.ts';
import type { Reference } from '../matching/reference.ts';
import type {
  ClientLink,
  ClientOffers,
  SessionHandle,
  SessionHost,
  SessionRequest,
} from '../session/ports.ts';
import type { ReferenceStore } from '../store/ports.ts';
import { openSessionTrust, type SessionTrust, type TrustParts } from './session-trust.ts';

interface Parts {
  readonly tickets: Pick<Tickets, 'take'>;
  readonly attempts: Pick<Attempts, 'begin' | 'refusal'>;
  readonly references: Pick<ReferenceStore, 'ofSubject'>;
  readonly services: SessionServices;
  /** Absent: no client is asked for a key, and none signs. */
  readonly trust?: TrustParts;
  readonly directory: Pick<SessionDirectory, 'started' | 'ended'>;
  readonly limits: Omit<Welcome['limits'], 'maxSessionMs'>;
  /** Most simultaneous sessions, however fast the workers are. */
  readonly maxSessions: number;
  readonly capacity: Pick<Capacity, 'room' | 'entered' | 'retryAfterMs'>;
}

/** The running sessions of this process: admits, counts and drains them. */
export class SessionRegistry implements SessionHost {
  private readonly parts: Parts;
  private readonly running = new Set<SessionRunner>();
  private starting = 0;
  private draining = false;
  private emptied: (() => void)[] = [];

  constructor(parts: Parts) {
    this.parts = parts;
  }

  get openSessions(): number {
    return this.running.size + this.starting;
  }

  /** The open sessions and those that could be admitted now, by the measured speed of the workers. */
  get maxSessions(): number {
    const { maxSessions, capacity } = this.parts;
    return Math.min(maxSessions, this.openSessions + capacity.room(this.openSessions));
  }

  /** Why a new session would be refused now, or null. */
  refusal(): VeriframeError | null {
    if (this.draining) return new VeriframeError('server.draining');
    if (this.openSessions < this.maxSessions) return this.parts.attempts.refusal();
    return new VeriframeError('server.busy', undefined, { retryAfterMs: this.parts.capacity.retryAfterMs });
  }

  /**
   * Redeems the ticket and starts its session, whose attempt is on record from then on. When the server is full or
   * draining, or the subject is locked out, the ticket is not used up and the client may show it again. Rejects with
   * `VeriframeError` (`server.draining`, `server.busy`, `ticket.invalid`, `subject.locked`) or a `StoreError`.
   */
  async attach(ticket: string, link: ClientLink, offers?: ClientOffers): Promise<SessionHandle> {
    const refusal = this.refusal();
    if (refusal !== null) throw refusal;
    const taken = this.parts.tickets.take(ticket);
    this.starting++;
    const newcomer = this.parts.capacity.entered();
    try {
      return await this.start(taken, link, offers, newcomer);
    } finally {
      this.starting--;
      this.tellWhenEmpty();
    }
  }

  /**
   * Admits no new session. Resolves when every session has ended, or when `withinMs` has passed and the remaining ones
   * were aborted. A second call with less time also ends the wait of the first.
   */
  async drain(withinMs: number): Promise<void> {
    this.draining = true;
    if (this.openSessions === 0) return;
    const { clock } = this.parts.services;
    await new Promise<void>((resolve) => {
      const cancel = clock.wakeAt(clock.nowMs() + withinMs, resolve);
      this.emptied.push(() => {
        cancel();
        resolve();
      });
    });
    for (const runner of this.running) runner.abort('server.draining');
  }

  private async start(
    taken: ReturnType<Tickets['take']>,
    link: ClientLink,
    offers: ClientOffers | undefined,
    newcomer: Newcomer,
  ): Promise<SessionHandle> {
    const { services } = this.parts;
    const { grant: request } = taken;
    try {
      await this.parts.attempts.begin(request);
      taken.use();
    } catch (error) {
      newcomer.turnedAway();
      if (error instanceof VeriframeError && error.code === 'subject.locked') taken.putBack();
      else {
        taken.use();
        services.failed(request, 'server.internal');
      }
      throw error;
    }
    let stored: readonly Reference[];
    let trust: SessionTrust | null;
    try {
      stored = await this.referencesFor(request);
      trust = await this.trustFor(request, offers);
      if (this.draining) throw new VeriframeError('server.draining');
    } catch (error) {
      newcomer.turnedAway();
      services.failed(request, error instanceof VeriframeError ? error.code : 'server.internal');
      throw error;
    }
    return this.run(request, stored, link, offers, newcomer, trust);
  }

  private async trustFor(
    request: SessionRequest,
    offers: ClientOffers | undefined,
  ): Promise<SessionTrust | null> {
    const { trust } = this.parts;
    return trust === undefined
      ? null
      : await openSessionTrust(trust, request, policyFor(request.policy), offers);
  }

  private async referencesFor({ mode, tenant, subject }: SessionRequest): Promise<readonly Reference[]> {
    return mode === 'verify' && subject !== null
      ? await this.parts.references.ofSubject(tenant, subject)
      : [];
  }

  private run(
    request: SessionRequest,
    stored: readonly Reference[],
    link: ClientLink,
    offers: ClientOffers | undefined,
    newcomer: Newcomer,
    trust: SessionTrust | null,
  ): SessionHandle {
    const { services, limits, directory } = this.parts;
    const policy = policyFor(request.policy);
    const end = () => {
      newcomer.left();
      this.running.delete(runner);
      directory.ended(request);
      this.tellWhenEmpty();
    };
    const runner: SessionRunner = new SessionRunner(request, policy, link, services, end, trust);
    this.running.add(runner);
    directory.started(request, (by) => runner.attest(by));
    const { sessionMs, possessionMs } = policy.timing;
    const welcome = trust?.welcome ?? {};
    const { sessionId, mode } = request;
    try {
      runner.start(
        {
          type: 'welcome',
          sessionId,
          mode,
          policy: request.policy,
          limits: {
            ...limits,
            maxSessionMs: sessionMs + (welcome.possession === undefined ? 0 : possessionMs),
          },
          ...welcome,
        },
        stored,
        offers,
      );
    } catch (error) {
      runner.abort('server.internal');
      throw error;
    }
    return runner;
  }

  private tellWhenEmpty(): void {
    if (this.openSessions > 0) return;
    for (const resolve of this.emptied.splice(0)) resolve();
  }
}

/** Size of the integer range from which a uniform number in [0, 1) is drawn. `randomInt` allows less than 2^48. */
const DRAW_RANGE = 2 ** 48 - 1;

/** `count` independent uniform numbers in [0, 1) from the operating system's cryptographic source. */
export function secureDraws(count: number): readonly number[] {
  return Array.from({ length: count }, () => randomInt(DRAW_RANGE) / DRAW_RANGE);
}
