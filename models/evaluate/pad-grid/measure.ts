import { ImageDecoder } from '../../../server/inference/image-decoder.ts';
import { median } from '../../../server/evidence/sample.ts';
import { policyFor } from '../../../server/policy/built-in.ts';
import type { FaceAnalysis } from '../../../server/vision/analysis.ts';
import type { FrameAnalyzerCore } from '../../../server/vision/analyze.ts';
import type { Presentation, Recording } from '../pad/recordings.ts';
import { type Cell, changed } from './cells.ts';

/** A recording's frames that passive PAD would judge, as they were recorded. */
export interface Sampled {
  readonly name: string;
  readonly presentation: Presentation;
  readonly pictures: readonly Buffer[];
}

/** What one recording scored in one cell. */
export interface Scored {
  readonly name: string;
  readonly presentation: Presentation;
  /** One probability of a bona fide presentation, 0..1, for each frame in which the face was found. */
  readonly scores: readonly number[];
  /** Their median, as the server pools them; null with fewer frames than the policy asks for. */
  readonly pooled: number | null;
}

const { passivePad } = policyFor('standard');
const MAX_PIXELS = 16_000_000;
const PAD_ONLY = { embeddings: false, pad: true, countFaces: false } as const;

/** Runs changed pictures through the product's own decoder, face finder and passive PAD. */
export class PadGridMeter {
  readonly #core: FrameAnalyzerCore;
  readonly #decoder = new ImageDecoder(MAX_PIXELS);

  constructor(core: FrameAnalyzerCore) {
    this.#core = core;
  }

  /** Up to `frames` evenly spread frames of a recording that show the face within the yaw that PAD judges. */
  async sample({ name, presentation, source }: Recording, frames: number): Promise<Sampled> {
    const all: Buffer[] = [];
    for await (const picture of source.pictures()) all.push(picture);
    // Twice as many candidates as frames: some show no face, or one that is turned away.
    const candidates = Math.min(all.length, 2 * frames);
    const judged: Buffer[] = [];
    for (let i = 0; i < candidates; i++) {
      const picture = all[Math.floor(((i + 0.5) * all.length) / candidates)];
      const face = await this.#look(picture, false);
      if (face !== null && Math.abs(face.pose.yawDeg) <= passivePad.maxYawDeg) judged.push(picture);
    }
    const step = Math.max(1, judged.length / frames);
    const pictures = Array.from(
      { length: Math.min(frames, judged.length) },
      (_, i) => judged[Math.floor(i * step)],
    );
    return { name, presentation, pictures };
  }

  /** Scores a recording in a cell. */
  async score({ name, presentation, pictures }: Sampled, cell: Cell): Promise<Scored> {
    const scores: number[] = [];
    for (const picture of pictures) {
      const face = await this.#look(await changed(picture, cell), true);
      if (face?.bonaFideProbability !== undefined) scores.push(face.bonaFideProbability);
    }
    const enough = scores.length >= Math.min(passivePad.minFrames, pictures.length) && scores.length > 0;
    return { name, presentation, scores, pooled: enough ? median(scores) : null };
  }

  async #look(picture: Buffer, pad: boolean): Promise<FaceAnalysis | null> {
    const decoded = await this.#decoder.decode(picture);
    if (!decoded.ok) return null;
    const { face } = await this.#core.analyze(decoded.image, null, { ...PAD_ONLY, pad });
    return face.found ? face.value : null;
  }
}
