import type { ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Downstream } from '../../protocol/downstream.ts';
import type { Upstream } from '../../protocol/upstream.ts';
import type { Mode } from '../../protocol/status.ts';

/** What is known of camera and device beside the pictures. */
export interface KnownTrust {
  /** Who vouches that the frames come from a camera. */
  readonly capture: 'unattested' | 'kiosk-signed' | 'attested';
  /** The subject's own device has signed the session. */
  readonly possession: boolean;
}

export const UNATTESTED: KnownTrust = { capture: 'unattested', possession: false };

/** What a relying party asked for when it created the session. */
export interface SessionRequest {
  readonly sessionId: string;
  readonly tenant: string;
  readonly mode: Mode;
  /** Present for enrol and verify, null for identify. */
  readonly subject: string | null;
  readonly policy: string;
  /** Copied into the token, like the nonce. */
  readonly audience: string | null;
  readonly nonce: string | null;
  readonly createdAtMs: number;
  /** Whether the relying party may follow its evidence frame by frame. */
  readonly observed?: true;
  /** Absent: nobody vouches for anything. */
  readonly trust?: KnownTrust;
}

/** The connection to the client. Its methods may be called after the socket has closed. */
export interface ClientLink {
  send(message: Downstream): void;
  /** Sends an error that does not end the session. */
  sendError(code: ErrorCode): void;
  /** Closes the socket: with 1000 when `code` is null, else with an `error` message and the code's close code. */
  close(code: ErrorCode | null): void;
}

/** What the gateway may do with a running session. */
export interface SessionHandle {
  receive(message: Exclude<Upstream, { type: 'hello' }>): void;
  /** The client is gone. `code` is the error with which the server ended its connection; absent or null: it did not. */
  disconnected(code?: ErrorCode | null): void;
}

/** What a client said of itself in its hello. */
export interface ClientOffers {
  /** It shows colours around the picture when told to. */
  readonly flash: boolean;
  /** Its camera has the name of a program that poses as a camera. */
  readonly virtualCamera?: boolean;
}

/** Turns tickets into running sessions. */
export interface SessionHost {
  /** Why a new session would be refused now (`server.busy`, `server.draining`), or null. */
  refusal(): VeriframeError | null;
  /**
   * Redeems a ticket. Rejects with `VeriframeError` (`ticket.invalid`, `subject.locked`, `server.busy`,
   * `server.draining`).
   */
  attach(ticket: string, link: ClientLink, offers?: ClientOffers): Promise<SessionHandle>;
}
