import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { Detection, FaceDetector } from './detect.ts';
import { intersectionOverUnion, type Affine, type Point } from './geometry.ts';
import { outputOfSize } from './model-runner.ts';

const { width: SIDE, normalisation } = MODEL_MANIFEST.blazeface.input;

/** The two grids of anchors, finest first (BlazeFace, arXiv:1907.05047; the back-camera variant). */
const GRIDS = [
  { stride: 16, perCell: 2 },
  { stride: 32, perCell: 6 },
] as const;

/** Centre, size, and six points: eyes (image left, image right), nose, mouth, ears. */
const VALUES_PER_BOX = 16;
const POINT_AT = { leftEye: 4, rightEye: 6 } as const;
/** In 826 pictures of LFW, no face has a lower score. */
const MIN_SCORE = 0.5;
/** Two boxes with a larger intersection over union are the same face. */
const MAX_OVERLAP = 0.3;

/** Anchor centres (x, y) in input pixels, cell by cell in row-major order, finest grid first: 896 pairs. */
export function blazeFaceAnchors(): Float32Array {
  const centres: number[] = [];
  for (const { stride, perCell } of GRIDS) {
    const cells = SIDE / stride;
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        for (let i = 0; i < perCell; i++) centres.push((x + 0.5) * stride, (y + 0.5) * stride);
      }
    }
  }
  return Float32Array.from(centres);
}

const ANCHORS = blazeFaceAnchors();

/** BlazeFace: one square input that holds the whole picture, centred, with bars along the shorter side. */
export const BLAZEFACE: FaceDetector = {
  model: 'blazeface',
  input: {
    width: SIDE,
    height: SIDE,
    normalisation,
    placement(imageWidth, imageHeight) {
      const side = Math.max(imageWidth, imageHeight);
      const scale = side / SIDE;
      return [scale, 0, (imageWidth - side) / 2, 0, scale, (imageHeight - side) / 2];
    },
  },
  // Of pictures whose face is painted over, one in 35 reaches this score; of covered faces that the mesh network gives
  // up, 20 of 22 do. The score of smaller faces says little.
  unmistakable: { score: 0.6, sizePx: 64 },
  decode(outputs, placement) {
    const candidates: Detection[] = [];
    let firstAnchor = 0;
    for (const { stride, perCell } of GRIDS) {
      const count = (SIDE / stride) ** 2 * perCell;
      const logits = outputOfSize(outputs, count);
      const boxes = outputOfSize(outputs, count * VALUES_PER_BOX);
      for (let i = 0; i < count; i++) {
        const score = 1 / (1 + Math.exp(-Math.min(100, Math.max(-100, logits[i]))));
        if (score < MIN_SCORE) continue;
        const anchor = { x: ANCHORS[2 * (firstAnchor + i)], y: ANCHORS[2 * (firstAnchor + i) + 1] };
        const values = boxes.subarray(i * VALUES_PER_BOX, (i + 1) * VALUES_PER_BOX);
        candidates.push(decodeBox(values, anchor, score, placement));
      }
      firstAnchor += count;
    }
    return suppressOverlaps(candidates);
  },
};

function decodeBox(
  values: Float32Array,
  anchor: Point,
  score: number,
  [scale, , left, , , top]: Affine,
): Detection {
  const pointAt = (i: number): Point => ({
    x: (values[i] + anchor.x) * scale + left,
    y: (values[i + 1] + anchor.y) * scale + top,
  });
  const width = values[2] * scale;
  const height = values[3] * scale;
  const centre = pointAt(0);
  return {
    score,
    box: { x: centre.x - width / 2, y: centre.y - height / 2, width, height },
    leftEye: pointAt(POINT_AT.leftEye),
    rightEye: pointAt(POINT_AT.rightEye),
  };
}

/** Non-maximum suppression: of boxes that overlap, only the one with the highest score stays. */
function suppressOverlaps(candidates: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    if (kept.every((other) => intersectionOverUnion(other.box, candidate.box) < MAX_OVERLAP)) {
      kept.push(candidate);
    }
  }
  return kept;
}
