import { loadPrepared } from '../../models/prepared.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { OrtRunner } from '../../server/inference/ort-model.ts';
import type { FaceAnalysis } from '../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import type { Presenter } from '../../simulator/index.ts';

/** A face as the server's own networks see it. */
export type SeenFace = FaceAnalysis & { readonly atMs: number };

export interface Looker {
  /** Looks at a presenter's frames at these instants. Throws when a frame shows no face. */
  look(presenter: Presenter, instantsMs: readonly number[], describe?: boolean): Promise<SeenFace[]>;
}

/** The real decoder, networks and vision code, in this process. */
export async function createLooker(): Promise<Looker> {
  const { models } = await loadPrepared(modelCacheDir());
  const { blazeface, facemesh, iris, faceres } = models;
  if (!blazeface || !facemesh || !iris || !faceres) throw new Error('The models are not prepared.');
  const core = new FrameAnalyzerCore(await OrtRunner.load({ blazeface, facemesh, iris, faceres }));
  const decoder = new ImageDecoder(4_000_000);
  return {
    async look(presenter, instantsMs, describe = false) {
      const seen: SeenFace[] = [];
      for (const atMs of instantsMs) {
        const decoded = await decoder.decode(await presenter.frameAt(atMs));
        if (!decoded.ok) throw new Error(`The frame at ${atMs} ms is not readable.`);
        const region = seen.at(-1)?.region ?? null;
        const wants = { embeddings: describe, pad: false, countFaces: false };
        const { face } = await core.analyze(decoded.image, region, wants);
        if (!face.found) throw new Error(`There is no face at ${atMs} ms.`);
        seen.push({ ...face.value, atMs });
      }
      return seen;
    },
  };
}

/** `count` instants, evenly from `fromMs` to `toMs`. */
export function instants(fromMs: number, toMs: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => fromMs + ((toMs - fromMs) * i) / (count - 1));
}

/** Cosine of two of the same person's or of different persons' embeddings by faceres. */
export function similarity(a: SeenFace, b: SeenFace): number {
  const [x, y] = [a.embeddings?.faceres, b.embeddings?.faceres];
  if (x === undefined || y === undefined) throw new Error('The face was not described.');
  return x.reduce((sum, value, i) => sum + value * y[i], 0);
}

/** Where the nose tip stands between the cheeks' edges, 0..1: a flat picture keeps it, a head in space does not. */
export function nosePlace({ landmarks }: SeenFace): number {
  const [left, nose, right] = [234, 4, 454].map((index) => landmarks[3 * index]);
  return (nose - left) / (right - left);
}
