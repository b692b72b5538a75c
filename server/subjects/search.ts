import { unclampedLlr } from '../matching/comparison-llr.ts';
import { compare } from '../matching/compare.ts';
import { thresholdAt } from '../matching/score-scales.ts';
import type { Fmr } from '../policy/false-match-rates.ts';
import type { Found, Gallery } from './gallery/gallery.ts';
import type { Candidate } from '../matching/reference.ts';
import { StoreError } from '../store/errors.ts';
import type { ReferenceStore } from '../store/ports.ts';
import type { Embeddings } from '../vision/analysis.ts';

/** A 1:N search whose candidates bring the stored reference that they are judged by. */
export type Search = (tenant: string, probe: Embeddings) => Promise<readonly Candidate[]>;

/** Subjects a search brings back. More than one, so that a fused comparison can overturn one network's order. */
const SEARCH_DEPTH = 8;

/** Above its score a face may be the subject's, and what is wrong with that subject's references matters. */
const POSSIBLE_FMR: Fmr = 1e-2;

/**
 * Makes the 1:N search of a gallery: each candidate brings the one of its references that fits the probe best. Whom the
 * gallery finds and `references` does not know is no candidate: the gallery may lag behind. Where a reference does not
 * open, told to `onCorrupt`, the search rejects only for a face that may be its subject's: a damaged row must not keep
 * everybody else from being recognised, nor have its subject taken for nobody.
 */
export function createSearch(
  gallery: Gallery,
  references: Pick<ReferenceStore, 'ofSubject'>,
  onCorrupt: (error: StoreError) => void,
): Search {
  const storedOf = async (tenant: string, found: Found): Promise<readonly Candidate[]> => {
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
    return stored.flatMap((ofSubject) => bestOf(probe, ofSubject));
  };
}

/** None where nothing can be compared with the probe. */
function bestOf(probe: Embeddings, references: readonly Candidate[]): readonly Candidate[] {
  const [best] = references
    .flatMap(({ referenceId, subject, embeddings }) => {
      const comparison = compare(probe, embeddings);
      const candidate = { referenceId, subject, embeddings };
      return comparison === null ? [] : [{ candidate, llr: unclampedLlr(comparison) }];
    })
    .toSorted((a, b) => b.llr - a.llr);
  return best === undefined ? [] : [best.candidate];
}
