import type { JSONWebKeySet } from 'jose';
import type { ModelId } from '../../models/ids.ts';
import type { VeriframeError } from '../../protocol/errors.ts';
import type { Mode } from '../../protocol/status.ts';
import type { Clock } from '../time/clock.ts';
import type { Right } from '../policy/shape.ts';
import type { TrustDemand } from '../policy/trust.ts';
import type { ApiKeys } from '../identity/api-keys.ts';
import type { LockOutPolicy } from '../identity/lock-out.ts';
import type { Tickets } from '../identity/tickets.ts';
import type { LiveGrant } from '../observe/live-feed.ts';
import type { SessionDirectory } from '../sessions/directory.ts';
import type { PhotoImports } from '../subjects/photos/photo-import.ts';
import type { Subjects } from '../subjects/subjects.ts';
import type { KioskKeyStore, SubjectKeyStore } from '../store/key-ports.ts';
import type { DecisionLog, ReferenceStore } from '../store/ports.ts';
import type { SubjectStore } from '../store/subject-ports.ts';

/** The policies there are. */
interface PolicyCatalogue {
  names(): readonly string[];
  serves(name: string, mode: Mode): boolean;
  /** What a key must be granted to create sessions under it; null: nothing. */
  neededRight(name: string): Right | null;
  /** Whether no session of the policy can be accepted here, for want of networks that it relies on. */
  acceptsNobody(name: string): boolean;
  /** What its sessions demand beside their pictures. */
  demandOf(name: string): TrustDemand;
}

/** The records that operators may read, page by page. */
interface Audit {
  listDecisions: DecisionLog['list'];
  listSubjects: ReferenceStore['listSubjects'];
  countSubjects: ReferenceStore['countSubjects'];
}

/** What the server says about itself. */
export interface SystemInfo {
  readonly version: string;
  readonly tier: 'base' | 'full';
  /** Those that are loaded. */
  readonly models: readonly ModelId[];
  readonly transport: { readonly name: 'uws' | 'ws'; readonly why: string };
}

/** Everything the API's operations need, built once by the composition root. */
export interface ApiContext {
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly keys: ApiKeys;
  readonly tickets: Tickets;
  readonly liveTickets: Pick<Tickets<LiveGrant>, 'issue'>;
  readonly audit: Audit;
  readonly sessions: Pick<SessionDirectory, 'announce' | 'find' | 'attest'>;
  readonly subjects: Pick<
    Subjects,
    'countReferences' | 'isBeingErased' | 'erase' | 'standingOf' | 'removeReference'
  >;
  readonly subjectRecords: Pick<SubjectStore, 'find' | 'change' | 'search'>;
  /** The subject's references with their templates, suspended or not, for its record and its export. */
  readonly references: Pick<ReferenceStore, 'ofSubject'>;
  readonly photoImports: Pick<PhotoImports, 'run' | 'workers'>;
  readonly subjectKeys: Pick<SubjectKeyStore, 'ofSubject' | 'remove'>;
  readonly kioskKeys: Pick<KioskKeyStore, 'add' | 'list' | 'revoke'>;
  /** Whether a WebAuthn relying party is set up for the tenant. */
  readonly asksForKeys: (tenant: string) => boolean;
  readonly attempts: Pick<DecisionLog, 'lockedUntil' | 'unlock' | 'ofSubject'>;
  readonly lockOut: LockOutPolicy;
  readonly policies: PolicyCatalogue;
  readonly jwks: JSONWebKeySet;
  readonly system: SystemInfo;
  /** Whether sessions should be sent here: null, or why not (`server.draining`, `server.not_ready`, `server.busy`). */
  health(): Promise<VeriframeError | null>;
  /** Why a newcomer would be refused now (`server.busy`, `server.draining`), or null. */
  refusal(): VeriframeError | null;
}
