import { depthRelief, type DepthImage } from '../../server/vision/depth.ts';
import { LANDMARK_COUNT } from '../../server/vision/landmarks.ts';
import type { Draw } from '../../simulator/seeded.ts';
import { normalDraw } from '../../simulator/seeded.ts';

/** A face mesh with its scale. */
export interface Shape {
  readonly landmarks: Float32Array;
  readonly interEyePx: number;
  readonly width: number;
  readonly height: number;
}

const SENSOR = { width: 160, height: 120 };
const DISTANCE_MM = 500;
const WALL_MM = 1_500;
const INTER_EYE_MM = 63;
const EMPTY_SHARE = 0.03;

/**
 * Surfaces before the sensor: depth in millimetres relative to the mean distance, by position in millimetres from the
 * face's centre.
 */
export const PAPERS: Readonly<Record<string, (x: number, y: number) => number>> = {
  plane: (x, y) => 0.35 * x - 0.2 * y,
  'cylinder of 120 mm': (x) => (x * x) / 240,
  'folded along the nose': (x) => 0.35 * Math.abs(x),
};

/** Relief of the depth of another person's mesh, or of paper, at this mesh's landmarks. */
export function reliefOf(
  shape: Shape,
  surface: Shape | ((x: number, y: number) => number),
  noiseMm: number,
  draw: Draw,
): number | null {
  const image = drawDepth(shape, surface, noiseMm, draw);
  const { landmarks, interEyePx, width, height } = shape;
  return depthRelief(image, landmarks, interEyePx, width, height)?.relief ?? null;
}

function drawDepth(
  { landmarks, interEyePx, width, height }: Shape,
  surface: Shape | ((x: number, y: number) => number),
  noiseMm: number,
  draw: Draw,
): DepthImage {
  const data = new Uint8Array(2 * SENSOR.width * SENSOR.height);
  const toMm = INTER_EYE_MM / interEyePx;
  for (let row = 0; row < SENSOR.height; row++) {
    for (let column = 0; column < SENSOR.width; column++) {
      if (draw() < EMPTY_SHARE) continue;
      const x = ((column + 0.5) / SENSOR.width) * width;
      const y = ((row + 0.5) / SENSOR.height) * height;
      let [sum, weights, nearest] = [0, 0, Infinity];
      for (let i = 0; i < 3 * LANDMARK_COUNT; i += 3) {
        const squared = (landmarks[i] - x) ** 2 + (landmarks[i + 1] - y) ** 2;
        nearest = Math.min(nearest, squared);
        const weight = 1 / (squared + 4) ** 2;
        weights += weight;
        sum +=
          weight *
          (typeof surface === 'function'
            ? surface((landmarks[i] - width / 2) * toMm, (landmarks[i + 1] - height / 2) * toMm)
            : (surface.landmarks[i + 2] / surface.interEyePx) * INTER_EYE_MM);
      }
      const onFace = nearest < (0.4 * interEyePx) ** 2;
      const mm = onFace ? DISTANCE_MM + sum / weights + noiseMm * normalDraw(draw) : WALL_MM;
      data.set([Math.round(mm) & 255, Math.round(mm) >> 8], 2 * (row * SENSOR.width + column));
    }
  }
  return { ...SENSOR, data };
}
