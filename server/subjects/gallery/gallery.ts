import Database from 'better-sqlite3';
import * as sqliteVec from 'sqlite-vec';
import type { EmbeddingModelId } from '../../../models/ids.ts';
import type { StoredReference } from '../../store/ports.ts';
import type { Embeddings } from '../../vision/analysis.ts';
import { faultInEmbeddings } from '../../vision/embedding-faults.ts';
import { GalleryError } from './errors.ts';
import { TenantGallery } from './tenant-gallery.ts';

export type GalleryReference = Pick<StoredReference, 'tenant' | 'referenceId' | 'subject' | 'embeddings'>;

/** A subject that a search found. Nothing to be accepted by: for that its stored reference has to be read. */
export interface Found {
  readonly subject: string;
  /** The model that searched. */
  readonly model: EmbeddingModelId;
  /** Cosine, -1..1. */
  readonly score: number;
}

/**
 * The 1:N index over opened references, in memory only. Tenants never see each other's subjects. Methods throw
 * `GalleryError`.
 */
export interface Gallery {
  /** References held, over all tenants. */
  readonly size: number;
  /**
   * Adds many, as `ReferenceStore.all` yields them; lets other work run meanwhile. A subject removed while it runs
   * stays removed. Returns how many were new.
   */
  load(references: AsyncIterable<GalleryReference> | Iterable<GalleryReference>): Promise<number>;
  /** Searchable when it returns. A reference already held (same tenant and id) is left as it is: returns false. */
  add(reference: GalleryReference): boolean;
  /** Overwrites and forgets every reference of the subject. Returns how many there were. */
  removeSubject(tenant: string, subject: string): number;
  /**
   * The tenant's subjects most similar to the probe, each by its best reference. A reference is compared by the
   * strongest model (order of `EMBEDDING_MODELS`) that it and the probe both have. Scores of different models
   * cannot be compared with each other, so there are up to `k` subjects for each model that searched: strongest
   * model first, then by falling score; a subject found by one model is not repeated by a weaker one. Empty when
   * there is nothing to compare.
   */
  search(tenant: string, probe: Embeddings, k: number): Found[];
  /** Forgets everything. Safe to call twice. */
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
  /** Subjects removed while a load runs, for each load: its pages may have been read before they were erased. */
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
        if (removed.has(keyOf(reference.tenant, reference.subject))) continue;
        if (this.#admit(reference, true)) added++;
      }
    } finally {
      this.#removedDuring.delete(removed);
      for (const tenant of this.#tenants.values()) tenant.settle();
    }
    return added;
  }

  add(reference: GalleryReference): boolean {
    return this.#admit(reference, false);
  }

  removeSubject(tenant: string, subject: string): number {
    this.#assertOpen();
    for (const removed of this.#removedDuring) removed.add(keyOf(tenant, subject));
    return this.#tenants.get(tenant)?.removeSubject(subject) ?? 0;
  }

  search(tenant: string, probe: Embeddings, k: number): Found[] {
    this.#assertOpen();
    if (!Number.isSafeInteger(k) || k < 1) throw new RangeError('k is a whole number of at least 1.');
    this.#assertFit(probe);
    return this.#tenants.get(tenant)?.search(probe, k) ?? [];
  }

  close(): void {
    this.#tenants.clear();
    this.#database.close();
  }

  #admit(reference: GalleryReference, bulk: boolean): boolean {
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

function keyOf(tenant: string, subject: string): string {
  return JSON.stringify([tenant, subject]);
}
