import type { EmbeddingModelId } from '../../models/ids.ts';
import type { GalleryReference } from '../../server/subjects/gallery/gallery.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';
import { normalise } from '../../server/vision/embed.ts';
import { seededDraws } from '../../simulator/seeded.ts';

export function reference(subject: string, embeddings: Embeddings, changes: Partial<GalleryReference> = {}) {
  return { tenant: 'door', referenceId: `of ${subject}`, subject, embeddings, ...changes };
}

/** A unit vector in the plane of the first two axes. */
export function direction(angleDeg: number, dimensions = 8): Float32Array {
  const vector = new Float32Array(dimensions);
  vector[0] = Math.cos((angleDeg * Math.PI) / 180);
  vector[1] = Math.sin((angleDeg * Math.PI) / 180);
  return vector;
}

/**
 * References of people in clusters of look-alikes, off centre as face embeddings are, and `picture`, which makes a
 * probe of a person with new noise. A person's own part has variance 0.64, that of the cluster 0.36.
 */
export function clusteredPeople(
  model: EmbeddingModelId,
  dimensions: number,
  people: number,
  seed: number,
  { offCentre = 1, noise = 0.6 } = {},
) {
  const draw = seededDraws(seed);
  /** Mean 0, variance 1. */
  const deviate = () => Math.sqrt(12) * (draw() - 0.5);
  const deviates = () => Float32Array.from({ length: dimensions }, deviate);
  const offset = deviates();
  const clusters = Array.from({ length: Math.ceil(people / 20) }, deviates);
  const faces = Array.from({ length: people }, (_, index) => {
    const cluster = clusters[index % clusters.length];
    return deviates().map((value, axis) => offCentre * offset[axis] + 0.6 * cluster[axis] + 0.8 * value);
  });
  const picture = (index: number): Embeddings => ({
    [model]: normalise(faces[index].map((value) => value + noise * deviate())),
  });
  return { references: faces.map((_, index) => reference(`s${index}`, picture(index))), picture };
}
