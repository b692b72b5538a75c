import type { Database } from 'better-sqlite3';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../../../models/ids.ts';
import type { StoredReference } from '../../store/ports.ts';
import type { Embeddings } from '../../vision/analysis.ts';
import type { FoundSubject } from './gallery.ts';
import { VectorIndex } from './vector-index.ts';

type ModelIndexes = ReadonlyMap<EmbeddingModelId, VectorIndex>;

interface Place {
  readonly referenceId: string;
  readonly id: number;
  readonly indexes: ModelIndexes;
}

/**
 * One tenant's references. They are grouped by the set of models that made them and by the lengths of their embeddings,
 * which may change with a model's version. Each group is searched with the strongest model that it shares with the
 * probe.
 */
export class TenantGallery {
  readonly #database: Database;
  readonly #name: string;
  readonly #indexesOfSet = new Map<string, ModelIndexes>();
  readonly #places = new Map<string, Place[]>();
  readonly #referenceIds = new Set<string>();
  #nextId = 1;

  constructor(database: Database, name: string) {
    this.#database = database;
    this.#name = name;
  }

  get size(): number {
    return this.#referenceIds.size;
  }

  /** Returns false for a reference that it holds. After references added in `bulk`, call `finishBulk`. */
  add({ referenceId, subject, embeddings }: Omit<StoredReference, 'tenant' | 'createdAtMs'>, bulk: boolean) {
    if (this.#referenceIds.has(referenceId)) return false;
    const indexes = this.#indexesFor(embeddings);
    const id = this.#nextId++;
    for (const [model, index] of indexes) index.add(id, subject, embeddings[model]!, bulk);
    this.#referenceIds.add(referenceId);
    const places = this.#places.get(subject);
    if (places === undefined) this.#places.set(subject, [{ referenceId, id, indexes }]);
    else places.push({ referenceId, id, indexes });
    return true;
  }

  removeSubject(subject: string): number {
    const places = this.#places.get(subject) ?? [];
    for (const { referenceId, id, indexes } of places) {
      for (const index of indexes.values()) index.remove(id);
      this.#referenceIds.delete(referenceId);
    }
    this.#places.delete(subject);
    return places.length;
  }

  finishBulk(): void {
    for (const indexes of this.#indexesOfSet.values()) {
      for (const index of indexes.values()) index.finishBulk();
    }
  }

  search(probe: Embeddings, k: number): FoundSubject[] {
    const subjects: FoundSubject[] = [];
    const seen = new Set<string>();
    for (const model of EMBEDDING_MODELS.toReversed()) {
      const vector = probe[model];
      if (vector === undefined) continue;
      const found = [...this.#indexesOfSet.values()]
        .filter((indexes) => strongestShared(indexes, probe) === model)
        .flatMap((indexes) => indexes.get(model)?.search(vector, k) ?? [])
        .toSorted((a, b) => b.score - a.score);
      let taken = 0;
      for (const { subject, score } of found) {
        if (taken === k) break;
        if (seen.has(subject)) continue;
        seen.add(subject);
        subjects.push({ subject, model, score });
        taken++;
      }
    }
    return subjects;
  }

  #indexesFor(embeddings: Embeddings): ModelIndexes {
    const models = EMBEDDING_MODELS.filter((model) => embeddings[model] !== undefined);
    const set = models.map((model) => `${model}${embeddings[model]!.length}`).join('_');
    const known = this.#indexesOfSet.get(set);
    if (known !== undefined) return known;
    const indexes = new Map(
      models.map((model) => {
        const name = `${this.#name}_${set}_by_${model}`;
        return [model, new VectorIndex(this.#database, name, embeddings[model]!.length)];
      }),
    );
    this.#indexesOfSet.set(set, indexes);
    return indexes;
  }
}

function strongestShared(indexes: ModelIndexes, probe: Embeddings): EmbeddingModelId | undefined {
  return EMBEDDING_MODELS.findLast(
    (model) => probe[model] !== undefined && indexes.get(model)?.dimensions === probe[model].length,
  );
}
