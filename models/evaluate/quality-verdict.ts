import type { Hint } from '../../protocol/status.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { assessFrame } from '../../server/evidence/quality-gate.ts';
import type { FaceSummary } from './image-record.ts';

/** The hint of the standard policy's quality gate for a face; null when the face may serve as a probe. */
export function qualityHint(face: FaceSummary): Hint | null {
  const { frameWidth: width, frameHeight: height, faceCount, ...measured } = face;
  const mouth = { opening: 0, width: 0, cornerLift: 0 };
  const nothing = { landmarks: new Float32Array(0), mouth, followed: false };
  const region = { centreX: 0, centreY: 0, size: 0, angleRad: 0 };
  const analysis = {
    faceCount,
    width,
    height,
    face: { found: true, value: { ...measured, ...nothing, region } },
    blocks: [],
    pixelDigest: '',
  } as const;
  const sample = { seq: 0, atMs: 0, capturedAtMs: 0, analysis };
  return assessFrame(sample, faceCount, false, policyFor('standard').quality).hint;
}
