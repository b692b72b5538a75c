import type { Database, Statement } from 'better-sqlite3';

/** sqlite-vec refuses to return more neighbours than this. */
export const MAX_NEIGHBOURS = 4096;

type Form = 'float' | 'bit';

/**
 * Vectors in one chunk, by measurement. Larger chunks are not searched faster. Smaller ones waste less memory, because
 * every table holds at least one whole chunk.
 */
const CHUNK_SIZE: Readonly<Record<Form, number>> = { float: 256, bit: 1024 };

/**
 * Nearest neighbours in one sqlite-vec table: by Euclidean distance between float32 vectors, which is exact, or by
 * Hamming distance between bit patterns, in which a bit says whether a component is above the mean.
 */
export class VectorTable {
  readonly form: Form;
  readonly #database: Database;
  readonly #name: string;
  readonly #mean: Float32Array | null;
  readonly #insert: Statement<[bigint, Buffer]>;
  readonly #delete: Statement<[bigint]>;
  readonly #search: Statement<[Buffer, number], number>;

  /**
   * A table of the bit form when there is a `mean`, else of the float form. The mean is needed because face embeddings
   * are not centred on zero: the signs of their components say little.
   */
  constructor(database: Database, name: string, dimensions: number, mean: Float32Array | null) {
    this.form = mean === null ? 'float' : 'bit';
    this.#database = database;
    this.#name = name;
    this.#mean = mean;
    const width = this.form === 'bit' ? Math.ceil(dimensions / 8) * 8 : dimensions;
    const value = this.form === 'bit' ? 'vec_bit(?)' : '?';
    database.exec(
      `CREATE VIRTUAL TABLE ${name} USING vec0(embedding ${this.form}[${width}], chunk_size=${CHUNK_SIZE[this.form]})`,
    );
    this.#insert = database.prepare(`INSERT INTO ${name} (rowid, embedding) VALUES (?, ${value})`);
    this.#delete = database.prepare(`DELETE FROM ${name} WHERE rowid = ?`);
    this.#search = database
      .prepare<[Buffer, number], number>(
        `SELECT rowid FROM ${name} WHERE embedding MATCH ${value} AND k = ? ORDER BY distance`,
      )
      .pluck();
  }

  insert(id: number, vector: Float32Array): void {
    this.#insert.run(BigInt(id), this.#encode(vector));
  }

  insertAll(vectors: Iterable<readonly [id: number, vector: Float32Array]>): void {
    this.#database.transaction(() => {
      for (const [id, vector] of vectors) this.insert(id, vector);
    })();
  }

  /** Also overwrites the vector: sqlite-vec does so in its chunk. */
  remove(id: number): void {
    this.#delete.run(BigInt(id));
  }

  /** Ids of the `count` nearest, nearest first; `count` is at most `MAX_NEIGHBOURS`. */
  nearest(probe: Float32Array, count: number): number[] {
    return this.#search.all(this.#encode(probe), count);
  }

  drop(): void {
    this.#database.exec(`DROP TABLE ${this.#name}`);
  }

  #encode(vector: Float32Array): Buffer {
    if (this.#mean === null) return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
    const bits = Buffer.alloc(Math.ceil(vector.length / 8));
    for (let index = 0; index < vector.length; index++) {
      if (vector[index] > this.#mean[index]) bits[index >> 3] |= 1 << (index & 7);
    }
    return bits;
  }
}
