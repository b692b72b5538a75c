import type { Pose } from '../../server/vision/analysis.ts';

/** Row-major 3 × 3 rotation; x to the right, y down, z away from the camera. */
export type Rotation = readonly [number, number, number, number, number, number, number, number, number];

/** The rotation that gives a head looking straight at the camera this pose. */
export function rotationOf({ yawDeg, pitchDeg, rollDeg }: Pose): Rotation {
  const [yaw, pitch, roll] = [yawDeg, pitchDeg, rollDeg].map((degrees) => (degrees * Math.PI) / 180);
  const turn: Rotation = [Math.cos(yaw), 0, -Math.sin(yaw), 0, 1, 0, Math.sin(yaw), 0, Math.cos(yaw)];
  const nod: Rotation = [1, 0, 0, 0, Math.cos(pitch), -Math.sin(pitch), 0, Math.sin(pitch), Math.cos(pitch)];
  const lean: Rotation = [Math.cos(roll), -Math.sin(roll), 0, Math.sin(roll), Math.cos(roll), 0, 0, 0, 1];
  return compose(turn, compose(nod, lean));
}

/** First `inner`, then `outer`. */
export function compose(outer: Rotation, inner: Rotation): Rotation {
  const cell = (row: 0 | 3 | 6, column: 0 | 1 | 2) =>
    outer[row] * inner[column] + outer[row + 1] * inner[column + 3] + outer[row + 2] * inner[column + 6];
  return [
    ...([cell(0, 0), cell(0, 1), cell(0, 2)] as const),
    ...([cell(3, 0), cell(3, 1), cell(3, 2)] as const),
    ...([cell(6, 0), cell(6, 1), cell(6, 2)] as const),
  ];
}

export function inverse([a, b, c, d, e, f, g, h, i]: Rotation): Rotation {
  return [a, d, g, b, e, h, c, f, i];
}
