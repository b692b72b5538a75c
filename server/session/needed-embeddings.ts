import { EMBEDDING_MODELS, type EmbeddingModelId } from '../../models/ids.ts';
import type { Live, SessionContext } from './state.ts';

/** A comparison that can use this network uses it alone, see `compare`. */
const PREFERRED: EmbeddingModelId = EMBEDDING_MODELS[EMBEDDING_MODELS.length - 1];

/**
 * The embedding networks that should run on a frame. A new reference holds embeddings of all loaded networks, and a
 * gallery may hold references of any of them. But when every reference of the claimed subject can be compared by the
 * preferred network, the others are not needed.
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
