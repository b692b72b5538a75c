import { EMBEDDING_MODELS, type EmbeddingModelId } from '../../models/ids.ts';
import type { Live, SessionContext } from './state.ts';

/** Any comparison that can use it uses it alone: see `compare`. */
const PREFERRED: EmbeddingModelId = EMBEDDING_MODELS[EMBEDDING_MODELS.length - 1];

/**
 * The embedding networks worth running on a frame. A new reference holds what all loaded networks make of the face,
 * and a gallery may hold references of any of them; but where every reference at hand can be compared by the
 * preferred network, the others' work would never be looked at.
 */
export function neededEmbeddings(
  { mode, references }: Pick<Live, 'mode' | 'references'>,
  { models }: SessionContext,
): readonly EmbeddingModelId[] {
  const all = models.embeddings;
  if (mode !== 'verify' || references === null || !all.includes(PREFERRED)) return all;
  const isEnough = references.every(({ embeddings }) => embeddings[PREFERRED] !== undefined);
  return isEnough ? [PREFERRED] : all;
}
