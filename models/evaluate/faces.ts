import type { Embeddings } from '../../server/vision/analysis.ts';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../ids.ts';
import type { ImageRecord } from './image-record.ts';

/** Embeddings of one network, row after row. */
export interface EmbeddingMatrix {
  readonly model: EmbeddingModelId;
  readonly dimensions: number;
  readonly data: Float32Array;
}

/** The acquired faces of a set. Row i of every matrix belongs to identity `identities[i]`. */
export interface Faces {
  readonly count: number;
  readonly identities: Int32Array;
  /** Index in the data set of each row's image. */
  readonly images: Int32Array;
  readonly matrices: readonly EmbeddingMatrix[];
}

/** One face of a `Faces` set. */
export interface FaceRow {
  readonly identity: number;
  readonly image: number;
  readonly embeddings: Embeddings;
}

/** The acquired faces among the records. `identityOf` returns the identity of the image with that index. */
export function acquiredFaces(
  records: readonly ImageRecord[],
  identityOf: (image: number) => number,
): FaceRow[] {
  return records.flatMap((record, image) =>
    record.acquired ? [{ identity: identityOf(image), image, embeddings: record.embeddings }] : [],
  );
}

/** Arranges faces in matrices for comparison, for the networks that all of the faces have. */
export function toFaces(rows: readonly FaceRow[]): Faces {
  const models = EMBEDDING_MODELS.filter((model) => rows.every(({ embeddings }) => embeddings[model]));
  const matrices = models.map((model): EmbeddingMatrix => {
    const dimensions = rows[0]?.embeddings[model]?.length ?? 0;
    const data = new Float32Array(rows.length * dimensions);
    for (const [row, { embeddings }] of rows.entries()) {
      const embedding = embeddings[model];
      if (embedding?.length !== dimensions) throw new RangeError(`${model} gave embeddings of two lengths.`);
      data.set(embedding, row * dimensions);
    }
    return { model, dimensions, data };
  });
  return {
    count: rows.length,
    identities: Int32Array.from(rows, ({ identity }) => identity),
    images: Int32Array.from(rows, ({ image }) => image),
    matrices,
  };
}

/** Row numbers by identity. */
export function rowsByIdentity(faces: Faces): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (const [row, identity] of faces.identities.entries()) {
    const list = rows.get(identity);
    if (list === undefined) rows.set(identity, [row]);
    else list.push(row);
  }
  return rows;
}

/** Copies of a row's embeddings. */
export function embeddingsOf(faces: Faces, row: number): Embeddings {
  const embeddings: Partial<Record<EmbeddingModelId, Float32Array>> = {};
  for (const { model, dimensions, data } of faces.matrices) {
    embeddings[model] = data.slice(row * dimensions, (row + 1) * dimensions);
  }
  return embeddings;
}
