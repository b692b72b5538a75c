import type { Mode, Outcome } from '../../protocol/status.ts';
import type { Assurance, Reason } from '../decision/reasons.ts';
import type { AttemptedSubject } from '../identity/lock-out.ts';
import type { Reference } from '../session/event.ts';
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
   * Removes every reference of the subject, and the link from decisions to the subject, so that nothing
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

/** How one session ended. Holds no score, embedding or plain subject id. */
export interface Decision {
  readonly sessionId: string;
  readonly tenant: string;
  readonly mode: Mode;
  readonly outcome: Outcome;
  /** Whether the evidence of its session could be followed. */
  readonly observed: boolean;
  readonly policy: string;
  readonly reasons: readonly Reason[];
  readonly assurance: Assurance;
  readonly startedAtMs: number;
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

export interface RecordedDecision extends Decision {
  /** 64 hexadecimal digits, equal for equal subjects of one tenant; null when none or erased. */
  readonly subjectHash: string | null;
}

/** The record of decisions, for audit. Every method rejects with a `StoreError`. */
export interface DecisionLog {
  /**
   * Durable when it resolves. Resolves with whether this outcome is on record: an accept is not recorded when the
   * reference that it rests on is not (or no longer) stored. A session is decided once: recording it again changes
   * nothing.
   */
  record(decision: NewDecision): Promise<boolean>;
  find(tenant: string, sessionId: string): Promise<RecordedDecision | null>;
  /**
   * When verifications of the subject ended without accept, after `sinceMs` and after the last that was accepted. The
   * latest first, at most `limit`.
   */
  failedVerifications(
    attempted: AttemptedSubject,
    sinceMs: number,
    limit: number,
  ): Promise<readonly number[]>;
  /** At most `limit` decisions, the latest first, of those made before `before`; from the latest with null. */
  list(tenant: string, before: DecisionPlace | null, limit: number): Promise<readonly RecordedDecision[]>;
}

/** Where a decision stands in time among those of its tenant. */
export type DecisionPlace = Pick<Decision, 'decidedAtMs' | 'sessionId'>;

/** One database serving both ports. */
export interface Store {
  readonly references: ReferenceStore;
  readonly decisions: DecisionLog;
  /** Same as `references.close()`. */
  close(): Promise<void>;
}
