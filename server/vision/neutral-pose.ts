import type { Pose } from './analysis.ts';

const RADIANS = Math.PI / 180;

/**
 * How a person holds the head at rest: the median of each angle, which a short look aside does not change. The camera's
 * height biases the mesh's pitch, so turns must be measured against this. Null without poses.
 */
export function neutralPose(poses: readonly Pose[]): Pose | null {
  if (poses.length === 0) return null;
  const middle = (pick: (pose: Pose) => number) => {
    const sorted = poses.map(pick).toSorted((a, b) => a - b);
    return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
  };
  return {
    yawDeg: middle(({ yawDeg }) => yawDeg),
    pitchDeg: middle(({ pitchDeg }) => pitchDeg),
    rollDeg: middle(({ rollDeg }) => rollDeg),
  };
}

/**
 * The rotation from `neutral` to `pose`, as angles about the face's own axes. So a head that is bent down and then
 * turned has a yaw and no roll. The result equals the differences of the angles only while these are small.
 */
export function poseFrom(neutral: Pose, pose: Pose): Pose {
  return anglesOf(multiply(transpose(rotation(neutral)), rotation(pose)));
}

type Rotation = readonly [number, number, number, number, number, number, number, number, number];

/** The matrix yaw · pitch · roll, by rows; x right, y down, z away from the camera; see `headPose`. */
function rotation({ yawDeg, pitchDeg, rollDeg }: Pose): Rotation {
  const [sy, cy] = [Math.sin(yawDeg * RADIANS), Math.cos(yawDeg * RADIANS)];
  const [sp, cp] = [Math.sin(pitchDeg * RADIANS), Math.cos(pitchDeg * RADIANS)];
  const [sr, cr] = [Math.sin(rollDeg * RADIANS), Math.cos(rollDeg * RADIANS)];
  const yaw: Rotation = [cy, 0, -sy, 0, 1, 0, sy, 0, cy];
  const pitch: Rotation = [1, 0, 0, 0, cp, -sp, 0, sp, cp];
  const roll: Rotation = [cr, -sr, 0, sr, cr, 0, 0, 0, 1];
  return multiply(yaw, multiply(pitch, roll));
}

function multiply(a: Rotation, b: Rotation): Rotation {
  const at = (row: number, column: number) =>
    a[3 * row] * b[column] + a[3 * row + 1] * b[3 + column] + a[3 * row + 2] * b[6 + column];
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

function transpose([a, b, c, d, e, f, g, h, i]: Rotation): Rotation {
  return [a, d, g, b, e, h, c, f, i];
}

function anglesOf(m: Rotation): Pose {
  return {
    yawDeg: Math.atan2(-m[2], m[8]) / RADIANS,
    pitchDeg: Math.asin(Math.min(1, Math.max(-1, -m[5]))) / RADIANS,
    rollDeg: Math.atan2(m[3], m[4]) / RADIANS,
  };
}
