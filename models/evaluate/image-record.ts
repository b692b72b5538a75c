import { decode, encode } from '@msgpack/msgpack';
import type { AnalyzeReply } from '../../server/inference/calls.ts';
import type { Embeddings, FaceAnalysis } from '../../server/vision/analysis.ts';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../ids.ts';

/** What the quality gate needs to know of a face, beside its embeddings. */
export type FaceSummary = Pick<FaceAnalysis, 'presence' | 'box' | 'pose' | 'eyes' | 'quality'> & {
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly faceCount: number;
};

export type AcquireFailure =
  | 'no-face'
  | 'unclear-face'
  | 'turned-face'
  | Extract<AnalyzeReply, { ok: false }>['code'];

/** Result of the vision code for one image. */
export type ImageRecord =
  | { readonly acquired: true; readonly embeddings: Embeddings; readonly face: FaceSummary }
  | { readonly acquired: false; readonly why: AcquireFailure };

/**
 * Keeps the parts of a reply that an evaluation needs. A face without embeddings counts as not acquired, with the code
 * `server.internal`.
 */
export function recordOf(reply: AnalyzeReply): ImageRecord {
  if (!reply.ok) return { acquired: false, why: reply.code };
  const { face, width, height, faceCount = 1 } = reply.analysis;
  if (!face.found) return { acquired: false, why: face.why };
  const { presence, box, pose, eyes, quality, embeddings } = face.value;
  if (embeddings === undefined) return { acquired: false, why: 'server.internal' };
  const summary = { presence, box, pose, eyes, quality, faceCount };
  return { acquired: true, embeddings, face: { ...summary, frameWidth: width, frameHeight: height } };
}

type StoredRecord =
  | {
      readonly acquired: true;
      readonly embeddings: Readonly<Record<string, Uint8Array>>;
      readonly face: FaceSummary;
    }
  | { readonly acquired: false; readonly why: AcquireFailure };

/** Encodes a record as MessagePack, with embeddings as little-endian 32-bit floats. */
export function encodeRecord(record: ImageRecord): Uint8Array {
  return encode(record);
}

/** Decodes what `encodeRecord` wrote. Throws for any other bytes. */
export function decodeRecord(bytes: Uint8Array): ImageRecord {
  // This module wrote the bytes: the cache finds them by the hash of its code.
  const stored = decode(bytes) as StoredRecord;
  if (!stored.acquired) return stored;
  const embeddings: Partial<Record<EmbeddingModelId, Float32Array>> = {};
  for (const model of EMBEDDING_MODELS) {
    const data = stored.embeddings[model];
    // The floats need not be aligned to four bytes, so they are copied. A Buffer's own `slice` would not copy.
    if (data !== undefined) embeddings[model] = new Float32Array(new Uint8Array(data).buffer);
  }
  return { acquired: true, embeddings, face: stored.face };
}
