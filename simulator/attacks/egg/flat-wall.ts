import type { RgbImage } from '../../../server/vision/image.ts';
import { smoothStep } from '../../drawing/smooth-step.ts';
import type { FaceEllipse } from './face-outline.ts';

/** Half axes of what is kept around the face, as shares of the face ellipse's, and how far up its middle lies. */
const HEAD = { width: 1.6, height: 1.55, up: 0.2 };
/** Half width of the shoulders as a share of the face's, and where they begin below the chin. */
const SHOULDERS = { width: 3.4, fromChin: 0.25 };
/** The edge fades over this share of the outline. */
const EDGE = 0.12;

/**
 * The picture with everything behind head and shoulders painted in one colour: the mean of its upper border. Whatever
 * is warped in front of such a wall leaves no trace on it.
 */
export function withFlatWall({ data, width, height }: RgbImage, face: FaceEllipse): RgbImage {
  const wall = borderColour({ data, width, height });
  const painted = new Uint8Array(data);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const kept = 1 - smoothStep(1, 1 + EDGE, Math.min(headReach(x, y, face), shoulderReach(x, y, face)));
      if (kept === 1) continue;
      const at = 3 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) {
        painted[at + channel] = Math.round(wall[channel] + kept * (data[at + channel] - wall[channel]));
      }
    }
  }
  return { data: painted, width, height };
}

/** 1 on the outline of the head with its hair. */
function headReach(x: number, y: number, face: FaceEllipse): number {
  const across = (x - face.x) / (HEAD.width * face.halfWidth);
  const along = (y - face.y + HEAD.up * face.halfHeight) / (HEAD.height * face.halfHeight);
  return Math.hypot(across, along);
}

/** 1 on the outline of neck and shoulders, infinite above them. */
function shoulderReach(x: number, y: number, face: FaceEllipse): number {
  const down = (y - face.y) / face.halfHeight - (1 - SHOULDERS.fromChin);
  if (down <= 0) return Infinity;
  const half = face.halfWidth * (0.85 + (SHOULDERS.width - 0.85) * smoothStep(0.3, 1.6, down));
  return Math.abs(x - face.x) / half;
}

function borderColour({ data, width, height }: RgbImage): [number, number, number] {
  const rows = Math.max(1, Math.round(height / 40));
  const sum: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < rows * width; i++) {
    for (let channel = 0; channel < 3; channel++) sum[channel] += data[3 * i + channel];
  }
  return [sum[0] / (rows * width), sum[1] / (rows * width), sum[2] / (rows * width)];
}
