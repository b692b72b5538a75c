import type { ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Downstream } from '../../protocol/downstream.ts';
import type { Upstream } from '../../protocol/upstream.ts';
import type { Mode } from '../../protocol/status.ts';
import type { TrustDemand } from '../policy/trust.ts';

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
  /** What it demands beside the pictures; absent: nothing more than its policy. */
  readonly demand?: TrustDemand;
  /** The relying party vouches for another WebAuthn key of the subject, which an accept stores. */
  readonly registersKey?: true;
}

/** The connection to the client. Its methods may be called after the socket has closed. */
export interface ClientLink {
  send(message: Downstream): void;
  /** Sends an error that does not end the session. `detail` is added to the code's sentence. */
  sendError(code: ErrorCode, detail?: string): void;
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
  /** It can ask the person for a WebAuthn key. */
  readonly possession?: boolean;
  /** The id of the key that it signs its frames with; absent or null: it signs none. */
  readonly kioskKey?: string | null;
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
