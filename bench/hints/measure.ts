import type { Hint } from '../../protocol/status.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { assessFrame } from '../../server/evidence/quality-gate.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import type { FaceAnalysis, FrameAnalysis } from '../../server/vision/analysis.ts';
import type { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { Camera } from '../../simulator/drawing/camera.ts';
import type { Photo } from './photo.ts';
import { SCENES, type Scene } from './scenes.ts';

export interface SceneResult {
  readonly scene: string;
  readonly expected: Hint | null;
  readonly pictures: number;
  readonly correct: number;
  /** Other hints that were given, with their counts. `none`: the quality gate accepted the image. */
  readonly instead: Readonly<Partial<Record<Hint | 'none', number>>>;
}

export interface Verdict {
  readonly scene: Scene;
  readonly photo: Photo;
  readonly hint: Hint | null;
  readonly face: FaceAnalysis | null;
}

const ANALYSIS_OPTIONS = { embeddings: false, pad: false, countFaces: true } as const;
const MAX_PIXELS = 4_000_000;

/** Puts every photo through every scene, a camera model, the server's vision code and its quality gate. */
export async function evaluateScenes(
  photos: readonly Photo[],
  core: FrameAnalyzerCore,
  scenes: readonly Scene[] = SCENES,
  onVerdict: (verdict: Verdict) => void = () => {},
): Promise<SceneResult[]> {
  const decoder = new ImageDecoder(MAX_PIXELS);
  const { quality } = policyFor('standard');
  const cameras = photos.map((_, i) => new Camera(i));
  const results: SceneResult[] = [];
  for (const scene of scenes) {
    let correct = 0;
    const instead: Partial<Record<Hint | 'none', number>> = {};
    for (const [i, photo] of photos.entries()) {
      const picture = await scene.draw(photo, photos[(i + 1) % photos.length]);
      const decoded = await decoder.decode(await cameras[i].take(picture, 0));
      if (!decoded.ok) throw new Error(`A scene was refused: ${decoded.code}.`);
      const analysis = await core.analyze(decoded.image, null, ANALYSIS_OPTIONS);
      const { hint } = assessFrame(sampleOf(analysis), analysis.faceCount ?? 1, false, quality);
      onVerdict({ scene, photo, hint, face: analysis.face.found ? analysis.face.value : null });
      if (hint === scene.expected) correct++;
      else instead[hint ?? 'none'] = (instead[hint ?? 'none'] ?? 0) + 1;
    }
    results.push({ scene: scene.name, expected: scene.expected, pictures: photos.length, correct, instead });
  }
  return results;
}

/** Share of all images with the expected hint, 0..1. */
export function hintCorrectness(results: readonly SceneResult[]): number {
  const sum = (pick: (result: SceneResult) => number) =>
    results.reduce((total, result) => total + pick(result), 0);
  return sum(({ correct }) => correct) / sum(({ pictures }) => pictures);
}

function sampleOf(analysis: FrameAnalysis) {
  return { seq: 0, atMs: 0, capturedAtMs: 0, analysis };
}
