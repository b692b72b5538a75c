import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GEOMETRY_MODELS, type ModelId, SEQUENCE_MODELS } from '../../models/ids.ts';
import { packageRoot } from '../../models/package-root.ts';
import type { ApiKeys } from '../identity/api-keys.ts';
import type { LockOutPolicy } from '../identity/lock-out.ts';
import type { RelyingParty } from '../identity/relying-parties.ts';
import type { Tickets } from '../identity/tickets.ts';
import type { TokenIssuer } from '../identity/tokens.ts';
import type { LiveGrant } from '../observe/live-feed.ts';
import { ACCEPTED_POLICY_NAMES, lacksNetworks, neededRight, policyFor, serves } from '../policy/built-in.ts';
import type { SessionContext } from '../session/state.ts';
import type { SessionDirectory } from '../sessions/directory.ts';
import type { SessionRegistry } from '../sessions/registry.ts';
import type { Store } from '../store/ports.ts';
import type { PhotoImports } from '../subjects/photos/photo-import.ts';
import type { Subjects } from '../subjects/subjects.ts';
import type { Clock } from '../time/clock.ts';
import type { ApiContext, SystemInfo } from './context.ts';
import { createHealth } from './health.ts';

export interface ApiParts {
  readonly clock: Clock;
  readonly keys: ApiKeys;
  readonly issuer: Pick<TokenIssuer, 'jwks'>;
  readonly relyingPartyOf: (tenant: string) => RelyingParty | null;
  readonly store: Store & { probe(): Promise<void> };
  readonly pool: { readonly workers: number };
  readonly subjects: Subjects;
  readonly photoImports: PhotoImports;
  readonly directory: SessionDirectory;
  readonly sessions: {
    readonly registry: Pick<SessionRegistry, 'refusal'>;
    readonly tickets: Tickets;
    readonly lockOut: LockOutPolicy;
    readonly readiness: () => 'ready' | 'draining';
  };
  readonly observers: { readonly liveTickets: Tickets<LiveGrant> };
  readonly system: SystemInfo;
}

/** What the operations of the API work on, from the parts of the running server. */
export function createApiContext(parts: ApiParts): ApiContext {
  const { sessions, subjects } = parts;
  const { references, decisions, subjectKeys, kioskKeys } = parts.store;
  return {
    clock: parts.clock,
    keys: parts.keys,
    tickets: sessions.tickets,
    liveTickets: parts.observers.liveTickets,
    audit: {
      listDecisions: (...page) => decisions.list(...page),
      listSubjects: (...page) => references.listSubjects(...page),
      countSubjects: (tenant) => references.countSubjects(tenant),
    },
    sessions: parts.directory,
    subjects,
    subjectRecords: parts.store.subjects,
    references,
    photoImports: parts.photoImports,
    subjectKeys,
    kioskKeys,
    asksForKeys: (tenant) => parts.relyingPartyOf(tenant) !== null,
    attempts: decisions,
    lockOut: sessions.lockOut,
    policies: {
      names: () => ACCEPTED_POLICY_NAMES,
      serves,
      neededRight,
      acceptsNobody: (name) => lacksNetworks(name, parts.system.models),
      demandOf: (name) => policyFor(name).trustDemand,
    },
    jwks: parts.issuer.jwks,
    system: parts.system,
    health: createHealth({
      clock: parts.clock,
      isDraining: () => sessions.readiness() === 'draining',
      workers: () => parts.pool.workers,
      probeStore: () => parts.store.probe(),
      refusal: () => sessions.registry.refusal(),
    }),
    refusal: () => sessions.registry.refusal(),
  };
}

/** What the server says about itself: version, tier, models and how it is reached. */
export function describeSystem(
  models: SessionContext['models'],
  transport: SystemInfo['transport'],
): SystemInfo {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  const ids: readonly ModelId[] = [
    ...GEOMETRY_MODELS,
    ...models.embeddings,
    ...models.pad,
    ...(models.motion === true ? SEQUENCE_MODELS : []),
  ];
  return {
    version: manifest.version,
    tier: models.embeddings.includes('mobilefacenet') && models.pad.length > 0 ? 'full' : 'base',
    models: ids,
    transport: { name: transport.name, why: transport.why },
  };
}
