import {
  ACCEPTED_POLICY_NAMES,
  lacksNetworks,
  neededRight,
  policyFor,
  serves,
} from '../../server/policy/built-in.ts';
import type { ApiContext } from '../../server/api/context.ts';
import { type ApiKeyRecord, createApiKeys } from '../../server/identity/api-keys.ts';
import { createLogger } from '../../server/observe/log.ts';
import { SessionDirectory } from '../../server/sessions/directory.ts';
import type { Store } from '../../server/store/ports.ts';
import { createGallery } from '../../server/subjects/gallery/gallery.ts';
import { Subjects } from '../../server/subjects/subjects.ts';
import { createContext } from '../gateway/harness.ts';
import { createSqliteBackend } from '../store/sqlite-backend.ts';
import { newReference } from '../store/support.ts';

export interface ApiOnStore {
  readonly context: ApiContext;
  readonly store: Store;
  readonly directory: SessionDirectory;
  readonly time: ReturnType<typeof createContext>['time'];
  readonly state: ReturnType<typeof createContext>['state'];
  close(): Promise<void>;
}

/** The API as the server composes it: a SQLite store in which `subjects` are enrolled, and the built-in policies. */
export async function openApiOnStore(
  keys: readonly ApiKeyRecord[],
  enrolled: readonly string[],
): Promise<ApiOnStore> {
  const backend = await createSqliteBackend();
  const store = await backend.open();
  for (const [seed, subject] of enrolled.entries())
    await store.references.add(newReference({ subject, seed: seed + 1 }));
  const gallery = createGallery();
  await gallery.load(store.references.all());
  const { context, time, state } = createContext();
  const { nowMs } = context.clock;
  const directory = new SessionDirectory({ nowMs });
  const subjects = new Subjects({
    references: store.references,
    gallery,
    sessions: directory,
    log: createLogger({ logLevel: 'silent' }),
    records: store.subjects,
    nowMs,
    wallMs: () => context.clock.wallMs(),
  });
  return {
    context: {
      ...context,
      keys: createApiKeys(keys),
      subjects,
      attempts: store.decisions,
      sessions: directory,
      subjectRecords: store.subjects,
      references: store.references,
      subjectKeys: store.subjectKeys,
      kioskKeys: store.kioskKeys,
      policies: {
        names: () => ACCEPTED_POLICY_NAMES,
        serves,
        neededRight,
        acceptsNobody: (name) => lacksNetworks(name, context.system.models),
        demandOf: (name) => policyFor(name).trustDemand,
      },
      audit: {
        listDecisions: (...page) => store.decisions.list(...page),
        listSubjects: (...page) => store.references.listSubjects(...page),
        countSubjects: (tenant) => store.references.countSubjects(tenant),
      },
    },
    store,
    directory,
    time,
    state,
    async close() {
      await store.close();
      gallery.close();
      await backend.dispose();
    },
  };
}
