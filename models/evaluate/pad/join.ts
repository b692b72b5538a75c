import { createHash } from 'node:crypto';
import type { FaceAnalysis, FrameAnalysis } from '../../../server/vision/analysis.ts';
import { rotationOf } from '../../../test/support/puppet/rotation.ts';
import { smoothStep } from '../../../test/support/puppet/surroundings.ts';

/** What was left of the pose before fades away within this time, as when a head comes back to rest. */
const FADE_MS = 480;

/**
 * `frame` of a take that began `sinceMs` ago with `to`, right after `from`: the head is where it was, and moves over
 * to where the take has it as a rigid body, so that two takes pass into each other without a jump.
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

/** Moves a face by this share of what lies between two others: turned, scaled and shifted as a rigid body. */
function moved(face: FaceAnalysis, from: FaceAnalysis, to: FaceAnalysis, share: number): FaceAnalysis {
  const turn = {
    yawDeg: share * (from.pose.yawDeg - to.pose.yawDeg),
    pitchDeg: share * (from.pose.pitchDeg - to.pose.pitchDeg),
    rollDeg: share * (from.pose.rollDeg - to.pose.rollDeg),
  };
  const [a, b, c, d, e, f, g, h, i] = rotationOf(turn);
  const scale = (from.quality.interEyePx / to.quality.interEyePx) ** share;
  const here = centre(face.landmarks);
  const before = centre(from.landmarks);
  const after = centre(to.landmarks);
  const right = share * (before.x - after.x);
  const down = share * (before.y - after.y);
  const landmarks = new Float32Array(face.landmarks.length);
  for (let at = 0; at < landmarks.length; at += 3) {
    const x = face.landmarks[at] - here.x;
    const y = face.landmarks[at + 1] - here.y;
    const z = face.landmarks[at + 2];
    landmarks[at] = here.x + right + scale * (a * x + b * y + c * z);
    landmarks[at + 1] = here.y + down + scale * (d * x + e * y + f * z);
    landmarks[at + 2] = scale * (g * x + h * y + i * z);
  }
  const { pose, region, box, quality } = face;
  return {
    ...face,
    landmarks,
    // Turns this small add up.
    pose: {
      yawDeg: pose.yawDeg + turn.yawDeg,
      pitchDeg: pose.pitchDeg + turn.pitchDeg,
      rollDeg: pose.rollDeg + turn.rollDeg,
    },
    region: {
      centreX: here.x + right + scale * (region.centreX - here.x),
      centreY: here.y + down + scale * (region.centreY - here.y),
      size: scale * region.size,
      angleRad: region.angleRad + (turn.rollDeg * Math.PI) / 180,
    },
    box: {
      x: here.x + right + scale * (box.x - here.x),
      y: here.y + down + scale * (box.y - here.y),
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

/**
 * The same view in another picture: its noise is new, so its digests are. `mark` tells pictures of one view apart.
 */
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
