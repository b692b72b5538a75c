import type { EnrolmentResult } from '../../../server/session/event.ts';
import type { NewReference, ReferenceStore, StoredReference } from '../../../server/store/ports.ts';
import { NO_RECORD } from '../../../server/store/subject-ports.ts';
import { createGallery } from '../../../server/subjects/gallery/gallery.ts';
import { Subjects } from '../../../server/subjects/subjects.ts';
import type { Embeddings } from '../../../server/vision/analysis.ts';

/** One subject's references, which the server's own rules let in. */
export interface SubjectRecords {
  readonly enrol: (embeddings: Embeddings) => Promise<EnrolmentResult>;
  readonly all: () => Promise<readonly StoredReference[]>;
}

const TENANT = 'tenant';
const SUBJECT = 'subject';

/** Keeps references in memory, in plain. */
class MemoryStore implements ReferenceStore {
  #held: StoredReference[] = [];

  async add(reference: NewReference): Promise<string> {
    const referenceId = `reference ${this.#held.length + 1}`;
    this.#held.push({ ...reference, referenceId });
    return referenceId;
  }

  async ofSubject(tenant: string, subject: string): Promise<readonly StoredReference[]> {
    return this.#held.filter((one) => one.tenant === tenant && one.subject === subject);
  }

  async *all(): AsyncGenerator<StoredReference> {
    yield* this.#held;
  }

  async eraseSubject(tenant: string, subject: string): Promise<number> {
    const before = this.#held.length;
    this.#held = this.#held.filter((one) => one.tenant !== tenant || one.subject !== subject);
    return before - this.#held.length;
  }

  async countSubjects(tenant: string): Promise<number> {
    return new Set(this.#held.filter((one) => one.tenant === tenant).map(({ subject }) => subject)).size;
  }

  async listSubjects(): Promise<never[]> {
    return [];
  }

  async knownPictures(): Promise<never[]> {
    return [];
  }

  async remove(): Promise<'unknown'> {
    return 'unknown';
  }
}

/** Records of a subject without references, under the rules of `Subjects`. */
export function openRecords(): SubjectRecords {
  const store = new MemoryStore();
  const silent = () => {};
  const subjects = new Subjects({
    references: store,
    gallery: createGallery(),
    sessions: { revokeEnrolments: silent, isRevoked: () => false },
    log: { error: silent } as never,
    records: { stateOf: async () => NO_RECORD },
    nowMs: () => 0,
    wallMs: () => 0,
  });
  return {
    enrol: (embeddings) =>
      subjects.enrol(
        {
          sessionId: 'session',
          tenant: TENANT,
          mode: 'enrol',
          subject: SUBJECT,
          policy: 'standard',
          audience: null,
          nonce: null,
          createdAtMs: 0,
        },
        embeddings,
        () => true,
      ),
    all: () => store.ofSubject(TENANT, SUBJECT),
  };
}
