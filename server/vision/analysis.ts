import type { EmbeddingModelId } from '../../models/ids.ts';
import type { FlashColours } from './flash-colours.ts';
import type { Box } from './geometry.ts';
import type { Mouth } from './mouth.ts';
import type { RestTexture } from './relief/meter.ts';
import type { TurnRelief } from './relief/turn-relief.ts';

/**
 * A rotated square around a face, in image pixels. It is the crop for the mesh network, and all that a worker needs to
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

/**
 * Eye aspect ratios by the iris network: lid distance over eye width, about .13–.24 when open, half that when closed.
 */
export interface EyeOpenness {
  /** The eye on the image's left. Pictures are not mirrored, so that it is the subject's right eye. */
  readonly imageLeft: number;
  readonly imageRight: number;
}

/**
 * Where the irises are between the corners of the eyes, over the eye's width, mean of both eyes. 0 is half-way; `right`
 * > 0 is toward image right, `down` > 0 toward the chin. A look aside moves it by up to about .2.
 */
export interface Gaze {
  readonly right: number;
  readonly down: number;
}

/** The quality of a frame. All values are measured on the face, not on the whole frame. */
export interface Quality {
  /** Distance between the eye centres in pixels. */
  readonly interEyePx: number;
  /**
   * 100 × the energy of second over first differences of the face's luma: above about 19 when sharp, below 11 when not.
   */
  readonly sharpness: number;
  /** Mean luma of the face, 0..255. */
  readonly brightness: number;
  /** Share of face pixels that are nearly black or nearly white, 0..1. */
  readonly clippedShare: number;
  /** 0 (nothing seems covered) to 1. A hint, never a proof. */
  readonly occlusion: number;
  /** Share of the face's bounding box that lies inside the frame, 0..1. */
  readonly insideShare: number;
  /**
   * How much the colours of the face differ from each other, whatever the light's: see `colourSpread`. 0 in a grey
   * picture; above .05 in colour. Absent in older recordings.
   */
  readonly colourSpread?: number;
}

/** L2-normalised embeddings, by model. Only models that are loaded and were asked for appear. */
export type Embeddings = Partial<Readonly<Record<EmbeddingModelId, Float32Array>>>;

/** How the depth under a face's landmarks compares with a face. */
export interface DepthRelief {
  /** Share of the landmarks that have a depth, 0..1. */
  readonly coverage: number;
  /** Median distance of the face from the camera. */
  readonly distanceMm: number;
  /**
   * The relief of the depth as a share of the mesh's relief: about 1 for a face in space, 0 for a picture. It is the
   * slope of one against the other. From each, the surface quadratic in x and y that fits it best is subtracted first,
   * so that a tilted or bent picture has no relief either.
   */
  readonly relief: number;
  /** Their correlation, -1..1. */
  readonly agreement: number;
  /** The picture's horizontal field of view, if the face at this distance is an adult's. */
  readonly fieldOfViewDeg: number;
}

export interface FaceAnalysis {
  /** Face flag of the mesh network, 0..1. Above .5 there is a face. */
  readonly presence: number;
  /** Where to look in the next frame. */
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
  /** True when the face was found in the given region, false when the detector had to find it. */
  readonly followed: boolean;
  /** The depth under the landmarks; absent when the device sent none. */
  readonly depth?: DepthRelief;
  readonly embeddings?: Embeddings;
  /** Passive PAD: the probability of a bona fide presentation, 0..1, pooled over networks and views. */
  readonly bonaFideProbability?: number;
  /** Present only when asked for, and when bare skin lies in the picture. */
  readonly colours?: FlashColours;
  /** Present only when asked for, and when the face has moved far enough from the faces at rest, and not too far. */
  readonly relief?: TurnRelief;
  /** The picture's texture was made, and is kept under the frame's number. */
  readonly textured?: true;
  /** The texture on its way from the worker to where it is kept. It never reaches a session, a recording or a log. */
  readonly texture?: RestTexture;
}

/** What was seen in one frame. Holds no pixels. */
export interface FrameAnalysis {
  readonly width: number;
  readonly height: number;
  /** Where the picture lies within black borders, of which nothing else here knows; absent: there are none. */
  readonly content?: Box;
  /** The face that counts, or why there is none. */
  readonly face:
    | { readonly found: true; readonly value: FaceAnalysis }
    /**
     * `unclear-face`: the detector sees a face, but too little of it is visible for the mesh. `turned-face`: there is a
     * face when the picture is turned upside down.
     */
    | { readonly found: false; readonly why: 'no-face' | 'unclear-face' | 'turned-face' };
  /** A face was looked for in the picture turned upside down. */
  readonly soughtTurned?: true;
  /** Faces the detector saw; absent when it was not run on this frame. */
  readonly faceCount?: number;
  /** Digests of blocks all over the picture, see `blockDigests`. */
  readonly blocks: readonly number[];
  /** Digest of every eighth decoded row. Equal digests mean identical pictures, whatever their encoding. */
  readonly pixelDigest: string;
  /** The probability, 0..1, that the window sent with the frame shows living motion. */
  readonly livingMotionProbability?: number;
}

/** A turn to the left or right, or a nod: the head looks up or down. */
export type ReliefMove = 'turn' | 'nod';

/** How far a head must have moved from its rest, and how far at most, to be measured. */
export interface ReliefRange {
  readonly move: ReliefMove;
  readonly minDeg: number;
  readonly maxDeg: number;
  /** How far it may be turned besides, where it nods, and the other way round; null: as far as it likes. */
  readonly maxAsideDeg: number | null;
}

/** What is analysed of one frame, beyond the mesh, eyes, pose and quality that are analysed of every frame. */
export interface AnalysisOptions {
  readonly embeddings: boolean;
  /** Only these of the loaded networks; absent: all. */
  readonly embeddingModels?: readonly EmbeddingModelId[];
  readonly pad: boolean;
  /** Run the detector to count faces, although the face is followed. */
  readonly countFaces: boolean;
  /** Where no face is found, or a covered one, look for one in the picture turned upside down; absent: no. */
  readonly seekTurned?: boolean;
  /** A window of earlier frames, as `motionWindow` returns it, for the motion network. */
  readonly motion?: Float32Array;
  /** Measure the colours of skin and background, which show a screen's light; absent: no. */
  readonly colours?: boolean;
  /** Make a texture of the face, for turns to come to be compared with; absent: no. */
  readonly texture?: boolean;
  /** Measure the relief of a face that has moved so far from the textures that go with the frame; absent: no. */
  readonly relief?: readonly ReliefRange[];
}
