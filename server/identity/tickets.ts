import { createHash, randomBytes } from 'node:crypto';
import { VeriframeError } from '../../protocol/errors.ts';
import type { Clock } from '../time/clock.ts';
import type { SessionRequest } from '../session/ports.ts';

interface IssuedTicket {
  /** `vt_` and 256 random bits in base64url. Given out once; only its hash is stored. */
  readonly ticket: string;
  readonly expiresAtMs: number;
}

/** Short-lived tickets, each of which permits one thing once: to run a session, unless `Grant` says otherwise. */
export interface Tickets<Grant = SessionRequest> {
  /**
   * @throws VeriframeError `server.busy` when too many tickets are outstanding, with the time until the oldest of them
   * expires
   */
  issue(grant: Grant): IssuedTicket;
  /**
   * Uses the ticket up.
   * @throws VeriframeError `ticket.invalid` when it is unknown, used or expired; the error does not say which
   */
  redeem(ticket: string): Grant;
  /**
   * As `redeem`, but the caller decides later whether the ticket is used up: `use` uses it up, `putBack` makes it valid
   * again. Until then nobody else can redeem it.
   * @throws VeriframeError as `redeem`
   */
  take(ticket: string): { readonly grant: Grant; use(): void; putBack(): void };
  /** Number of tickets that are neither used nor known to have expired. */
  readonly outstanding: number;
}

interface TicketOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly lifetimeMs: number;
  readonly maxOutstanding: number;
}

const PREFIX = 'vt_';
const RANDOM_BYTES = 32;

/** Tickets that exist in the memory of this process. */
export function createTickets<Grant = SessionRequest>({
  clock,
  lifetimeMs,
  maxOutstanding,
}: TicketOptions): Tickets<Grant> {
  /** By hash. All have the same lifetime, so they expire in the order of insertion. */
  const issued = new Map<string, { readonly grant: Grant; readonly expiresAtMs: number; taken: boolean }>();

  const dropExpired = (nowMs: number) => {
    for (const [hash, { expiresAtMs }] of issued) {
      if (expiresAtMs > nowMs) return;
      issued.delete(hash);
    }
  };

  const take = (ticket: string) => {
    dropExpired(clock.nowMs());
    const hash = hashOf(ticket);
    const entry = issued.get(hash);
    if (entry === undefined || entry.taken) throw new VeriframeError('ticket.invalid');
    entry.taken = true;
    return {
      grant: entry.grant,
      use: () => void issued.delete(hash),
      putBack: () => void (entry.taken = false),
    };
  };

  return {
    issue(grant) {
      const nowMs = clock.nowMs();
      dropExpired(nowMs);
      if (issued.size >= maxOutstanding) {
        const [oldest] = issued.values();
        const retryAfterMs = (oldest?.expiresAtMs ?? nowMs + lifetimeMs) - nowMs;
        throw new VeriframeError('server.busy', undefined, { retryAfterMs });
      }
      const ticket = PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
      const expiresAtMs = nowMs + lifetimeMs;
      issued.set(hashOf(ticket), { grant, expiresAtMs, taken: false });
      return { ticket, expiresAtMs };
    },
    take,
    redeem(ticket) {
      const { grant, use } = take(ticket);
      use();
      return grant;
    },
    get outstanding() {
      return issued.size;
    },
  };
}

/** Tickets are looked up by hash, so the time of a lookup reveals nothing about existing tickets. */
function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex');
}
