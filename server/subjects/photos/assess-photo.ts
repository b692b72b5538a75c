import type { Hint } from '../../../protocol/status.ts';
import type { PhotoRefusal } from '../../../protocol/http/photos.ts';
import { assessFrame } from '../../evidence/quality-gate.ts';
import type { AnalyzeReply } from '../../inference/calls.ts';
import type { QualityPolicy } from '../../policy/quality.ts';
import type { Embeddings } from '../../vision/analysis.ts';

/** What one photograph is good for. */
export type AssessedPhoto =
  | { readonly usable: true; readonly embeddings: Embeddings }
  | { readonly usable: false; readonly reason: PhotoRefusal };

const REASONS: Partial<Readonly<Record<Hint, PhotoRefusal>>> = {
  'no-face': 'no-face',
  'several-faces': 'several-faces',
  'face-covered': 'face-covered',
  'move-back': 'face-too-large',
  'centre-face': 'face-cut-off',
  'move-closer': 'face-too-small',
  'too-dark': 'too-dark',
  'too-bright': 'too-bright',
  'look-straight': 'face-turned',
  'hold-still': 'blurred',
};

/** Judges a photograph by what a worker found in it, as a probe is judged. */
export function assessPhoto(reply: AnalyzeReply, policy: QualityPolicy): AssessedPhoto {
  if (!reply.ok)
    return {
      usable: false,
      reason: reply.code === 'frame.too_many_pixels' ? 'too-many-pixels' : 'unreadable',
    };
  const { analysis } = reply;
  const sample = { seq: 0, atMs: 0, capturedAtMs: 0, analysis };
  const { good, hint } = assessFrame(sample, analysis.faceCount ?? 0, false, policy);
  const embeddings = analysis.face.found ? analysis.face.value.embeddings : undefined;
  if (good && embeddings !== undefined) return { usable: true, embeddings };
  return { usable: false, reason: (hint === null ? undefined : REASONS[hint]) ?? 'no-face' };
}
