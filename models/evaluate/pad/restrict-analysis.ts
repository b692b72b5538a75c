import type { SessionContext } from '../../../server/session/state.ts';
import type {
  AnalysisWants,
  Embeddings,
  FaceRegion,
  FrameAnalysis,
} from '../../../server/vision/analysis.ts';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../../ids.ts';

/** The mesh fits itself to a face whose middle is within this share of the region's side, */
const FOUND_WITHIN = 0.3;
/** and whose size differs by no more than this factor. */
const FOUND_UP_TO = 1.6;

/**
 * What a worker would have answered for this frame, asked with `region` and `wants` by a session on a server with
 * these models: everything else is left out of the full analysis. Whether the face would have been found in `region`
 * is judged by how that lies to the face.
 */
export function asAsked(
  full: FrameAnalysis,
  region: FaceRegion | null,
  wants: AnalysisWants,
  { models }: SessionContext,
): FrameAnalysis {
  const { faceCount = 1, ...frame } = full;
  if (!full.face.found) return { ...frame, faceCount: 0 };
  const { embeddings, bonaFideProbability, ...face } = full.face.value;
  const followed = region !== null && isWithin(region, face.region);
  const kept = wants.embeddings
    ? pick(embeddings, wants.embeddingModels ?? EMBEDDING_MODELS, models.embeddings)
    : {};
  const isPad = wants.pad && models.pad.length > 0 && bonaFideProbability !== undefined;
  const value = {
    ...face,
    followed,
    ...(Object.keys(kept).length > 0 ? { embeddings: kept } : {}),
    ...(isPad ? { bonaFideProbability } : {}),
  };
  const counted = wants.countFaces || !followed;
  return { ...frame, face: { found: true, value }, ...(counted ? { faceCount } : {}) };
}

function isWithin(region: FaceRegion, face: FaceRegion): boolean {
  const apart = Math.hypot(region.centreX - face.centreX, region.centreY - face.centreY);
  const factor = Math.max(region.size / face.size, face.size / region.size);
  return apart <= FOUND_WITHIN * region.size && factor <= FOUND_UP_TO;
}

function pick(
  embeddings: Embeddings | undefined,
  wanted: readonly EmbeddingModelId[],
  loaded: readonly EmbeddingModelId[],
): Embeddings {
  const kept: Partial<Record<EmbeddingModelId, Float32Array>> = {};
  for (const model of wanted) {
    const embedding = embeddings?.[model];
    if (embedding !== undefined && loaded.includes(model)) kept[model] = embedding;
  }
  return kept;
}
