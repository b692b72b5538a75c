import type { JSONWebKeySet } from 'jose';
import type { ModelId } from '../../models/ids.ts';
import type { VeriframeError } from '../../protocol/errors.ts';
import type { Mode, Outcome } from '../../protocol/status.ts';
import type { Clock } from '../clock.ts';
import type { Right } from '../decision/policy-shape.ts';
import type { ApiKeys } from '../identity/api-keys.ts';
import type { AttemptedSubject, LockOutPolicy } from '../identity/lock-out.ts';
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
}

/** Sessions of this process from their creation until some time after their end. */
export interface SessionDirectory {
  /** A session was created and waits for its client until its ticket expires. */
  announce(request: SessionRequest, expiresAtMs: number): void;
  /** Null when there is none of that id for the tenant. */
  find(tenant: string, sessionId: string): SessionView | null;
  /** Verifications of the subject that run, or whose ticket may still be used. */
  countOpen(attempted: AttemptedSubject): number;
}

/** Enrolled subjects, in the store and in every index made from it. */
export interface SubjectDirectory {
  countReferences(tenant: string, subject: string): Promise<number>;
  /** Removes all of a subject's references, everywhere. Returns how many there were. */
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
  readonly attempts: Pick<DecisionLog, 'failedVerifications'>;
  readonly lockOut: LockOutPolicy;
  readonly policies: PolicyCatalogue;
  readonly jwks: JSONWebKeySet;
  readonly system: SystemInfo;
  readiness(): 'starting' | 'ready' | 'draining';
  /** Why a newcomer would be refused now (`server.busy`, `server.draining`), or null. */
  refusal(): VeriframeError | null;
}
