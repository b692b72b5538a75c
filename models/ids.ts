/** Networks that detect the face and its landmarks; always present. */
export const GEOMETRY_MODELS = ['blazeface', 'facemesh', 'iris'] as const;
type GeometryModelId = (typeof GEOMETRY_MODELS)[number];

/** Networks that compute embeddings, by increasing preference. The first two are inside npm packages. */
export const EMBEDDING_MODELS = ['faceres', 'dlib', 'mobilefacenet'] as const;
export type EmbeddingModelId = (typeof EMBEDDING_MODELS)[number];

/** Networks that classify a single frame as bona fide or as a presentation attack; optional. */
export const PAD_MODELS = ['minifasnet-v2', 'minifasnet-v1se'] as const;
export type PadModelId = (typeof PAD_MODELS)[number];

/** Networks that classify a sequence of frames by features taken from them; trained by `models/train`. */
export const SEQUENCE_MODELS = ['motion'] as const;
export type SequenceModelId = (typeof SEQUENCE_MODELS)[number];

/** Networks whose input is an image. */
export type ImageModelId = GeometryModelId | EmbeddingModelId | PadModelId;
export const IMAGE_MODELS: readonly ImageModelId[] = [...GEOMETRY_MODELS, ...EMBEDDING_MODELS, ...PAD_MODELS];

export type ModelId = ImageModelId | SequenceModelId;
export const MODEL_IDS: readonly ModelId[] = [...IMAGE_MODELS, ...SEQUENCE_MODELS];
