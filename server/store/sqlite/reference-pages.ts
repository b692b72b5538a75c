import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreError } from '../errors.ts';
import type { StoredReference } from '../ports.ts';

/** References that follow each other in order of creation, and those among them that do not open. */
export interface ReferencePage {
  readonly items: readonly (
    | { readonly opens: true; readonly reference: StoredReference }
    | { readonly opens: false; readonly referenceId: string; readonly detail: string | undefined }
  )[];
  /** To ask for the next page with; null after the last. */
  readonly next: number | null;
}

/**
 * `ReferenceStore.all` made of pages; the event loop runs between two of them. `pageAfter` gives the page that begins
 * after a place, 0 for the first.
 */
export async function* iteratePages(
  pageAfter: (after: number) => Promise<ReferencePage>,
  onCorrupt?: (referenceId: string, error: StoreError) => void,
): AsyncGenerator<StoredReference> {
  for (let after: number | null = 0; after !== null; ) {
    const page: ReferencePage = await pageAfter(after);
    for (const item of page.items) {
      if (item.opens) {
        yield item.reference;
        continue;
      }
      const error = new StoreError('store.corrupt', item.detail);
      if (onCorrupt === undefined) throw error;
      onCorrupt(item.referenceId, error);
    }
    after = page.next;
    if (after !== null) await nextTurn();
  }
}
