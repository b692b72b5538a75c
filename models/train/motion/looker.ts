import { ImageDecoder } from '../../../server/inference/image-decoder.ts';
import { OrtRunner } from '../../../server/inference/ort-model.ts';
import type { FaceAnalysis, FaceRegion } from '../../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../../server/vision/analyze.ts';
import type { RgbImage } from '../../../server/vision/image.ts';
import { loadPrepared } from '../../prepared.ts';
import { modelCacheDir } from '../../prepare/settings.ts';
import { TrainError } from '../train-error.ts';

const MAX_PIXELS = 4_000_000;
const ANALYSIS_OPTIONS = { embeddings: false, pad: false, countFaces: false } as const;

/** Analyses images in sequence as a worker of the server does, and follows the face. */
export class Looker {
  readonly #core: FrameAnalyzerCore;
  readonly #decoder = new ImageDecoder(MAX_PIXELS);
  #region: FaceRegion | null = null;

  private constructor(core: FrameAnalyzerCore) {
    this.#core = core;
  }

  /** @throws TrainError when the geometry networks are not prepared */
  static async load(): Promise<Looker> {
    const { blazeface, facemesh, iris } = (await loadPrepared(modelCacheDir())).models;
    if (!blazeface || !facemesh || !iris)
      throw new TrainError('The models are not prepared: run `npm run models` first.');
    return new Looker(new FrameAnalyzerCore(await OrtRunner.load({ blazeface, facemesh, iris })));
  }

  /** Forgets the face's position: the next image belongs to another recording. */
  startOver(): void {
    this.#region = null;
  }

  async look(image: RgbImage): Promise<FaceAnalysis | null> {
    const { face } = await this.#core.analyze(image, this.#region, ANALYSIS_OPTIONS);
    this.#region = face.found ? face.value.region : null;
    return face.found ? face.value : null;
  }

  /**
   * Decodes an image into pixels in their own memory.
   * @throws TrainError when the bytes are no image
   */
  async decode(bytes: Buffer): Promise<RgbImage> {
    const result = await this.#decoder.decode(bytes);
    if (!result.ok) throw new TrainError(`A picture was refused: ${result.code}.`);
    const { width, height, data } = result.image;
    return { width, height, data: data.slice(0, width * height * 3) };
  }
}
