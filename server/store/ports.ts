import type { Reference } from '../session/event.ts';
import type { Embeddings } from '../vision/analysis.ts';

export interface NewReference {
  readonly tenant: string;
  readonly subject: string;
  readonly embeddings: Embeddings;
  readonly createdAtMs: number;
}

/** An opened reference with its place. */
export interface StoredReference extends Reference {
  readonly tenant: string;
  readonly createdAtMs: number;
}

/**
 * References at rest are encrypted; this port speaks plain ones. Every method rejects with a `StoreError`
 * (`store.unavailable`, `store.corrupt`, `store.key_missing`) and never returns a partial write.
 */
export interface ReferenceStore {
  /** Durable when it resolves. Returns the new reference's id. */
  add(reference: NewReference): Promise<string>;
  ofSubject(tenant: string, subject: string): Promise<readonly StoredReference[]>;
  /** Every reference of every tenant, in order of creation; for building the in-memory gallery. */
  all(): AsyncIterable<StoredReference>;
  /** Removes every reference of the subject, so that nothing recoverable stays. Returns how many there were. */
  eraseSubject(tenant: string, subject: string): Promise<number>;
  countSubjects(tenant: string): Promise<number>;
  close(): Promise<void>;
}
