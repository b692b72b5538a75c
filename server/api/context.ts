import type { JSONWebKeySet } from 'jose';
import type { ModelId } from '../../models/ids.ts';
import type { ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Mode, Outcome } from '../../protocol/status.ts';
import type { Clock } from '../clock.ts';
import type { Right } from '../decision/policy-shape.ts';
import type { ApiKeys } from '../identity/api-keys.ts';
import type { LockOutPolicy } from '../identity/lock-out.ts';
import type { Tickets } from '../identity/tickets.ts';
import type { LiveGrant } from '../observe/live-feed.ts';
import type { SessionRequest } from '../session/ports.ts';
import type { DecisionLog, ReferenceStore } from '../store/ports.ts';

/** The policies there are. */
export interface PolicyCatalogue {
  names(): readonly string[];
  serves(name: string, mode: Mode): boolean;
  /** What a key must be granted to create sessions under it; null: nothing. */
  neededRight(name: string): Right | null;
}

/** What a relying party may learn of one of its sessions. */
export interface SessionView {
  readonly sessionId: string;
  readonly mode: Mode;
  readonly policy: string;
  readonly createdAtMs: number;
  /**
   * `waiting` for hello, `running`, `decided`, or `ended` without a decision: the ticket expired, the client left or
   * an error closed it.
   */
  readonly state: 'waiting' | 'running' | 'decided' | 'ended';
  /** Null until decided. */
  readonly outcome: Outcome | null;
  /** The signed decision; null until decided. */
  readonly token: string | null;
  /** The error that ended it without a decision; null where there was none, and where its ticket was never used. */
  readonly code: ErrorCode | null;
}

/** Sessions of this process from their creation until some time after their end. */
export interface SessionDirectory {
  /** A session was created and waits for its client until its ticket expires. */
  announce(request: SessionRequest, expiresAtMs: number): void;
  /** Null when there is none of that id for the tenant. */
  find(tenant: string, sessionId: string): SessionView | null;
}

/** Enrolled subjects, in the store and in every index made from it. */
export interface SubjectDirectory {
  /** Those that the subject is recognised by: none while it is being erased. */
  countReferences(tenant: string, subject: string): Promise<number>;
  /** An erasure was asked for and is not finished. */
  isBeingErased(tenant: string, subject: string): boolean;
  /**
   * Removes all of a subject's references, everywhere, and keeps open sessions from enrolling it. Returns how many
   * references there were. Nobody is recognised by them from the call on, also when it rejects: with `VeriframeError`
   * `subject.busy` where asking again can finish it.
   */
  erase(tenant: string, subject: string): Promise<number>;
}

/** The records that operators may read, page by page. */
export interface Audit {
  listDecisions: DecisionLog['list'];
  listSubjects: ReferenceStore['listSubjects'];
  countSubjects: ReferenceStore['countSubjects'];
}

/** What the server says about itself. */
export interface SystemInfo {
  readonly version: string;
  readonly tier: 'base' | 'full';
  readonly models: readonly { readonly id: ModelId; readonly licence: string }[];
  readonly transport: { readonly name: 'uws' | 'ws'; readonly why: string };
}

/** Everything the API's operations need, built once by the composition root. */
export interface ApiContext {
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly keys: ApiKeys;
  readonly tickets: Tickets;
  readonly liveTickets: Pick<Tickets<LiveGrant>, 'issue'>;
  readonly audit: Audit;
  readonly sessions: SessionDirectory;
  readonly subjects: SubjectDirectory;
  readonly attempts: Pick<DecisionLog, 'lockedUntil'>;
  readonly lockOut: LockOutPolicy;
  readonly policies: PolicyCatalogue;
  readonly jwks: JSONWebKeySet;
  readonly system: SystemInfo;
  readiness(): 'starting' | 'ready' | 'draining';
  /** Why a newcomer would be refused now (`server.busy`, `server.draining`), or null. */
  refusal(): VeriframeError | null;
}
