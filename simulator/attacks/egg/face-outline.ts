import { landmarkPoint, LANDMARK } from '../../../server/vision/landmarks.ts';
import type { Portrait } from '../../portraits/portrait.ts';

/** The upright ellipse that a face fills in a picture, in pixels. */
export interface FaceEllipse {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

/** The ellipse from cheek to cheek and from the forehead's top to the chin. */
export function faceEllipse({ landmarks }: Pick<Portrait, 'landmarks'>): FaceEllipse {
  const at = (index: number) => landmarkPoint(landmarks, index);
  const [left, right] = [at(LANDMARK.cheekEdgeLeft), at(LANDMARK.cheekEdgeRight)];
  const [top, bottom] = [at(LANDMARK.foreheadTop), at(LANDMARK.chin)];
  return {
    x: (left.x + right.x) / 2,
    y: (top.y + bottom.y) / 2,
    halfWidth: Math.hypot(right.x - left.x, right.y - left.y) / 2,
    halfHeight: Math.hypot(bottom.x - top.x, bottom.y - top.y) / 2,
  };
}
