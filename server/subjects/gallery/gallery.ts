import Database from 'better-sqlite3';
import * as sqliteVec from 'sqlite-vec';
import type { EmbeddingModelId } from '../../../models/ids.ts';
import type { StoredReference } from '../../store/ports.ts';
import type { Embeddings } from '../../vision/analysis.ts';
import { faultInEmbeddings } from '../../vision/embedding-faults.ts';
import { subjectKey } from '../subject-key.ts';
import { GalleryError } from './errors.ts';
import { TenantGallery } from './tenant-gallery.ts';

export type GalleryReference = Pick<StoredReference, 'tenant' | 'referenceId' | 'subject' | 'embeddings'>;

/** A subject that a search found. It is not enough for an accept, for which the stored reference has to be read. */
export interface FoundSubject {
  readonly subject: string;
  /** The model whose embeddings were compared. */
  readonly model: EmbeddingModelId;
  /** Cosine, -1..1. */
  readonly score: number;
}

/**
 * The 1:N index of references in plain, in memory only. A search finds subjects of its own tenant only. Methods throw
 * `GalleryError`.
 */
export interface Gallery {
  /** Number of references, over all tenants. */
  readonly size: number;
  /**
   * Adds many references, as `ReferenceStore.all` yields them. Other work can run meanwhile. A subject that is removed
   * meanwhile stays removed. Returns how many references were new.
   */
  load(references: AsyncIterable<GalleryReference> | Iterable<GalleryReference>): Promise<number>;
  /** Searchable when it returns. Returns false, and changes nothing, for a tenant and reference id that it holds. */
  add(reference: GalleryReference): boolean;
  /** Overwrites and removes every reference of the subject. Returns how many there were. */
  removeSubject(tenant: string, subject: string): number;
  /**
   * The tenant's subjects that are most similar to the probe, each by its best reference. A reference is compared by
   * the strongest model (last in `EMBEDDING_MODELS`) that it and the probe share. Scores of different models cannot be
   * compared with each other, so the result has up to `k` subjects for each model: the strongest model first, and for
   * each model the highest score first. A subject that a stronger model found is not repeated. Empty when there is
   * nothing to compare.
   */
  search(tenant: string, probe: Embeddings, k: number): FoundSubject[];
  /** Removes everything. Safe to call twice. */
  close(): void;
}

/** Makes an empty gallery. Throws when the sqlite-vec extension cannot be loaded. */
export function createGallery(): Gallery {
  const database = new Database(':memory:');
  try {
    sqliteVec.load(database);
  } catch (error) {
    database.close();
    throw error;
  }
  database.pragma('secure_delete = ON');
  return new SqliteVecGallery(database);
}

class SqliteVecGallery implements Gallery {
  readonly #database: Database.Database;
  readonly #tenants = new Map<string, TenantGallery>();
  /** For each load under way, the subjects removed since it began: it may still bring their references. */
  readonly #removedDuring = new Set<Set<string>>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  get size(): number {
    let size = 0;
    for (const tenant of this.#tenants.values()) size += tenant.size;
    return size;
  }

  async load(references: AsyncIterable<GalleryReference> | Iterable<GalleryReference>): Promise<number> {
    const removed = new Set<string>();
    this.#removedDuring.add(removed);
    let added = 0;
    try {
      for await (const reference of references) {
        if (removed.has(subjectKey(reference.tenant, reference.subject))) continue;
        if (this.#insert(reference, true)) added++;
      }
    } finally {
      this.#removedDuring.delete(removed);
      for (const tenant of this.#tenants.values()) tenant.finishBulk();
    }
    return added;
  }

  add(reference: GalleryReference): boolean {
    return this.#insert(reference, false);
  }

  removeSubject(tenant: string, subject: string): number {
    this.#assertOpen();
    for (const removed of this.#removedDuring) removed.add(subjectKey(tenant, subject));
    return this.#tenants.get(tenant)?.removeSubject(subject) ?? 0;
  }

  search(tenant: string, probe: Embeddings, k: number): FoundSubject[] {
    this.#assertOpen();
    if (!Number.isSafeInteger(k) || k < 1) throw new RangeError('k is a whole number of at least 1.');
    this.#assertFit(probe);
    return this.#tenants.get(tenant)?.search(probe, k) ?? [];
  }

  close(): void {
    this.#tenants.clear();
    this.#database.close();
  }

  #insert(reference: GalleryReference, bulk: boolean): boolean {
    this.#assertOpen();
    this.#assertFit(reference.embeddings);
    let tenant = this.#tenants.get(reference.tenant);
    if (tenant === undefined) {
      tenant = new TenantGallery(this.#database, `tenant_${this.#tenants.size}`);
      this.#tenants.set(reference.tenant, tenant);
    }
    return tenant.add(reference, bulk);
  }

  #assertFit(embeddings: Embeddings): void {
    const fault = faultInEmbeddings(embeddings);
    if (fault !== null) throw new GalleryError('gallery.unfit_embeddings', fault);
  }

  #assertOpen(): void {
    if (!this.#database.open) throw new GalleryError('gallery.closed');
  }
}
