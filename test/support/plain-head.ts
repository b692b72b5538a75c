import { LANDMARK, LANDMARK_COUNT } from '../../server/vision/landmarks.ts';
import { seeded } from './analysis-builder.ts';

/** Distance between the eyes of a plain head in pixels. */
export const PLAIN_EYES_PX = 90;

/**
 * The mesh of a face as plain as one can be, about the origin and looking straight ahead: 468 points on a bowl with a
 * ridge for the nose, with the eyes, the nose and the chin where the mesh has them.
 */
export function plainHead(): Float32Array {
  const random = seeded(12);
  const mesh = new Float32Array(3 * LANDMARK_COUNT);
  const put = (index: number, x: number, y: number) => {
    const nose = 0.35 * Math.exp(-((x / 0.16) ** 2) - ((y - 0.2) / 0.35) ** 2);
    const z = 0.55 * x * x + 0.15 * y * y - nose;
    mesh.set([x * PLAIN_EYES_PX, y * PLAIN_EYES_PX, z * PLAIN_EYES_PX], 3 * index);
  };
  for (let index = 0; index < LANDMARK_COUNT; index++) {
    const angle = 2 * Math.PI * random();
    const radius = Math.sqrt(random());
    put(index, 1.05 * radius * Math.cos(angle), 0.2 + 1.35 * radius * Math.sin(angle));
  }
  put(LANDMARK.leftEyeOuter, -0.72, -0.1);
  put(LANDMARK.leftEyeInner, -0.28, -0.1);
  put(LANDMARK.rightEyeInner, 0.28, -0.1);
  put(LANDMARK.rightEyeOuter, 0.72, -0.1);
  put(LANDMARK.noseTip, 0, 0.35);
  put(LANDMARK.noseBase, 0, 0.5);
  put(LANDMARK.foreheadTop, 0, -1.1);
  put(LANDMARK.chin, 0, 1.5);
  put(LANDMARK.cheekEdgeLeft, -1, 0.2);
  put(LANDMARK.cheekEdgeRight, 1, 0.2);
  return mesh;
}

/** Turned to image right by `yawDeg` about the vertical, then moved to the middle of a picture of 640 × 480. */
export function turned(mesh: Float32Array, yawDeg: number): Float32Array {
  const [sin, cos] = [Math.sin((yawDeg * Math.PI) / 180), Math.cos((yawDeg * Math.PI) / 180)];
  const out = new Float32Array(mesh.length);
  for (let i = 0; i < mesh.length; i += 3) {
    const [x, y, z] = [mesh[i], mesh[i + 1], mesh[i + 2]];
    out.set([320 + x * cos - z * sin, 240 + y, x * sin + z * cos], i);
  }
  return out;
}
