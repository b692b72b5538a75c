import type { Embeddings } from '../vision/analysis.ts';

/** A subject's stored reference, decrypted: an averaged, L2-normalised embedding for each model it was made with. */
export interface Reference {
  readonly referenceId: string;
  readonly subject: string;
  readonly embeddings: Embeddings;
}

/** A reference that a 1:N search found. */
export type Candidate = Reference;
