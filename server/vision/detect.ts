import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { FaceRegion } from './analysis.ts';
import { distance, intersectionOverUnion, transform, type Affine, type Box, type Point } from './geometry.ts';
import { outputOfSize, type Tensor } from './model-runner.ts';

/** Side of BlazeFace's square input in pixels. */
export const DETECTOR_SIDE = MODEL_MANIFEST.blazeface.input.width;

/** The two grids of anchors, finest first (BlazeFace, arXiv:1907.05047; the back-camera variant). */
const GRIDS = [
  { stride: 16, perCell: 2 },
  { stride: 32, perCell: 6 },
] as const;

const VALUES_PER_BOX = 16;
/** None of 826 pictures of LFW has its face below this. */
const MIN_SCORE = 0.5;
/**
 * One picture in 35 with its face painted over reaches this score, and 20 of 22 covered faces that the mesh gives up
 * do. Of smaller faces little can be told.
 */
const UNMISTAKABLE = { score: 0.6, sizePx: 64 } as const;
const MAX_OVERLAP = 0.3;
/** The mesh wants a margin around the detector's box. */
const REGION_SCALE = 1.5;

/** Where BlazeFace puts its six points, by index. Left and right are those of the image. */
const KEYPOINT = { leftEye: 0, rightEye: 1 } as const;

/** A face as the detector sees it, in image pixels. */
export interface Detection {
  /** 0..1. */
  readonly score: number;
  readonly box: Box;
  /** Eyes (image left, image right), nose, mouth, ears. */
  readonly keypoints: readonly Point[];
}

/** Anchor centres (x, y) in input pixels, cell by cell in row-major order, finest grid first: 896 pairs. */
export function detectorAnchors(): Float32Array {
  const centres: number[] = [];
  for (const { stride, perCell } of GRIDS) {
    const cells = DETECTOR_SIDE / stride;
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        for (let i = 0; i < perCell; i++) centres.push((x + 0.5) * stride, (y + 0.5) * stride);
      }
    }
  }
  return Float32Array.from(centres);
}

/** The map from the detector's square input onto the whole picture, centred, with bars on the shorter side. */
export function letterboxMatrix(width: number, height: number): Affine {
  const side = Math.max(width, height);
  const scale = side / DETECTOR_SIDE;
  return [scale, 0, (width - side) / 2, 0, scale, (height - side) / 2];
}

/**
 * Boxes over the score threshold after non-maximum suppression, most prominent first (see `prominence`).
 * `anchors` come from `detectorAnchors`, `matrix` from `letterboxMatrix`.
 */
export function decodeDetections(
  outputs: readonly Tensor[],
  anchors: Float32Array,
  matrix: Affine,
): Detection[] {
  const candidates: Detection[] = [];
  let firstAnchor = 0;
  for (const { stride, perCell } of GRIDS) {
    const count = (DETECTOR_SIDE / stride) ** 2 * perCell;
    const logits = outputOfSize(outputs, count);
    const boxes = outputOfSize(outputs, count * VALUES_PER_BOX);
    for (let i = 0; i < count; i++) {
      const score = 1 / (1 + Math.exp(-Math.min(100, Math.max(-100, logits[i]))));
      if (score < MIN_SCORE) continue;
      const anchorX = anchors[2 * (firstAnchor + i)];
      const anchorY = anchors[2 * (firstAnchor + i) + 1];
      const values = boxes.subarray(i * VALUES_PER_BOX, (i + 1) * VALUES_PER_BOX);
      candidates.push(decodeBox(values, anchorX, anchorY, score, matrix));
    }
    firstAnchor += count;
  }
  const rank = (detection: Detection) => prominence(detection, matrix);
  return suppressOverlaps(candidates).toSorted((a, b) => rank(b) - rank(a));
}

/**
 * Ranks faces: score² × size, less the further from the middle. The largest box alone picked junk, the best score alone
 * picks bystanders. Who is meant stands in the middle: of 2 783 pictures of LFW's development half, which are centred on
 * the person they name, seven had a face off the middle taken without the last term, and one has with it. A face half the
 * picture's longer side off counts half, so that one in the background does not outrank one at the side twice its size.
 */
export function prominence(detection: Detection, matrix: Affine): number {
  return detection.score ** 2 * faceSize(detection) * (1 - distanceFromMiddle(detection.box, matrix));
}

/** Whether the detector alone is to be believed. */
export function isUnmistakable(detection: Detection): boolean {
  return detection.score >= UNMISTAKABLE.score && faceSize(detection) >= UNMISTAKABLE.sizePx;
}

/** Longer side of the box in pixels. */
export function faceSize(detection: Detection): number {
  return Math.max(detection.box.width, detection.box.height);
}

/** The square to feed the mesh: 1.5 × the box, turned with the eyes. */
export function regionFromDetection(detection: Detection): FaceRegion {
  const { box, keypoints } = detection;
  const left = keypoints[KEYPOINT.leftEye];
  const right = keypoints[KEYPOINT.rightEye];
  return {
    centreX: box.x + box.width / 2,
    centreY: box.y + box.height / 2,
    size: faceSize(detection) * REGION_SCALE,
    angleRad: Math.atan2(right.y - left.y, right.x - left.x),
  };
}

/** Of the box's middle from the picture's, over the picture's longer side: 0..0.71. */
function distanceFromMiddle({ x, y, width, height }: Box, matrix: Affine): number {
  const middle = transform(matrix, DETECTOR_SIDE / 2, DETECTOR_SIDE / 2);
  return distance({ x: x + width / 2, y: y + height / 2 }, middle) / (matrix[0] * DETECTOR_SIDE);
}

function decodeBox(
  values: Float32Array,
  anchorX: number,
  anchorY: number,
  score: number,
  [scale, , left, , , top]: Affine,
): Detection {
  const width = values[2] * scale;
  const height = values[3] * scale;
  const keypoints: Point[] = [];
  for (let i = 4; i < VALUES_PER_BOX; i += 2) {
    keypoints.push({
      x: (values[i] + anchorX) * scale + left,
      y: (values[i + 1] + anchorY) * scale + top,
    });
  }
  return {
    score,
    box: {
      x: (values[0] + anchorX) * scale + left - width / 2,
      y: (values[1] + anchorY) * scale + top - height / 2,
      width,
      height,
    },
    keypoints,
  };
}

function suppressOverlaps(candidates: Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    if (kept.every((other) => intersectionOverUnion(other.box, candidate.box) < MAX_OVERLAP)) {
      kept.push(candidate);
    }
  }
  return kept;
}
