import type { ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Downstream } from '../../protocol/downstream.ts';
import type { Upstream } from '../../protocol/upstream.ts';
import type { Mode } from '../../protocol/status.ts';

/** What a relying party asked for when it created the session. */
export interface SessionRequest {
  readonly sessionId: string;
  readonly tenant: string;
  readonly mode: Mode;
  /** Required by enrol and verify, absent for identify. */
  readonly subject: string | null;
  readonly policy: string;
  /** Copied into the token. */
  readonly audience: string | null;
  readonly nonce: string | null;
  readonly createdAtMs: number;
  /** Whether the relying party may follow its evidence frame by frame. */
  readonly observed?: true;
}

/** The way back to the client. Safe to call after the socket closed. */
export interface ClientLink {
  send(message: Downstream): void;
  /** Tells the client of an error that does not end the session. */
  sendError(code: ErrorCode): void;
  /** Ends the socket: 1000 when `code` is null; else an `error` message, then the code's close code. */
  close(code: ErrorCode | null): void;
}

/** A running session as the gateway sees it. */
export interface SessionHandle {
  receive(message: Exclude<Upstream, { type: 'hello' }>): void;
  /** The client is gone; `code` is what the server ended its connection with, where it did. */
  disconnected(code?: ErrorCode | null): void;
}

/** What a client said in its hello that it can do. */
export interface ClientOffers {
  /** Show colours around the picture when told to. */
  readonly flash: boolean;
  /** Its camera has the name of a program that poses as one. */
  readonly virtualCamera?: boolean;
}

/** Who turns an accepted ticket into a running session. */
export interface SessionHost {
  /** Why a newcomer would be refused now (`server.busy`, `server.draining`), or null. */
  refusal(): VeriframeError | null;
  /**
   * Redeems a ticket. Rejects with `VeriframeError` (`ticket.invalid`, `subject.locked`, `server.busy`,
   * `server.draining`).
   */
  attach(ticket: string, link: ClientLink, offers?: ClientOffers): Promise<SessionHandle>;
}
