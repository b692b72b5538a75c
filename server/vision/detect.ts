import type { ModelId } from '../../models/ids.ts';
import type { Normalisation } from '../../models/manifest.ts';
import type { FaceRegion } from './analysis.ts';
import { distance, type Affine, type Box, type Point } from './geometry.ts';
import type { Tensor } from './model-runner.ts';

/** A face as a detector sees it, in image pixels. */
export interface Detection {
  /** 0..1. */
  readonly score: number;
  /** The face from the brow to the chin. */
  readonly box: Box;
  /** The eye on the image's left. */
  readonly leftEye: Point;
  readonly rightEye: Point;
}

/** What a detector's network is shown: one picture as three planes of `width` × `height`. */
interface DetectorInput {
  readonly width: number;
  readonly height: number;
  readonly normalisation: Normalisation;
  /** The map from the network's input onto a picture of this size. What lies outside the picture is black. */
  readonly placement: (imageWidth: number, imageHeight: number) => Affine;
}

/** A network that finds faces in a whole picture. Nothing else in the vision code knows which one it is. */
export interface FaceDetector {
  readonly model: ModelId;
  readonly input: DetectorInput;
  /** The faces in the network's outputs, each once, in any order. `placement` is the map that the input was made by. */
  readonly decode: (outputs: readonly Tensor[], placement: Affine) => readonly Detection[];
  /** A detection of this score and size is a face, even if the mesh network does not confirm it. */
  readonly unmistakable: { readonly score: number; readonly sizePx: number };
}

/** The mesh network needs a margin around the detector's box. */
const REGION_SCALE = 1.5;

/**
 * Detections in a picture of `width` × `height`, most prominent first. Prominence is score² × size, and falls with the
 * distance from the middle. The largest box alone was sometimes no face, and the best score alone sometimes chose a
 * bystander. The person who is meant stands in the middle: of 2 783 pictures of LFW's development half, which are
 * centred on the person they name, a face off the middle was chosen in seven without the last factor, and in one with
 * it. At half of the picture's longer side from the middle a face counts half. So a small face in the background does
 * not outrank one at the side that is twice its size.
 */
export function byProminence(detections: readonly Detection[], width: number, height: number): Detection[] {
  const middle = { x: width / 2, y: height / 2 };
  const prominence = ({ score, box }: Detection) => {
    const centre = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    return score ** 2 * longerSide(box) * (1 - distance(centre, middle) / Math.max(width, height));
  };
  return detections.toSorted((a, b) => prominence(b) - prominence(a));
}

/** Whether the detector alone is to be believed. */
export function isUnmistakable({ score, box }: Detection, { unmistakable }: FaceDetector): boolean {
  return score >= unmistakable.score && longerSide(box) >= unmistakable.sizePx;
}

/** The square for the mesh network: 1.5 × the box, turned with the eyes. */
export function regionFromDetection({ box, leftEye, rightEye }: Detection): FaceRegion {
  return {
    centreX: box.x + box.width / 2,
    centreY: box.y + box.height / 2,
    size: longerSide(box) * REGION_SCALE,
    angleRad: Math.atan2(rightEye.y - leftEye.y, rightEye.x - leftEye.x),
  };
}

/** Longer side of a box in pixels. */
export function longerSide({ width, height }: Box): number {
  return Math.max(width, height);
}
