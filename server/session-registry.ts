import { randomInt } from 'node:crypto';
import type { Welcome } from '../protocol/downstream.ts';
import { VeriframeError } from '../protocol/errors.ts';
import { policyFor } from './decision/policy.ts';
import type { Tickets } from './identity/tickets.ts';
import type { Sessions } from './session-directory.ts';
import { SessionRunner, type SessionServices } from './session-runner.ts';
import type { ClientLink, SessionHandle, SessionHost, SessionRequest } from './session/ports.ts';
import type { ReferenceStore } from './store/ports.ts';

interface Parts {
  readonly tickets: Pick<Tickets, 'redeem'>;
  readonly references: Pick<ReferenceStore, 'ofSubject'>;
  readonly services: SessionServices;
  readonly directory: Pick<Sessions, 'started' | 'ended'>;
  readonly limits: Omit<Welcome['limits'], 'maxSessionMs'>;
  readonly maxSessions: number;
}

/** Keeps the running sessions of this process: lets them in, counts them, drains them. */
export class SessionRegistry implements SessionHost {
  readonly maxSessions: number;
  private readonly parts: Parts;
  private readonly running = new Set<SessionRunner>();
  private starting = 0;
  private draining = false;
  private emptied: (() => void) | null = null;

  constructor(parts: Parts) {
    this.parts = parts;
    this.maxSessions = parts.maxSessions;
  }

  get openSessions(): number {
    return this.running.size + this.starting;
  }

  /**
   * A full or draining server does not use the ticket up: the client may come back with it.
   * Rejects with `VeriframeError` (`server.draining`, `server.busy`, `ticket.invalid`) or the store's error.
   */
  async attach(ticket: string, link: ClientLink): Promise<SessionHandle> {
    if (this.draining) throw new VeriframeError('server.draining');
    if (this.openSessions >= this.maxSessions) throw new VeriframeError('server.busy');
    const request = this.parts.tickets.redeem(ticket);
    this.starting++;
    try {
      return await this.start(request, link);
    } finally {
      this.starting--;
      this.tellWhenEmpty();
    }
  }

  /** Lets no newcomer in; resolves when every session has ended or `withinMs` has passed and the rest was cut off. */
  async drain(withinMs: number): Promise<void> {
    this.draining = true;
    if (this.openSessions === 0) return;
    const { clock } = this.parts.services;
    await new Promise<void>((resolve) => {
      const cancel = clock.wakeAt(clock.nowMs() + withinMs, resolve);
      this.emptied = () => {
        cancel();
        resolve();
      };
    });
    for (const runner of this.running) runner.abort('server.draining');
  }

  private async start(request: SessionRequest, link: ClientLink): Promise<SessionHandle> {
    const { services, limits, references, directory } = this.parts;
    const policy = policyFor(request.policy);
    const stored =
      request.mode === 'verify' && request.subject !== null
        ? await references.ofSubject(request.tenant, request.subject)
        : [];
    if (this.draining) throw new VeriframeError('server.draining');
    const runner: SessionRunner = new SessionRunner(request, policy, link, services, () => {
      this.running.delete(runner);
      directory.ended(request);
      this.tellWhenEmpty();
    });
    this.running.add(runner);
    directory.started(request);
    const { sessionId, mode } = request;
    try {
      runner.start(
        {
          type: 'welcome',
          sessionId,
          mode,
          policy: policy.name,
          limits: { ...limits, maxSessionMs: policy.timing.sessionMs },
        },
        stored,
      );
    } catch (error) {
      runner.abort('server.internal');
      throw error;
    }
    return runner;
  }

  private tellWhenEmpty(): void {
    if (this.openSessions === 0) this.emptied?.();
  }
}

/** Size of the integer range that a uniform draw in [0, 1) is taken from; `randomInt` allows up to 2^48. */
const DRAW_RANGE = 2 ** 48 - 1;

/** `count` independent uniform numbers in [0, 1) from the operating system's cryptographic source. */
export function secureDraws(count: number): readonly number[] {
  return Array.from({ length: count }, () => randomInt(DRAW_RANGE) / DRAW_RANGE);
}
