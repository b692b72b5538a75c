import { unclampedLlr } from './decision/calibrate.ts';
import { compare } from './decision/compare.ts';
import type { Gallery } from './gallery/gallery.ts';
import type { Candidate } from './session/event.ts';
import { StoreError } from './store/errors.ts';
import type { ReferenceStore } from './store/ports.ts';
import type { Embeddings } from './vision/analysis.ts';

/** A 1:N search whose candidates bring the stored reference that they are judged by. */
export type Search = (tenant: string, probe: Embeddings) => Promise<readonly Candidate[]>;

/** Subjects a search brings back. More than one, so that a fused comparison can overturn one network's order. */
const SEARCH_DEPTH = 8;

/**
 * Makes the 1:N search of a gallery: each candidate brings the one of its references that fits the probe best. Whom the
 * gallery finds and `references` does not know is no candidate: the gallery may lag behind. Nor is one whose references
 * do not all open, told to `onCorrupt`: a damaged row must not keep everybody else from being recognised.
 */
export function createSearch(
  gallery: Gallery,
  references: Pick<ReferenceStore, 'ofSubject'>,
  onCorrupt: (error: StoreError) => void,
): Search {
  const storedOf = async (tenant: string, subject: string): Promise<readonly Candidate[]> => {
    try {
      return await references.ofSubject(tenant, subject);
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'store.corrupt')) throw error;
      onCorrupt(error);
      return [];
    }
  };
  return async (tenant, probe) => {
    const found = gallery.search(tenant, probe, SEARCH_DEPTH);
    const stored = await Promise.all(found.map(({ subject }) => storedOf(tenant, subject)));
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
