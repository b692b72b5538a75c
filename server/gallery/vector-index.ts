import type { Database } from 'better-sqlite3';
import { lengthOf } from './embeddings.ts';
import { GalleryError } from './errors.ts';
import { MAX_NEIGHBOURS, VectorTable } from './vector-table.ts';

/** Up to here comparing with every vector is as quick as any table, and costs no table's memory. */
export const EVERY_VECTOR_UP_TO = 256;

/**
 * From so many components (vectors × dimensions) on, bits and rescoring are quicker than float32 distances at equal
 * recall@1: 2.2 against 12 ms for 10 000 vectors of 1024. Shorter vectors stay with the exact search, since bits
 * gain nothing there: 8.3 against 7.8 ms for 60 000 vectors of 128.
 */
export const BITS_FROM_COMPONENTS = 2_000_000;
const BITS_FROM_DIMENSIONS = 256;

/** Least number of nearest bit patterns whose vectors are compared exactly. */
const BIT_CANDIDATES = 100;

interface Entry {
  readonly subject: string;
  readonly vector: Float32Array;
  readonly length: number;
}

export interface ScoredSubject {
  readonly subject: string;
  /** Cosine similarity, −1..1. */
  readonly score: number;
}

/**
 * Vectors of one model, searched for the most similar subjects. A sqlite-vec table proposes, the kept float32
 * vectors are compared exactly. Without such a table (few vectors) every vector is compared.
 */
export class VectorIndex {
  readonly #database: Database;
  readonly #name: string;
  readonly dimensions: number;
  readonly #entries = new Map<number, Entry>();
  readonly #vectorsOfSubject = new Map<string, number>();
  /** Upper bound of the vectors any one subject has. */
  #mostOfOneSubject = 0;
  #table: VectorTable | null = null;
  /** Vectors in the table when it was made, and rows it was given since. */
  #tableMadeFor = 0;
  #tableRows = 0;

  constructor(database: Database, name: string, dimensions: number) {
    this.#database = database;
    this.#name = name;
    this.dimensions = dimensions;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How searches are made now. */
  get form(): 'every-vector' | 'float' | 'bit' {
    return this.#table?.form ?? 'every-vector';
  }

  /** Keeps a copy. `bulk` puts off the table's care until `settle`. Throws `gallery.other_dimensions`. */
  add(id: number, subject: string, vector: Float32Array, bulk = false): void {
    this.#assertDimensions(vector);
    const entry = { subject, vector: Float32Array.from(vector), length: lengthOf(vector) };
    this.#entries.set(id, entry);
    const ofSubject = (this.#vectorsOfSubject.get(subject) ?? 0) + 1;
    this.#vectorsOfSubject.set(subject, ofSubject);
    this.#mostOfOneSubject = Math.max(this.#mostOfOneSubject, ofSubject);
    if (this.#table !== null) {
      this.#table.insert(id, entry.vector);
      this.#tableRows++;
    }
    if (!bulk) this.settle();
  }

  /** Forgets a vector and overwrites its bytes. */
  remove(id: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#table?.remove(id);
    entry.vector.fill(0);
    const left = (this.#vectorsOfSubject.get(entry.subject) ?? 1) - 1;
    if (left === 0) this.#vectorsOfSubject.delete(entry.subject);
    else this.#vectorsOfSubject.set(entry.subject, left);
    this.settle();
  }

  /** Makes the table that suits the size now; leaves a suitable one alone. */
  settle(): void {
    const { size } = this;
    const wanted = this.#wantedForm();
    const grown = wanted === 'bit' && size > 2 * this.#tableMadeFor;
    const hollow = this.#tableRows > 2 * size;
    if (wanted === this.form && (this.#table === null || (!grown && !hollow))) return;
    this.#table?.drop();
    this.#table = null;
    if (wanted === 'every-vector') return;
    this.#table = new VectorTable(
      this.#database,
      this.#name,
      this.dimensions,
      wanted === 'bit' ? this.#mean() : null,
    );
    this.#table.insertAll(this.#vectors());
    this.#tableMadeFor = size;
    this.#tableRows = size;
  }

  /**
   * The `count` most similar subjects, each with its most similar vector, best first. Exact unless the form is
   * `bit`, where a subject must be among the nearest bit patterns to be found.
   */
  search(probe: Float32Array, count: number): ScoredSubject[] {
    this.#assertDimensions(probe);
    const best = new Map<string, number>();
    const probeLength = lengthOf(probe);
    for (const { subject, vector, length } of this.#proposals(probe, count)) {
      const score = cosine(probe, probeLength, vector, length);
      if (score > (best.get(subject) ?? -Infinity)) best.set(subject, score);
    }
    return [...best]
      .map(([subject, score]) => ({ subject, score }))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, count);
  }

  #proposals(probe: Float32Array, count: number): Iterable<Entry> {
    if (this.#table === null) return this.#entries.values();
    // Were all the nearest of one subject, the next subject would come after the most that one subject has.
    const needed = count * this.#mostOfOneSubject;
    const wanted = this.#table.form === 'bit' ? Math.max(BIT_CANDIDATES, 2 * needed) : needed;
    if (wanted > MAX_NEIGHBOURS) return this.#entries.values();
    return this.#table.nearest(probe, wanted).flatMap((id) => this.#entries.get(id) ?? []);
  }

  /** Goes back to a smaller form only at half its bound, so that a size at the bound does not change it to and fro. */
  #wantedForm(): 'every-vector' | 'float' | 'bit' {
    const slack = (form: 'float' | 'bit') => (this.form === form ? 0.5 : 1);
    const components = this.dimensions < BITS_FROM_DIMENSIONS ? 0 : this.size * this.dimensions;
    if (components >= BITS_FROM_COMPONENTS * slack('bit')) return 'bit';
    if (this.form === 'bit') return 'float';
    return this.size > EVERY_VECTOR_UP_TO * slack('float') ? 'float' : 'every-vector';
  }

  #mean(): Float32Array {
    const sum = new Float64Array(this.dimensions);
    for (const { vector } of this.#entries.values()) {
      for (let index = 0; index < sum.length; index++) sum[index] += vector[index];
    }
    return Float32Array.from(sum, (total) => total / this.size);
  }

  *#vectors(): Generator<readonly [number, Float32Array]> {
    for (const [id, { vector }] of this.#entries) yield [id, vector];
  }

  #assertDimensions(vector: Float32Array): void {
    if (vector.length !== this.dimensions) throw new GalleryError('gallery.other_dimensions');
  }
}

/** Cosine similarity, summed in double precision, −1..1. */
function cosine(a: Float32Array, aLength: number, b: Float32Array, bLength: number): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index] * b[index];
  return Math.min(1, Math.max(-1, sum / (aLength * bLength)));
}
