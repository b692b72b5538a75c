/** Networks that find and describe the face's geometry; always present. */
export const GEOMETRY_MODELS = ['blazeface', 'facemesh', 'iris'] as const;
export type GeometryModelId = (typeof GEOMETRY_MODELS)[number];

/** Networks that describe identity, by rising preference. The first two come inside npm packages. */
export const EMBEDDING_MODELS = ['faceres', 'dlib', 'mobilefacenet'] as const;
export type EmbeddingModelId = (typeof EMBEDDING_MODELS)[number];

/** Networks that tell a bona fide presentation from an attack in a single frame; optional. */
export const PAD_MODELS = ['minifasnet-v2', 'minifasnet-v1se'] as const;
export type PadModelId = (typeof PAD_MODELS)[number];

/** Networks that judge a run of frames by numbers taken from them; trained by `models/train`. */
export const SEQUENCE_MODELS = ['motion'] as const;
export type SequenceModelId = (typeof SEQUENCE_MODELS)[number];

/** Networks that look at pictures. */
export type ImageModelId = GeometryModelId | EmbeddingModelId | PadModelId;
export const IMAGE_MODELS: readonly ImageModelId[] = [...GEOMETRY_MODELS, ...EMBEDDING_MODELS, ...PAD_MODELS];

export type ModelId = ImageModelId | SequenceModelId;
export const MODEL_IDS: readonly ModelId[] = [...IMAGE_MODELS, ...SEQUENCE_MODELS];
