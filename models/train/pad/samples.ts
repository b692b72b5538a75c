import { ImageDecoder } from '../../../server/inference/image-decoder.ts';
import type { AnalysisOptions, FaceAnalysis } from '../../../server/vision/analysis.ts';
import type { RgbImage } from '../../../server/vision/image.ts';
import type { FrameAnalyzerCore } from '../../../server/vision/analyze.ts';
import { displayed, type DisplayKind, printed } from '../../../simulator/attacks/surfaces.ts';
import { flatPerformer, type Surface } from '../../../simulator/attacks/flat-performer.ts';
import { hash32 } from '../../../simulator/seeded.ts';
import { blurred, changed, pixelsOf, PLAIN } from '../../evaluate/pad-grid/cells.ts';
import { DISPLAY_HOLDING, FLATS } from '../../evaluate/pad/materials.ts';
import type { Presentation, Recording } from '../../evaluate/pad/recordings.ts';
import { Draws } from '../motion/random.ts';
import { PadFeatureMeter } from './features.ts';

/** One picture of a recording, measured. */
export interface PadSample {
  readonly recording: string;
  /** Whoever is to be seen: training and judging never share one. */
  readonly person: string;
  readonly presentation: Presentation;
  /** A living recording that was recaptured by the simulator. */
  readonly simulated: boolean;
  /** 0: as recorded; others: colour, tone, blur, size or compression changed. */
  readonly variant: number;
  /** What MiniFASNet says of the picture as recorded, 0..1; null without its weights. */
  readonly teacher: number | null;
  readonly features: readonly number[];
}

const MAX_YAW_DEG = 18;
const MAX_PIXELS = 16_000_000;
const LOOK: AnalysisOptions = { embeddings: false, pad: true, countFaces: false };
/** How a living recording is recaptured. */
const RECAPTURES = ['print', 'screen', 'phone'] as const;

export interface SampleOptions {
  readonly seed: number;
  /** Frames of each recording. */
  readonly frames: number;
  /** Changed pictures of each frame. */
  readonly variants: number;
  readonly personOf: (name: string) => string;
}

/**
 * Measures frames of a recording, and of a living one's simulated recaptures, each as it is and changed at random.
 * Yields nothing of a recording that shows no face from the front.
 */
export async function* padSamples(
  core: FrameAnalyzerCore,
  { name, presentation, source }: Recording,
  { seed, frames, variants, personOf }: SampleOptions,
): AsyncGenerator<PadSample> {
  const all: Buffer[] = [];
  for await (const picture of source.pictures()) all.push(picture);
  const count = Math.min(frames, all.length);
  const pictures = Array.from({ length: count }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / count)]);
  const measured = new SampleMeter(core, new Draws(hash32(seed, ...Buffer.from(name))), variants);
  const common = { recording: name, person: personOf(name), presentation, simulated: false } as const;
  for (const picture of pictures)
    for (const sample of await measured.of(picture)) yield { ...common, ...sample };
  if (presentation !== 'live') return;
  for (const species of RECAPTURES) {
    const recapture = recapturing(species, hash32(seed, 7, ...Buffer.from(name)));
    // Every other frame: three recaptures for each living recording are more than there are recorded attacks.
    for (const [index, picture] of pictures.entries()) {
      if (index % 2 !== 0) continue;
      const taken = await recapture(picture, index);
      const facts = { recording: `${name} as ${species}`, presentation: species, simulated: true } as const;
      for (const sample of await measured.of(taken)) yield { ...common, ...facts, ...sample };
    }
  }
}

/** Takes pictures of a sheet or a display that shows a frame. */
function recapturing(species: (typeof RECAPTURES)[number], seed: number) {
  let shown: RgbImage = { data: new Uint8Array(), width: 0, height: 0 };
  const surface: Surface = (_, atMs) =>
    species === 'print' ? printed(shown, seed) : displayed(shown, species satisfies DisplayKind, seed, atMs);
  const holding = species === 'print' ? FLATS['print bent'].holding : DISPLAY_HOLDING[species];
  const performer = flatPerformer(surface, holding, seed);
  return async (picture: Buffer, index: number): Promise<Buffer> => {
    shown = await pixelsOf(picture);
    return await performer.frameAt([], 200 * index);
  };
}

class SampleMeter {
  readonly #core: FrameAnalyzerCore;
  readonly #draws: Draws;
  readonly #variants: number;
  readonly #decoder = new ImageDecoder(MAX_PIXELS);
  readonly #meter = new PadFeatureMeter();

  constructor(core: FrameAnalyzerCore, draws: Draws, variants: number) {
    this.#core = core;
    this.#draws = draws;
    this.#variants = variants;
  }

  /** The picture as it is, and changed; nothing where no face is to be judged. */
  async of(picture: Buffer): Promise<Pick<PadSample, 'variant' | 'teacher' | 'features'>[]> {
    const decoded = await this.#decoder.decode(picture);
    if (!decoded.ok) return [];
    const { face } = await this.#core.analyze(decoded.image, null, LOOK);
    if (!face.found || Math.abs(face.value.pose.yawDeg) > MAX_YAW_DEG) return [];
    const teacher = face.value.bonaFideProbability ?? null;
    const { box } = face.value;
    const samples = [{ variant: 0, teacher, features: [...this.#meter.measure(decoded.image, box)] }];
    for (let variant = 1; variant <= this.#variants; variant++) {
      const features = await this.#changed(picture, box);
      if (features !== null) samples.push({ variant, teacher, features });
    }
    return samples;
  }

  async #changed(picture: Buffer, box: FaceAnalysis['box']): Promise<number[] | null> {
    const draws = this.#draws;
    const scale = draws.chance(0.5) ? draws.between(0.5, 1) : 1;
    const cell = {
      ...PLAIN,
      red: draws.logBetween(0.75, 1.35),
      blue: draws.logBetween(0.6, 1.35),
      gamma: draws.logBetween(0.7, 1.4),
      contrast: draws.between(0.75, 1.3),
      jpegQuality: Math.round(draws.between(35, 92)),
      scale,
    };
    const blur = draws.chance(0.4) ? draws.between(0.4, 1.4) : null;
    const softened = blur === null ? picture : await blurred(picture, blur);
    const decoded = await this.#decoder.decode(await changed(softened, cell));
    if (!decoded.ok) return null;
    const { x, y, width, height } = box;
    const scaled = { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
    return [...this.#meter.measure(decoded.image, scaled)];
  }
}
