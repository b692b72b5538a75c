import type { Database } from 'better-sqlite3';
import { lengthOf } from '../../vision/embedding-faults.ts';
import { GalleryError } from './errors.ts';
import { MAX_NEIGHBOURS, VectorTable } from './vector-table.ts';

/** Up to this many vectors, comparing with each one is as fast as a table and needs no memory for it. */
export const EVERY_VECTOR_UP_TO = 256;

/**
 * From this many components (vectors × dimensions) on, a search over bits with exact rescoring is faster than one over
 * float32 distances, at equal recall@1: 2.2 ms against 12 ms for 10 000 vectors of 1024 dimensions. Short vectors stay
 * with the exact search, because bits gain nothing there: 8.3 ms against 7.8 ms for 60 000 vectors of 128 dimensions.
 */
export const BITS_FROM_COMPONENTS = 2_000_000;
const BITS_FROM_DIMENSIONS = 256;

/** How many of the nearest bit patterns are compared exactly, at the least. */
const MIN_BIT_CANDIDATES = 100;

/**
 * How many vectors each change copies to a new table. One of 512 dimensions takes 39 µs. Filling a table of 100 000 at
 * once would take 3 s, in which one enrolment would delay the frames of every session.
 */
const COPIED_PER_CHANGE = 64;
/** Largest sample from which the mean of all vectors is estimated. */
const MEAN_SAMPLE = 4096;

/** A table that is being filled. The old one serves until it is complete. */
interface Filling {
  readonly table: VectorTable;
  /** The vectors that are not in it yet, including those that are added while it fills. */
  readonly remaining: Iterator<[number, Entry]>;
}

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
 * Vectors of one model, to be searched for the most similar subjects. A sqlite-vec table proposes vectors, which are
 * then compared exactly as float32. When there are few, there is no table, and every vector is compared.
 */
export class VectorIndex {
  readonly #database: Database;
  readonly #name: string;
  readonly dimensions: number;
  readonly #entries = new Map<number, Entry>();
  readonly #vectorsOfSubject = new Map<string, number>();
  /** Upper bound of the number of vectors that one subject has. */
  #mostOfOneSubject = 0;
  #table: VectorTable | null = null;
  #filling: Filling | null = null;
  #tablesMade = 0;
  /** Vectors that the table held when it was completed. */
  #tableBuiltFor = 0;
  /** Rows written to the table, including those deleted since. */
  #tableRows = 0;

  constructor(database: Database, name: string, dimensions: number) {
    this.#database = database;
    this.#name = name;
    this.dimensions = dimensions;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How a search is made at present. */
  get form(): 'every-vector' | 'float' | 'bit' {
    return this.#table?.form ?? 'every-vector';
  }

  /** Copies the vector. In `bulk` the table is left as it is until `finishBulk`. Throws `gallery.other_dimensions`. */
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
    if (!bulk) this.#updateTable(COPIED_PER_CHANGE);
  }

  /** Removes a vector and overwrites its bytes. */
  remove(id: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#table?.remove(id);
    this.#filling?.table.remove(id);
    entry.vector.fill(0);
    const left = (this.#vectorsOfSubject.get(entry.subject) ?? 1) - 1;
    if (left === 0) this.#vectorsOfSubject.delete(entry.subject);
    else this.#vectorsOfSubject.set(entry.subject, left);
    this.#updateTable(COPIED_PER_CHANGE);
  }

  /** Completes the table that suits the present size. */
  finishBulk(): void {
    this.#updateTable(Infinity);
  }

  /** Starts or continues the table that suits the present size. Copies `maxVectors` at most. */
  #updateTable(maxVectors: number): void {
    const wanted = this.#wantedForm();
    if (this.#filling !== null && this.#filling.table.form !== wanted) this.#abandon();
    if (wanted === 'every-vector') {
      this.#table?.drop();
      this.#table = null;
      return;
    }
    if (!this.#isSuitable(wanted)) this.#filling ??= this.#begin(wanted);
    if (this.#filling !== null && this.#fill(this.#filling, maxVectors)) this.#replace(this.#filling.table);
  }

  #isSuitable(wanted: 'float' | 'bit'): boolean {
    if (this.#table?.form !== wanted) return false;
    // The bits of a table come from the mean of its first vectors, which many new ones may have moved.
    const hasOldMean = wanted === 'bit' && this.size > 2 * this.#tableBuiltFor;
    const isMostlyDeleted = this.#tableRows > 2 * this.size;
    return !hasOldMean && !isMostlyDeleted;
  }

  #begin(form: 'float' | 'bit'): Filling {
    const name = `${this.#name}_${this.#tablesMade++}`;
    const mean = form === 'bit' ? this.#mean() : null;
    return {
      table: new VectorTable(this.#database, name, this.dimensions, mean),
      remaining: this.#entries.entries(),
    };
  }

  /** Returns whether the table now holds every vector. */
  #fill({ table, remaining }: Filling, maxVectors: number): boolean {
    let isComplete = false;
    table.insertAll(
      (function* () {
        for (let copied = 0; copied < maxVectors; copied++) {
          const next = remaining.next();
          if (next.done === true) {
            isComplete = true;
            return;
          }
          const [id, { vector }] = next.value;
          yield [id, vector] as const;
        }
      })(),
    );
    return isComplete;
  }

  #replace(table: VectorTable): void {
    this.#table?.drop();
    this.#table = table;
    this.#filling = null;
    this.#tableBuiltFor = this.size;
    this.#tableRows = this.size;
  }

  #abandon(): void {
    this.#filling?.table.drop();
    this.#filling = null;
  }

  /**
   * The `count` most similar subjects, each by its most similar vector, best first. Exact, except in the form `bit`:
   * there it finds only subjects that are among the nearest bit patterns.
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
    // One subject may own the nearest vectors, as many as it has, before the next subject comes.
    const needed = count * this.#mostOfOneSubject;
    const wanted = this.#table.form === 'bit' ? Math.max(MIN_BIT_CANDIDATES, 2 * needed) : needed;
    if (wanted > MAX_NEIGHBOURS) return this.#entries.values();
    return this.#table.nearest(probe, wanted).flatMap((id) => this.#entries.get(id) ?? []);
  }

  /** Returns to a smaller form only at half the limit, so that a size near the limit does not switch back and forth. */
  #wantedForm(): 'every-vector' | 'float' | 'bit' {
    const slack = (form: 'float' | 'bit') => (this.form === form ? 0.5 : 1);
    const components = this.dimensions < BITS_FROM_DIMENSIONS ? 0 : this.size * this.dimensions;
    if (components >= BITS_FROM_COMPONENTS * slack('bit')) return 'bit';
    if (this.form === 'bit') return 'float';
    return this.size > EVERY_VECTOR_UP_TO * slack('float') ? 'float' : 'every-vector';
  }

  #mean(): Float32Array {
    const sum = new Float64Array(this.dimensions);
    const step = Math.ceil(this.size / MEAN_SAMPLE);
    let at = 0;
    let averaged = 0;
    for (const { vector } of this.#entries.values()) {
      if (at++ % step !== 0) continue;
      for (let index = 0; index < sum.length; index++) sum[index] += vector[index];
      averaged++;
    }
    return Float32Array.from(sum, (total) => total / averaged);
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
