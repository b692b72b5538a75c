import type { EmbeddingModelId } from '../../models/ids.ts';
import type { FlashColours } from './flash-colours.ts';
import type { Mouth } from './mouth.ts';

/**
 * A rotated square around a face in image pixels: what the mesh model is fed, and all that a worker needs to
 * follow a face from one frame to the next.
 */
export interface FaceRegion {
  readonly centreX: number;
  readonly centreY: number;
  /** Side length in pixels. */
  readonly size: number;
  /** Radians, clockwise in the image, of the eye line against the horizontal. */
  readonly angleRad: number;
}

/** Head pose in degrees. Yaw > 0: nose toward image right. Pitch > 0: nose down. Roll > 0: clockwise in the image. */
export interface Pose {
  readonly yawDeg: number;
  readonly pitchDeg: number;
  readonly rollDeg: number;
}

/** Eye aspect ratios from the iris model: lid distance over eye width, about .13–.24 open and half that closed. */
export interface EyeOpenness {
  /** The eye on the image's left (the subject's right eye in an unmirrored picture). */
  readonly imageLeft: number;
  readonly imageRight: number;
}

/**
 * Where both irises stand between the corners of their eyes, mean of the two eyes, over the eye's width: 0 half-way,
 * `right` > 0 toward image right, `down` > 0 toward the chin. Looking aside moves it by up to about .2.
 */
export interface Gaze {
  readonly right: number;
  readonly down: number;
}

/** What limits how far a frame can be trusted. All measured on the face, not on the frame. */
export interface Quality {
  /** Distance between the eye centres in pixels. */
  readonly interEyePx: number;
  /** 100 × energy of second over first differences of the face's luma: about 19 and more when sharp, 11 and less when not. */
  readonly sharpness: number;
  /** Mean luma of the face, 0..255. */
  readonly brightness: number;
  /** Share of face pixels that are nearly black or nearly white, 0..1. */
  readonly clippedShare: number;
  /** 0 (nothing seems covered) .. 1; a hint, never a proof. */
  readonly occlusion: number;
  /** Share of the face's bounding box that lies inside the frame, 0..1. */
  readonly insideShare: number;
}

/** L2-normalised embeddings by the model that made them; only models that are loaded and were asked for appear. */
export type Embeddings = Partial<Readonly<Record<EmbeddingModelId, Float32Array>>>;

/** How the depth under a face's landmarks compares with a face. */
export interface DepthRelief {
  /** Share of the landmarks that have a depth, 0..1. */
  readonly coverage: number;
  /** Median distance of the face from the camera. */
  readonly distanceMm: number;
  /**
   * Relief that the depth shows as a share of the mesh's own, about 1 for a face in space and 0 for a picture: the
   * slope of one against the other, each after the smoothest surface through it (quadratic in x and y) is taken off,
   * so that a picture gains nothing by being tilted or bent.
   */
  readonly relief: number;
  /** Their correlation, -1..1. */
  readonly agreement: number;
  /** The picture's horizontal field of view if this were an adult's face at this distance. */
  readonly fieldOfViewDeg: number;
}

export interface FaceAnalysis {
  /** Mesh face flag, 0..1. Above .5 a face is there. */
  readonly presence: number;
  /** Region to look into in the next frame. */
  readonly region: FaceRegion;
  /** Upright bounding box of the mesh in image pixels. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** 468 × (x, y, z) in image pixels, z negative toward the camera. */
  readonly landmarks: Float32Array;
  readonly pose: Pose;
  readonly eyes: EyeOpenness;
  readonly mouth: Mouth;
  readonly gaze?: Gaze;
  readonly quality: Quality;
  /** True when the region given was used, false when the detector had to find the face. */
  readonly followed: boolean;
  /** What depth under the landmarks shows, when a device sent it with the picture. */
  readonly depth?: DepthRelief;
  readonly embeddings?: Embeddings;
  /** Passive PAD: probability of bona fide presentation, 0..1, mean of the loaded PAD models. */
  readonly bonaFideProbability?: number;
  /** Only when asked for, and where bare skin lies in the picture. */
  readonly colours?: FlashColours;
}

/** What was seen in one frame. Holds no pixels. */
export interface FrameAnalysis {
  readonly width: number;
  readonly height: number;
  /** The face that counts, or why there is none. */
  readonly face:
    | { readonly found: true; readonly value: FaceAnalysis }
    /** `unclear-face`: the detector sees one, but too little of it shows to lay the mesh over. */
    | { readonly found: false; readonly why: 'no-face' | 'unclear-face' };
  /** Faces the detector saw; absent when it was not run on this frame. */
  readonly faceCount?: number;
  /** Digests of blocks all over the picture, 0 where one is flat: see `blockDigests`. */
  readonly blocks: readonly number[];
  /** Digest of every eighth decoded row: equal digests mean identical pictures whatever the encoding. */
  readonly pixelDigest: string;
  /** Of the window that went with the frame: probability that it shows living motion, 0..1. */
  readonly livingMotionProbability?: number;
}

/** What a session asks of one frame beyond the mesh, eyes, pose and quality that every frame gets. */
export interface AnalysisOptions {
  readonly embeddings: boolean;
  /** Of the loaded networks only these; absent: all. */
  readonly embeddingModels?: readonly EmbeddingModelId[];
  readonly pad: boolean;
  /** Run the detector although the face is followed, to count faces. */
  readonly countFaces: boolean;
  /** A run of frames before this one, as `motionWindow` gives it, to be judged on the way. */
  readonly motion?: Float32Array;
  /** Colours of skin and background, by which a screen's light is told; absent: no. */
  readonly colours?: boolean;
}
