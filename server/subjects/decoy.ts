import { randomBytes, randomUUID } from 'node:crypto';
import type { EmbeddingModelId } from '../../models/ids.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { ReferenceStore, StoredReference } from '../store/ports.ts';
import type { Embeddings } from '../vision/analysis.ts';

/**
 * A reference that nobody matches, for a subject that has none: a random direction for each model. Embeddings have 128
 * dimensions or more, so its cosine with any face is 0 with a standard deviation of at most .09. With MobileFaceNet one
 * face in a thousand passes the threshold that one stranger in a hundred passes (.27), and one in two million passes
 * the threshold of an accept (.431). A probe is therefore refused at the same point as against a stranger's reference.
 */
export function decoyReference(
  tenant: string,
  subject: string,
  models: readonly EmbeddingModelId[],
  random: (count: number) => Uint8Array = randomBytes,
): StoredReference {
  const embeddings: Embeddings = Object.fromEntries(
    models.map((model) => [model, randomDirection(MODEL_MANIFEST[model].outputs[0]?.shape[0] ?? 0, random)]),
  );
  return { referenceId: randomUUID(), tenant, subject, embeddings, createdAtMs: 0 };
}

/** The references to verify by. A subject that has none gets a decoy, a new one each time. */
export function withDecoys(
  references: Pick<ReferenceStore, 'ofSubject'>,
  models: readonly EmbeddingModelId[],
): Pick<ReferenceStore, 'ofSubject'> {
  return {
    async ofSubject(tenant, subject) {
      const stored = await references.ofSubject(tenant, subject);
      return stored.length > 0 ? stored : [decoyReference(tenant, subject, models)];
    },
  };
}

/** Uniform on the unit sphere: each coordinate is nearly normal, as the sum of twelve uniform bytes is. */
function randomDirection(dimensions: number, random: (count: number) => Uint8Array): Float32Array {
  const SUMMANDS = 12;
  const bytes = random(SUMMANDS * dimensions);
  const raw = Float32Array.from({ length: dimensions }, (_, at) =>
    bytes.subarray(at * SUMMANDS, (at + 1) * SUMMANDS).reduce((sum, byte) => sum + byte - 127.5, 0),
  );
  const norm = Math.hypot(...raw);
  return raw.map((value) => value / norm);
}
