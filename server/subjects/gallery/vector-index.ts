import type { Database } from 'better-sqlite3';
import { lengthOf } from '../../vision/embedding-faults.ts';
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

/**
 * Vectors that move to a table in the making with each change: 39 µs each of 512 dimensions, so that no enrolment holds
 * up the frames of others for as long as a table takes to fill, which is 3 s for 100 000.
 */
const MOVED_AT_A_TIME = 64;
/** Vectors whose mean stands for the mean of all. */
const AVERAGED = 4096;

/** A table that is being filled; until it is full the old one serves. */
interface Filling {
  readonly table: VectorTable;
  /** Those that are not in it yet, and those that come while it fills. */
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
  #filling: Filling | null = null;
  #tablesMade = 0;
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

  /** Keeps a copy. `bulk` puts off all care of tables until `settle`. Throws `gallery.other_dimensions`. */
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
    if (!bulk) this.#tend(MOVED_AT_A_TIME);
  }

  /** Forgets a vector and overwrites its bytes. */
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
    this.#tend(MOVED_AT_A_TIME);
  }

  /** Makes the table that suits the size now, whole; leaves a suitable one alone. */
  settle(): void {
    this.#tend(Infinity);
  }

  /** Sees to it that there is the table that suits the size now, moving at most so many vectors. */
  #tend(most: number): void {
    const wanted = this.#wantedForm();
    if (this.#filling !== null && this.#filling.table.form !== wanted) this.#abandon();
    if (wanted === 'every-vector') {
      this.#table?.drop();
      this.#table = null;
      return;
    }
    if (!this.#isSuitable(wanted)) this.#filling ??= this.#begin(wanted);
    if (this.#filling !== null && this.#fill(this.#filling, most)) this.#replace(this.#filling.table);
  }

  #isSuitable(wanted: 'float' | 'bit'): boolean {
    if (this.#table?.form !== wanted) return false;
    const grown = wanted === 'bit' && this.size > 2 * this.#tableMadeFor;
    const hollow = this.#tableRows > 2 * this.size;
    return !grown && !hollow;
  }

  #begin(form: 'float' | 'bit'): Filling {
    const name = `${this.#name}_${this.#tablesMade++}`;
    const mean = form === 'bit' ? this.#mean() : null;
    return {
      table: new VectorTable(this.#database, name, this.dimensions, mean),
      remaining: this.#entries.entries(),
    };
  }

  /** Whether all are in it. */
  #fill({ table, remaining }: Filling, most: number): boolean {
    let isFull = false;
    table.insertAll(
      (function* () {
        for (let moved = 0; moved < most; moved++) {
          const next = remaining.next();
          if (next.done === true) {
            isFull = true;
            return;
          }
          const [id, { vector }] = next.value;
          yield [id, vector] as const;
        }
      })(),
    );
    return isFull;
  }

  #replace(table: VectorTable): void {
    this.#table?.drop();
    this.#table = table;
    this.#filling = null;
    this.#tableMadeFor = this.size;
    this.#tableRows = this.size;
  }

  #abandon(): void {
    this.#filling?.table.drop();
    this.#filling = null;
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
    const step = Math.ceil(this.size / AVERAGED);
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
