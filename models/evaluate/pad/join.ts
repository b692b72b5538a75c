import { createHash } from 'node:crypto';
import type { FaceAnalysis, FrameAnalysis } from '../../../server/vision/analysis.ts';
import { rotationOf } from '../../../simulator/drawing/rotation.ts';
import { smoothStep } from '../../../simulator/drawing/smooth-step.ts';

/** The remaining difference of the pose decays to zero within this time, like a head that returns to rest. */
const FADE_MS = 480;

/**
 * Frame `frame` of a take that began `sinceMs` ago with `to`, directly after the frame `from`. The head starts at its
 * pose in `from` and moves as a rigid body to its pose in the take, so the transition between two takes has no jump.
 */
export function carryOver(
  frame: FrameAnalysis,
  from: FrameAnalysis,
  to: FrameAnalysis,
  sinceMs: number,
): FrameAnalysis {
  if (sinceMs >= FADE_MS || !frame.face.found || !from.face.found || !to.face.found) return frame;
  const share = 1 - smoothStep(0, FADE_MS, sinceMs);
  return {
    ...frame,
    face: { found: true, value: moved(frame.face.value, from.face.value, to.face.value, share) },
  };
}

/** Moves a face as a rigid body by a share of the difference between two other faces: rotation, scale and shift. */
function moved(face: FaceAnalysis, from: FaceAnalysis, to: FaceAnalysis, share: number): FaceAnalysis {
  const before = centre(from.landmarks);
  const after = centre(to.landmarks);
  return movedRigidly(face, {
    yawDeg: share * (from.pose.yawDeg - to.pose.yawDeg),
    pitchDeg: share * (from.pose.pitchDeg - to.pose.pitchDeg),
    rollDeg: share * (from.pose.rollDeg - to.pose.rollDeg),
    scale: (from.quality.interEyePx / to.quality.interEyePx) ** share,
    rightPx: share * (before.x - after.x),
    downPx: share * (before.y - after.y),
  });
}

/** Rotations in degrees, shifts in image pixels. */
interface RigidMove {
  readonly yawDeg: number;
  readonly pitchDeg: number;
  readonly rollDeg: number;
  readonly scale: number;
  readonly rightPx: number;
  readonly downPx: number;
}

/** The face after a rigid movement in space: rotated about its centre, scaled and shifted. For small rotations only. */
export function movedRigidly(face: FaceAnalysis, move: RigidMove): FaceAnalysis {
  const [a, b, c, d, e, f, g, h, i] = rotationOf(move);
  const { scale, rightPx, downPx } = move;
  const here = centre(face.landmarks);
  const landmarks = new Float32Array(face.landmarks.length);
  for (let at = 0; at < landmarks.length; at += 3) {
    const x = face.landmarks[at] - here.x;
    const y = face.landmarks[at + 1] - here.y;
    const z = face.landmarks[at + 2];
    landmarks[at] = here.x + rightPx + scale * (a * x + b * y + c * z);
    landmarks[at + 1] = here.y + downPx + scale * (d * x + e * y + f * z);
    landmarks[at + 2] = scale * (g * x + h * y + i * z);
  }
  const { pose, region, box, quality } = face;
  return {
    ...face,
    landmarks,
    // Small rotations are added.
    pose: {
      yawDeg: pose.yawDeg + move.yawDeg,
      pitchDeg: pose.pitchDeg + move.pitchDeg,
      rollDeg: pose.rollDeg + move.rollDeg,
    },
    region: {
      centreX: here.x + rightPx + scale * (region.centreX - here.x),
      centreY: here.y + downPx + scale * (region.centreY - here.y),
      size: scale * region.size,
      angleRad: region.angleRad + (move.rollDeg * Math.PI) / 180,
    },
    box: {
      x: here.x + rightPx + scale * (box.x - here.x),
      y: here.y + downPx + scale * (box.y - here.y),
      width: scale * box.width,
      height: scale * box.height,
    },
    quality: { ...quality, interEyePx: scale * quality.interEyePx },
  };
}

function centre(landmarks: Float32Array): { readonly x: number; readonly y: number } {
  let x = 0;
  let y = 0;
  for (let at = 0; at < landmarks.length; at += 3) {
    x += landmarks[at];
    y += landmarks[at + 1];
  }
  const points = landmarks.length / 3;
  return { x: x / points, y: y / points };
}

/** The same view in another image: its noise differs, so its digests do. `mark` distinguishes images of one view. */
export function fresh(frame: FrameAnalysis, mark: string): FrameAnalysis {
  const { pixelDigest, blocks } = frame;
  const hash = createHash('sha256').update(`${pixelDigest} ${mark}`).digest();
  const noise = hash.readUInt32LE();
  return {
    ...frame,
    pixelDigest: hash.toString('hex').slice(0, pixelDigest.length),
    blocks: blocks.map((digest) => (digest === 0 ? 0 : (digest ^ noise) >>> 0 || 1)),
  };
}
