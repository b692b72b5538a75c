import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreError } from './errors.ts';
import type { OnCorruptReference, StoredReference } from './ports.ts';

/** A stored reference, opened, or the reason why it cannot be opened. */
export type ReferenceItem =
  | { readonly opens: true; readonly reference: StoredReference }
  | { readonly opens: false; readonly referenceId: string; readonly detail: string | undefined };

/** References in order of creation. */
export interface ReferencePage {
  readonly items: readonly ReferenceItem[];
  /** Where the next page begins; null after the last. */
  readonly next: number | null;
}

/**
 * `ReferenceStore.all` made of pages. Lets the event loop run between two pages. `pageAfter` gives the page that begins
 * after a place, 0 for the first.
 */
export async function* iteratePages(
  pageAfter: (after: number) => Promise<ReferencePage>,
  onCorrupt?: OnCorruptReference,
): AsyncGenerator<StoredReference> {
  for (let after: number | null = 0; after !== null; ) {
    const page: ReferencePage = await pageAfter(after);
    for (const item of page.items) {
      const reference = openedOrReported(item, onCorrupt);
      if (reference !== null) yield reference;
    }
    after = page.next;
    if (after !== null) await nextTurn();
  }
}

/** `ReferenceStore.ofSubject` made of all references of one subject. */
export function referencesOfSubject(
  items: readonly ReferenceItem[],
  onCorrupt?: OnCorruptReference,
): readonly StoredReference[] {
  const opened = items.flatMap((item) => openedOrReported(item, onCorrupt) ?? []);
  if (opened.length === 0 && items.length > 0)
    throw new StoreError('store.corrupt', 'No reference of a subject opens.');
  return opened;
}

/** Null for a reference that was reported. Throws `store.corrupt` for one that cannot be reported. */
function openedOrReported(item: ReferenceItem, onCorrupt?: OnCorruptReference): StoredReference | null {
  if (item.opens) return item.reference;
  const error = new StoreError('store.corrupt', item.detail);
  if (onCorrupt === undefined) throw error;
  onCorrupt(item.referenceId, error);
  return null;
}
