import type { ErrorCode } from '../../protocol/errors.ts';
import type { Mode, Outcome } from '../../protocol/status.ts';
import type { Assurance, Reason } from '../decision/reasons.ts';
import type { AttemptedSubject, LockOutPolicy } from '../identity/lock-out.ts';
import type { Reference } from '../matching/reference.ts';
import type { Embeddings } from '../vision/analysis.ts';
import type { StoreError } from './errors.ts';

export interface NewReference {
  readonly tenant: string;
  /** Kept byte for byte: two spellings of one word in different Unicode forms are two subjects. */
  readonly subject: string;
  readonly embeddings: Embeddings;
  /** Whole milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** An opened reference with its place. */
export interface StoredReference extends Reference {
  readonly tenant: string;
  readonly createdAtMs: number;
}

/**
 * References at rest are encrypted; this port speaks plain ones. Every method rejects with a `StoreError`
 * (codes in errors.ts) and never returns a partial write.
 */
export interface ReferenceStore {
  /** Durable when it resolves. Returns the new reference's id. `store.invalid` when it cannot be kept as given. */
  add(reference: NewReference): Promise<string>;
  /** In order of creation. `store.corrupt` when any of the subject's references does not open. */
  ofSubject(tenant: string, subject: string): Promise<readonly StoredReference[]>;
  /**
   * Every reference of every tenant, in order of creation; for building the in-memory gallery. A reference that
   * does not open is handed to `onCorrupt` and passed over; without `onCorrupt` the iteration rejects there.
   */
  all(onCorrupt?: (referenceId: string, error: StoreError) => void): AsyncIterable<StoredReference>;
  /**
   * Removes every reference of the subject, and the link from attempts to the subject, so that nothing
   * recoverable stays. Returns how many references there were. When it rejects, the references may be gone or not, and
   * traces of them may remain: call again, it finishes the work.
   */
  eraseSubject(tenant: string, subject: string): Promise<number>;
  countSubjects(tenant: string): Promise<number>;
  /** At most `limit` subjects in order of their hashes, beginning after `after`; from the start with null. */
  listSubjects(tenant: string, after: string | null, limit: number): Promise<readonly SubjectSummary[]>;
  /** Closes the whole store; safe to call twice. Later calls reject with `store.unavailable`. */
  close(): Promise<void>;
}

/** What may be told of a subject without naming it. */
export interface SubjectSummary {
  /** 64 hexadecimal digits, as in `RecordedDecision`. */
  readonly subjectHash: string;
  readonly references: number;
  readonly firstEnrolledAtMs: number;
  readonly lastEnrolledAtMs: number;
}

/** What is on record of a session from its beginning. */
interface Attempted {
  readonly sessionId: string;
  readonly tenant: string;
  readonly mode: Mode;
  /** Whether the evidence of its session could be followed. */
  readonly observed: boolean;
  readonly policy: string;
  readonly startedAtMs: number;
}

/** What a redeemed ticket becomes. */
export interface NewAttempt extends Attempted {
  /** The subject claimed; kept as a keyed hash only. Null when there is none. */
  readonly subject: string | null;
}

/** How one session was decided. Holds no score, embedding or plain subject id. */
export interface Decision extends Attempted {
  readonly outcome: Outcome;
  readonly reasons: readonly Reason[];
  readonly assurance: Assurance;
  readonly decidedAtMs: number;
}

/**
 * `subject` is the one decided on; it is kept as a keyed hash only. Null when there was none. An accept names the
 * subject's stored reference that it rests on.
 */
export type NewDecision = Omit<Decision, 'outcome'> &
  (
    | { readonly outcome: 'accept'; readonly subject: string; readonly restsOn: string }
    | { readonly outcome: Exclude<Outcome, 'accept'>; readonly subject: string | null }
  );

/** A session that ended without a decision. */
export interface NewFailure extends NewAttempt {
  readonly outcome: null;
  readonly code: ErrorCode;
  readonly decidedAtMs: number;
}

interface Hashed {
  /** 64 hexadecimal digits, equal for equal subjects of one tenant; null when none or erased. */
  readonly subjectHash: string | null;
}

export type RecordedDecision = Decision & Hashed;
export type RecordedFailure = Omit<NewFailure, 'subject'> & Hashed;
/** An attempt that has ended, at `decidedAtMs`. */
export type RecordedAttempt = RecordedDecision | RecordedFailure;

/**
 * The record of attempts, for audit and for lock-outs: each has one beginning and one ending. Every method rejects
 * with a `StoreError`.
 */
export interface DecisionLog {
  /**
   * Puts an attempt on record, unless its subject is locked out (verifications only): null, and durable, or when the
   * subject takes an attempt again. Asking and writing are one step, so that many at once are no more than allowed.
   * `store.invalid` when the session has begun before.
   */
  begin(attempt: NewAttempt, lockOut: LockOutPolicy): Promise<number | null>;
  /**
   * Ends an attempt; one whose beginning could not be written is put on record whole. Durable when it resolves, with
   * whether this outcome is on record: an accept is not when the reference that it rests on is not (or no longer)
   * stored, and the attempt stays open. It ends once: ending it again changes nothing. Who was claimed stays on record
   * as it was when it began.
   */
  record(ending: NewDecision | NewFailure): Promise<boolean>;
  /** Ends every attempt that is open with `server.internal`: after a start, those that the last run left open. */
  endInterrupted(atMs: number): Promise<number>;
  /** Null as well while the attempt is open. */
  find(tenant: string, sessionId: string): Promise<RecordedAttempt | null>;
  /** When the subject takes an attempt again; null when it takes one now. */
  lockedUntil(attempted: AttemptedSubject, nowMs: number, lockOut: LockOutPolicy): Promise<number | null>;
  /** At most `limit` attempts, the latest first, of those that ended before `before`; from the latest with null. */
  list(tenant: string, before: DecisionPlace | null, limit: number): Promise<readonly RecordedAttempt[]>;
}

/** Where an attempt's end stands in time among those of its tenant. */
export type DecisionPlace = Pick<Decision, 'decidedAtMs' | 'sessionId'>;

/** One database serving both ports. */
export interface Store {
  readonly references: ReferenceStore;
  readonly decisions: DecisionLog;
  /** Same as `references.close()`. */
  close(): Promise<void>;
}
