import type { SessionContext } from '../../../server/session/state.ts';
import type {
  AnalysisOptions,
  Embeddings,
  FaceRegion,
  FrameAnalysis,
} from '../../../server/vision/analysis.ts';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../../ids.ts';

/** The mesh finds a face whose centre is at most this share of the region's side from the region's centre. */
const FOUND_WITHIN = 0.3;
/** The mesh finds a face whose size differs from the region's by at most this factor. */
const FOUND_UP_TO = 1.6;

/**
 * The part of a full analysis that a worker would return to a session that asks with `region` and `options`, on a
 * server with these models. The distance and the size of `region` relative to the face decide whether the face would
 * have been followed.
 */
export function restrictAnalysis(
  full: FrameAnalysis,
  region: FaceRegion | null,
  options: AnalysisOptions,
  { models }: SessionContext,
): FrameAnalysis {
  const { faceCount = 1, ...frame } = full;
  if (!full.face.found) return { ...frame, faceCount: 0 };
  const { embeddings, bonaFideProbability, relief, ...face } = full.face.value;
  const followed = region !== null && isWithin(region, face.region);
  const kept = options.embeddings
    ? pick(embeddings, options.embeddingModels ?? EMBEDDING_MODELS, models.embeddings)
    : {};
  const isPad = options.pad && models.pad.length > 0 && bonaFideProbability !== undefined;
  const value = {
    ...face,
    followed,
    ...(Object.keys(kept).length > 0 ? { embeddings: kept } : {}),
    ...(isPad ? { bonaFideProbability } : {}),
    ...(options.relief?.some(({ move }) => move === relief?.move) && relief !== undefined ? { relief } : {}),
    ...(options.texture === true ? { textured: true as const } : {}),
  };
  const counted = options.countFaces || !followed;
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
