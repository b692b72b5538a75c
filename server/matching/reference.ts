import type { Embeddings } from '../vision/analysis.ts';

/** A subject's stored reference, opened: one averaged, L2-normalised embedding for each model it was made with. */
export interface Reference {
  readonly referenceId: string;
  readonly subject: string;
  readonly embeddings: Embeddings;
}

/** A subject that a 1:N search found, by the stored reference that it is judged by. */
export type Candidate = Reference;
