import { unclampedLlr } from '../matching/comparison-llr.ts';
import { compare } from '../matching/compare.ts';
import { thresholdAt } from '../matching/score-scales.ts';
import type { Fmr } from '../policy/false-match-rates.ts';
import type { FoundSubject, Gallery } from './gallery/gallery.ts';
import type { Candidate } from '../matching/reference.ts';
import { StoreError } from '../store/errors.ts';
import type { ReferenceStore } from '../store/ports.ts';
import type { Embeddings } from '../vision/analysis.ts';

/**
 * A 1:N search. Each candidate carries a stored reference: of each subject that was found its first one, which must not
 * contradict, and the one that fits best, which decides. They stand in this order, and are one where both are the same.
 */
export type Search = (tenant: string, probe: Embeddings) => Promise<readonly Candidate[]>;

/** Subjects that a search returns. Several, because the fused comparison may order them otherwise than one model. */
const SEARCH_DEPTH = 8;

/** At a score of this false match rate or above, the face may be the subject's. */
const POSSIBLE_FMR: Fmr = 1e-2;

/**
 * Makes the 1:N search of a gallery. A subject that the gallery finds and `references` does not know is not a
 * candidate: the gallery may be out of date.
 *
 * When a subject's references cannot be opened, `onCorrupt` is told. The search then rejects only if the face may be
 * that subject's. A damaged row must not stop the recognition of everybody else, and must not make its subject unknown.
 */
export function createSearch(
  gallery: Gallery,
  references: Pick<ReferenceStore, 'ofSubject'>,
  onCorrupt: (error: StoreError) => void,
): Search {
  const storedOf = async (tenant: string, found: FoundSubject): Promise<readonly Candidate[]> => {
    try {
      return await references.ofSubject(tenant, found.subject);
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'store.corrupt')) throw error;
      onCorrupt(error);
      if (found.score >= thresholdAt(found.model, POSSIBLE_FMR)) throw error;
      return [];
    }
  };
  return async (tenant, probe) => {
    const found = gallery.search(tenant, probe, SEARCH_DEPTH);
    const stored = await Promise.all(found.map((one) => storedOf(tenant, one)));
    return stored.flatMap((ofSubject) => {
      const [best] = bestOf(probe, ofSubject);
      if (best === undefined) return [];
      const [first] = ofSubject;
      return first.referenceId === best.referenceId ? [best] : [candidateOf(first), best];
    });
  };
}

/** The reference that fits the probe best; none when no reference can be compared with it. */
function bestOf(probe: Embeddings, references: readonly Candidate[]): readonly Candidate[] {
  const [best] = references
    .flatMap((reference) => {
      const comparison = compare(probe, reference.embeddings);
      return comparison === null
        ? []
        : [{ candidate: candidateOf(reference), llr: unclampedLlr(comparison) }];
    })
    .toSorted((a, b) => b.llr - a.llr);
  return best === undefined ? [] : [best.candidate];
}

function candidateOf({ referenceId, subject, embeddings }: Candidate): Candidate {
  return { referenceId, subject, embeddings };
}
