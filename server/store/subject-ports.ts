/** Who agreed to what, and when: kept beside a subject's references. */
export interface Consent {
  /** Who took it, or where, in the operator's words. 1 to 200 characters. */
  readonly by: string;
  /** Whole milliseconds since 1970. */
  readonly atMs: number;
  /** Which wording was agreed to, in the operator's words. 1 to 200 characters. */
  readonly textVersion: string;
}

/** What is kept of a subject beside its references and keys. A subject without a record has none of it. */
export interface SubjectState {
  /** The operator's word for the subject, 1 to 200 characters. */
  readonly label: string | null;
  readonly consent: Consent | null;
  /** Since when nobody is accepted as this subject. */
  readonly suspendedAtMs: number | null;
  /** From when on nobody is accepted as this subject, which is then erased. */
  readonly expiresAtMs: number | null;
}

/** The state of a subject, with what its references and attempts say of it. */
export interface SubjectRecord extends SubjectState {
  readonly subject: string;
  /** 64 hexadecimal digits, as in `RecordedDecision`. */
  readonly subjectHash: string;
  readonly references: number;
  readonly firstEnrolledAtMs: number;
  readonly lastEnrolledAtMs: number;
  /** When it was last accepted by a verification or identification that was not observed. */
  readonly lastAcceptedAtMs: number | null;
}

/** Which subjects a search finds: those to which all of it applies. Absent: any. */
export interface SubjectFilter {
  /** Each of its words must be a word of the label. Case and accents do not count. */
  readonly label?: string | undefined;
  readonly suspended?: boolean | undefined;
  /** Whether a consent is on record. */
  readonly consented?: boolean | undefined;
  readonly expiresBeforeMs?: number | undefined;
  /** Neither enrolled nor accepted since. */
  readonly unusedSinceMs?: number | undefined;
}

/**
 * Records of subjects, encrypted at rest like references and erased with them (`ReferenceStore.eraseSubject`). A label
 * is found by keyed hashes of its words. Every method rejects with a `StoreError`; `store.corrupt` when a record does
 * not open, so that a suspension which was tampered with suspends.
 */
export interface SubjectStore {
  /** Nothing (all null) for a subject without a record. */
  stateOf(tenant: string, subject: string): Promise<SubjectState>;
  /** Null when the subject has no reference. */
  find(tenant: string, subject: string): Promise<SubjectRecord | null>;
  /**
   * Changes what is given and leaves the rest. Durable when it resolves. Null, and nothing changes, when the subject
   * has no reference.
   */
  change(tenant: string, subject: string, changes: Partial<SubjectState>): Promise<SubjectRecord | null>;
  /**
   * At most `limit` subjects in order of their hashes, those after the hash `after`; how many the filter finds; and the
   * `after` of the next page, null after the last. A subject that does not open is left out, so that it hides nobody
   * else, and counts in the total.
   */
  search(
    tenant: string,
    filter: SubjectFilter,
    after: string | null,
    limit: number,
  ): Promise<{
    readonly total: number;
    readonly subjects: readonly SubjectRecord[];
    readonly next: string | null;
  }>;
  /**
   * At most `limit` subjects of any tenant that expired at `atMs`, or were neither enrolled nor accepted since
   * `unusedSinceMs` (null: whenever).
   */
  due(
    atMs: number,
    unusedSinceMs: number | null,
    limit: number,
  ): Promise<readonly { readonly tenant: string; readonly subject: string }[]>;
}

/** What a subject without a record has. */
export const NO_RECORD: SubjectState = { label: null, consent: null, suspendedAtMs: null, expiresAtMs: null };

/** Whether somebody may be accepted as the subject at this time. */
export function mayBeAccepted({ suspendedAtMs, expiresAtMs }: SubjectState, atMs: number): boolean {
  return suspendedAtMs === null && (expiresAtMs === null || atMs < expiresAtMs);
}
