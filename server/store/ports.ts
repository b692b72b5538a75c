import type { ErrorCode } from '../../protocol/errors.ts';
import type { Mode, Outcome } from '../../protocol/status.ts';
import type { Assurance, Reason } from '../decision/reasons.ts';
import type { AttemptedSubject, LockOutPolicy } from '../identity/lock-out.ts';
import type { Reference } from '../matching/reference.ts';
import type { Embeddings } from '../vision/analysis.ts';
import type { StoreError } from './errors.ts';
import type { KioskKeyStore, NewSubjectKey, SubjectKeyStore } from './key-ports.ts';
import type { SubjectStore } from './subject-ports.ts';

export interface NewReference {
  readonly tenant: string;
  /** Stored byte for byte: two spellings of one word in different Unicode forms are two subjects. */
  readonly subject: string;
  readonly embeddings: Embeddings;
  /** Whole milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly origin?: ReferenceOrigin;
  /** Digests of the pictures that it is made of, in hexadecimal; stored as keyed hashes. Absent: none. */
  readonly pictures?: readonly string[];
}

/** What a reference was made of. Absent: of the frames of a session. */
export interface ReferenceOrigin {
  readonly kind: 'photos';
  readonly pictures: number;
}

/** A decrypted reference with its tenant and time of creation. */
export interface StoredReference extends Reference {
  readonly tenant: string;
  readonly createdAtMs: number;
  readonly origin?: ReferenceOrigin;
}

/** Is told of each reference that cannot be opened. `error` has the code `store.corrupt`. */
export type OnCorruptReference = (referenceId: string, error: StoreError) => void;

/**
 * References at rest are encrypted; callers of this port give and get them in plain. Every method rejects with a
 * `StoreError` (codes in errors.ts). A write that rejects has stored nothing in part.
 */
export interface ReferenceStore {
  /** Durable when it resolves. Returns the new reference's id. `store.invalid` when it cannot be stored as given. */
  add(reference: NewReference): Promise<string>;
  /** Those of these digests of pictures that a stored reference of the subject is made of. */
  knownPictures(tenant: string, subject: string, digests: readonly string[]): Promise<readonly string[]>;
  /** Removes one reference, unless it is the subject's last: that is an erasure (`eraseSubject`). */
  remove(tenant: string, subject: string, referenceId: string): Promise<'removed' | 'last' | 'unknown'>;
  /**
   * The subject's references in order of creation. Without `onCorrupt` it rejects with `store.corrupt` when any of
   * them cannot be opened. With it, those are reported and left out, and it rejects only when none can be opened:
   * an empty list always means that the subject has no reference.
   */
  ofSubject(
    tenant: string,
    subject: string,
    onCorrupt?: OnCorruptReference,
  ): Promise<readonly StoredReference[]>;
  /**
   * Every reference of every tenant in order of creation, to build the in-memory gallery. A reference that cannot be
   * opened is reported to `onCorrupt` and left out; without `onCorrupt` the iteration rejects there.
   */
  all(onCorrupt?: OnCorruptReference): AsyncIterable<StoredReference>;
  /**
   * Removes every reference and WebAuthn key of the subject, its record, and the link from attempts to the subject, so
   * that nothing can be recovered. Returns how many references there were. When it rejects, the references may or may
   * not be gone, and traces of them may remain: call it again until it resolves.
   */
  eraseSubject(tenant: string, subject: string): Promise<number>;
  countSubjects(tenant: string): Promise<number>;
  /** At most `limit` subjects in order of their hashes, those after the hash `after`; null begins with the first. */
  listSubjects(tenant: string, after: string | null, limit: number): Promise<readonly SubjectSummary[]>;
}

/** What may be said of a subject without naming it. */
export interface SubjectSummary {
  /** 64 hexadecimal digits, as in `RecordedDecision`. */
  readonly subjectHash: string;
  readonly references: number;
  readonly firstEnrolledAtMs: number;
  readonly lastEnrolledAtMs: number;
}

/** What is known of an attempt from its beginning. */
interface AttemptStart {
  readonly sessionId: string;
  readonly tenant: string;
  readonly mode: Mode;
  /** Whether the relying party could follow the evidence of the session. */
  readonly observed: boolean;
  readonly policy: string;
  readonly startedAtMs: number;
}

/** An attempt as it begins, when its ticket is redeemed. */
export interface NewAttempt extends AttemptStart {
  /** The subject claimed; stored as a keyed hash only. Null when there is none. */
  readonly subject: string | null;
}

/**
 * An attempt as a decision ends it. Holds no score and no embedding. `subject` is the one decided on, null when there
 * is none; it is stored as a keyed hash only. An accept names the stored reference that it rests on.
 */
export type NewDecision = AttemptStart & {
  readonly reasons: readonly Reason[];
  readonly assurance: Assurance;
  readonly decidedAtMs: number;
} & (
    | {
        readonly outcome: 'accept';
        readonly subject: string;
        readonly restsOn: string;
        /** A WebAuthn key that was registered in the session: it is stored if the accept is. Absent: none. */
        readonly registers?: NewSubjectKey;
      }
    | { readonly outcome: Exclude<Outcome, 'accept'>; readonly subject: string | null }
  );

/** An attempt as an error ends it, without a decision. */
export interface NewFailure extends NewAttempt {
  readonly outcome: null;
  readonly code: ErrorCode;
  readonly decidedAtMs: number;
}

/** An attempt on record that has ended. */
interface EndedAttempt extends AttemptStart {
  /** 64 hexadecimal digits, equal for equal subjects of one tenant; null when there is none or it was erased. */
  readonly subjectHash: string | null;
  readonly decidedAtMs: number;
}

/** `Assurance` as read from the record: its cues may be of a newer version. */
export interface RecordedAssurance extends Omit<Assurance, 'measured' | 'unmeasured' | 'trust'> {
  readonly measured: readonly string[];
  readonly unmeasured: readonly string[];
  /** Absent where an earlier version recorded it. */
  readonly trust?: {
    readonly capture: string;
    readonly possession: { readonly proof: string; readonly userVerified: boolean } | null;
    readonly openTo: readonly string[];
    /** The kiosk's key, or who attested the application; null: neither. */
    readonly by: string | null;
  };
}

/**
 * A decision as read from the record. A newer version may have written it, so its reasons and cues are text and not
 * this version's closed sets: otherwise the server could not be rolled back.
 */
export interface RecordedDecision extends EndedAttempt {
  readonly outcome: Outcome;
  readonly reasons: readonly string[];
  readonly assurance: RecordedAssurance;
}

/** A failure as read from the record. Its code may be of a newer version, as in `RecordedDecision`. */
export interface RecordedFailure extends EndedAttempt {
  readonly outcome: null;
  readonly code: string;
}

export type RecordedAttempt = RecordedDecision | RecordedFailure;

/**
 * The record of attempts, for audit and for lock-outs: each has one beginning and one end. Every method rejects with
 * a `StoreError`.
 */
export interface DecisionLog {
  /**
   * Records the beginning of an attempt. For a verification of a subject that is locked out it records nothing and
   * returns when the subject takes an attempt again. Otherwise it returns null, and the beginning is durable. Checking
   * and writing are one step, so that simultaneous attempts cannot exceed the limit. `store.invalid` when the session
   * has begun before.
   */
  begin(attempt: NewAttempt, lockOut: LockOutPolicy): Promise<number | null>;
  /**
   * Records the end of an attempt. An attempt whose beginning could not be written is recorded whole. Durable when it
   * resolves. Returns whether this outcome is on record: an accept is refused when the reference that it rests on is
   * not stored (any more), or the subject is suspended or has expired, and the attempt stays open. Only the first end
   * counts: recording another changes nothing. The subject claimed stays as it was recorded at the beginning.
   */
  record(ending: NewDecision | NewFailure): Promise<boolean>;
  /** At most `limit` ended attempts of the subject, the latest first. */
  ofSubject(tenant: string, subject: string, limit: number): Promise<readonly RecordedAttempt[]>;
  /** Attempts of the subject from before no longer count for a lock-out. */
  unlock(tenant: string, subject: string, atMs: number): Promise<void>;
  /** Ends every open attempt with `server.internal`. Called at the start, for those that the last run left open. */
  endInterrupted(atMs: number): Promise<number>;
  /** Null when the attempt is unknown or still open. */
  find(tenant: string, sessionId: string): Promise<RecordedAttempt | null>;
  /** When the subject takes an attempt again; null when it takes one now. */
  lockedUntil(attempted: AttemptedSubject, nowMs: number, lockOut: LockOutPolicy): Promise<number | null>;
  /** At most `limit` attempts, the latest first, of those that ended before `before`; null begins with the latest. */
  list(tenant: string, before: DecisionPlace | null, limit: number): Promise<readonly RecordedAttempt[]>;
}

/** Where an attempt stands in its tenant's record, which is ordered by the time of its end. */
export type DecisionPlace = Pick<EndedAttempt, 'decidedAtMs' | 'sessionId'>;

/** One database that serves both ports. */
export interface Store {
  readonly references: ReferenceStore;
  readonly decisions: DecisionLog;
  readonly subjectKeys: SubjectKeyStore;
  readonly kioskKeys: KioskKeyStore;
  readonly subjects: SubjectStore;
  /** Safe to call twice. Later calls of either port reject with `store.unavailable`. */
  close(): Promise<void>;
}
