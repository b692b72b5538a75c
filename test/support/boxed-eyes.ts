import type { OverlayOptions } from 'sharp';
import { LANDMARK, landmarkPoint } from '../../server/vision/landmarks.ts';

const EYES = [
  [LANDMARK.leftEyeOuter, LANDMARK.leftEyeInner],
  [LANDMARK.rightEyeInner, LANDMARK.rightEyeOuter],
] as const;

/** Opaque boxes of one colour over both eyes, for sharp's `composite`. At scale 1 they are 1.5 by 1 eye widths. */
export function boxesOverEyes(landmarks: Float32Array, colour: string, scale = 1): OverlayOptions[] {
  return EYES.map((corners) => {
    const [a, b] = corners.map((index) => landmarkPoint(landmarks, index));
    const eye = Math.hypot(a.x - b.x, a.y - b.y);
    const [width, height] = [Math.round(1.5 * scale * eye), Math.round(scale * eye)];
    return {
      input: { create: { width, height, channels: 3, background: colour } },
      left: Math.round((a.x + b.x - width) / 2),
      top: Math.round((a.y + b.y - height) / 2),
    };
  });
}
