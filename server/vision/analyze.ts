import { EMBEDDING_MODELS, PAD_MODELS, type EmbeddingModelId } from '../../models/ids.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type {
  AnalysisOptions,
  Embeddings,
  EyeOpenness,
  FaceAnalysis,
  FaceRegion,
  FrameAnalysis,
  Gaze,
} from './analysis.ts';
import { contentBox, cropTo, inWholePicture, movedRegion } from './content-box.ts';
import type { Detection } from './detect.ts';
import { EMBEDDING_INPUT_LENGTH, embedFace } from './embed.ts';
import { cropFace, FACE_CROP_PIXELS } from './face-crop.ts';
import { FaceFinder, type StageListener } from './find.ts';
import { flashColours } from './flash-colours.ts';
import { pixelDigest } from './frame-hash.ts';
import type { Box } from './geometry.ts';
import { turnedUpsideDown, type RgbImage } from './image.ts';
import { decodeEyes, decodeGaze, eyeRegions, IRIS_SIDE } from './iris.ts';
import { landmarkBounds } from './landmarks.ts';
import { regionFromMesh, type Mesh } from './mesh.ts';
import { outputOfSize, type ModelRunner } from './model-runner.ts';
import { blockDigests } from './noise.ts';
import { measureMouth } from './mouth.ts';
import {
  bonaFideProbabilities,
  fillPadViews,
  PAD_CROP,
  PAD_CROP_LENGTH,
  PAD_SIDE,
  PAD_VIEWS,
  padMatrix,
  pooledBonaFide,
} from './pad.ts';
import { headPose } from './pose.ts';
import { ReliefMeter, type RestTexture } from './relief/meter.ts';
import { turnRelief } from './relief/turn-relief.ts';
import { measureQuality } from './quality.ts';
import { isUsableRegion, regionMatrix } from './region.ts';
import { Warper } from './warp.ts';

/**
 * In 79 of 166 pictures of LFW that lie upside down the mesh is laid over the wrong features; each of them seems
 * covered so far.
 */
const DOUBTFUL_OCCLUSION = 0.6;
const EYE_LENGTH = 3 * IRIS_SIDE * IRIS_SIDE;

/**
 * Runs one frame through the networks, in order. It keeps nothing from one frame to the next except its buffers. So
 * each thread needs its own, and runs one frame at a time.
 */
export class FrameAnalyzerCore {
  readonly #runner: ModelRunner;
  readonly #warper = new Warper();
  readonly #finder: FaceFinder;
  readonly #eyeInput = new Float32Array(2 * EYE_LENGTH);
  readonly #embeddingInput = new Float32Array(EMBEDDING_INPUT_LENGTH);
  readonly #padCrop = new Float32Array(PAD_CROP_LENGTH);
  readonly #padInput = new Float32Array(PAD_VIEWS * PAD_CROP_LENGTH);
  readonly #facePlanes = new Float32Array(3 * FACE_CROP_PIXELS);
  readonly #faceLuma = new Float32Array(FACE_CROP_PIXELS);
  readonly #reliefMeter = new ReliefMeter();

  constructor(runner: ModelRunner) {
    this.#runner = runner;
    this.#finder = new FaceFinder(runner, this.#warper);
  }

  /**
   * Analyses one picture. Looks for the face in `region` first, and in the whole picture when there is no region or no
   * face in it. Rejects only when a network fails. `onStage` is called at the end of each stage. `rests` are textures
   * of the face at rest, which the relief of a turned face is measured against.
   */
  async analyze(
    image: RgbImage,
    region: FaceRegion | null,
    options: AnalysisOptions,
    onStage: StageListener = () => {},
    rests: readonly RestTexture[] = [],
  ): Promise<FrameAnalysis> {
    const content = contentBox(image);
    if (content !== null) {
      const inner = region === null ? null : movedRegion(region, -content.x, -content.y);
      const part = await this.#analyzeContent(cropTo(image, content), inner, options, onStage, rests);
      return inWholePicture(part, content, image);
    }
    return await this.#analyzeContent(image, region, options, onStage, rests);
  }

  async #analyzeContent(
    image: RgbImage,
    region: FaceRegion | null,
    options: AnalysisOptions,
    onStage: StageListener,
    rests: readonly RestTexture[],
  ): Promise<FrameAnalysis> {
    const hashes = { blocks: blockDigests(image), pixelDigest: pixelDigest(image) };
    onStage('hash');
    const living = options.motion === undefined ? null : await this.#livingMotionProbability(options.motion);
    if (living !== null) onStage('motion');
    const motion = living === null ? {} : { livingMotionProbability: living };
    const frame = { width: image.width, height: image.height, ...hashes, ...motion };

    const usable = region !== null && isUsableRegion(region);
    let mesh = usable ? await this.#finder.meshIn(image, region, onStage) : null;
    const followed = mesh !== null;
    let detections: readonly Detection[] | null = null;
    if (mesh === null || options.countFaces) detections = await this.#finder.detect(image, onStage);
    mesh ??= await this.#finder.mainFace(image, detections ?? [], onStage);
    if (mesh === null) {
      const why = this.#finder.seesFace(detections ?? []) ? 'unclear-face' : 'no-face';
      if (options.seekTurned !== true) return { ...frame, face: { found: false, why }, faceCount: 0 };
      const isTurned = (await this.#turnedPresence(image, onStage)) !== null;
      const face = { found: false, why: isTurned ? 'turned-face' : why } as const;
      return { ...frame, face, faceCount: 0, soughtTurned: true };
    }

    const box = landmarkBounds(mesh.landmarks);
    const face = await this.#describe(image, mesh, box, options, onStage, rests);
    const soughtTurned = options.seekTurned === true && face.quality.occlusion >= DOUBTFUL_OCCLUSION;
    if (soughtTurned && ((await this.#turnedPresence(image, onStage)) ?? 0) > mesh.presence)
      return { ...frame, face: { found: false, why: 'turned-face' }, faceCount: 0, soughtTurned };
    const sought = soughtTurned ? { soughtTurned } : {};
    const value = { ...face, followed };
    if (detections === null) return { ...frame, ...sought, face: { found: true, value } };
    const faceCount = await this.#finder.count(image, detections, box, onStage);
    return { ...frame, ...sought, face: { found: true, value }, faceCount };
  }

  /** The presence of a face in the picture turned upside down; null when there is none. */
  async #turnedPresence(image: RgbImage, onStage: StageListener): Promise<number | null> {
    const turned = turnedUpsideDown(image);
    const detections = await this.#finder.detect(turned, onStage);
    return (await this.#finder.mainFace(turned, detections, onStage))?.presence ?? null;
  }

  async #describe(
    image: RgbImage,
    mesh: Mesh,
    box: Box,
    options: AnalysisOptions,
    onStage: StageListener,
    rests: readonly RestTexture[],
  ): Promise<Omit<FaceAnalysis, 'followed'>> {
    const { landmarks, presence } = mesh;
    const region = regionFromMesh(landmarks);
    const { eyes, gaze } = await this.#eyes(image, landmarks);
    onStage('eyes');
    const crop = cropFace(image, region, this.#warper, this.#facePlanes);
    const { width, height } = image;
    const quality = measureQuality(crop, landmarks, presence, box, width, height, this.#faceLuma);
    const pose = headPose(landmarks);
    const colours = options.colours === true ? flashColours(image, landmarks, box) : null;
    onStage('quality');
    const texture = options.texture === true ? this.#reliefMeter.texture(image, landmarks) : null;
    const relief =
      options.relief === undefined
        ? null
        : turnRelief(this.#reliefMeter, image, landmarks, pose, rests, options.relief);
    if (texture !== null || relief !== null) onStage('relief');
    const models = options.embeddings ? (options.embeddingModels ?? EMBEDDING_MODELS) : [];
    const embeddings = await this.#embeddings(image, landmarks, models);
    if (embeddings !== null) onStage('embed');
    const bonaFide = options.pad ? await this.#bonaFideProbability(image, box) : null;
    if (bonaFide !== null) onStage('pad');
    return {
      presence,
      region,
      box,
      landmarks,
      pose,
      eyes,
      mouth: measureMouth(landmarks),
      gaze,
      quality,
      ...(embeddings === null ? {} : { embeddings }),
      ...(bonaFide === null ? {} : { bonaFideProbability: bonaFide }),
      ...(colours === null ? {} : { colours }),
      ...(relief === null ? {} : { relief }),
      ...(texture === null ? {} : { texture }),
    };
  }

  async #eyes(image: RgbImage, landmarks: Float32Array): Promise<{ eyes: EyeOpenness; gaze: Gaze }> {
    const side = IRIS_SIDE;
    for (const [i, { region, mirrored }] of eyeRegions(landmarks).entries()) {
      const matrix = regionMatrix(region, side, mirrored);
      const outStart = i * EYE_LENGTH;
      const { normalisation } = MODEL_MANIFEST.iris.input;
      this.#warper.crop(image, matrix, side, side, normalisation, this.#eyeInput, { outStart });
    }
    const outputs = await this.#runner.run('iris', this.#eyeInput, [2, 3, side, side]);
    return { eyes: decodeEyes(outputs), gaze: decodeGaze(outputs) };
  }

  /** One embedding for each of these networks that is loaded; null when none is. */
  async #embeddings(
    image: RgbImage,
    landmarks: Float32Array,
    models: readonly EmbeddingModelId[],
  ): Promise<Embeddings | null> {
    const embeddings: Partial<Record<EmbeddingModelId, Float32Array>> = {};
    for (const model of models) {
      if (!this.#runner.has(model)) continue;
      embeddings[model] = await embedFace(
        model,
        this.#runner,
        this.#warper,
        image,
        landmarks,
        this.#embeddingInput,
      );
    }
    return Object.keys(embeddings).length > 0 ? embeddings : null;
  }

  /** The motion network's probability for a window; null when the network is not loaded. */
  async #livingMotionProbability(window: Float32Array): Promise<number | null> {
    if (!this.#runner.has('motion')) return null;
    const { steps, features } = MODEL_MANIFEST.motion.input;
    return outputOfSize(await this.#runner.run('motion', window, [1, steps, features]), 1)[0];
  }

  /** What the loaded PAD networks say of the face in several views; null when none is loaded. */
  async #bonaFideProbability(image: RgbImage, box: Box): Promise<number | null> {
    const probabilities: number[][] = [];
    for (const model of PAD_MODELS) {
      if (!this.#runner.has(model)) continue;
      const matrix = padMatrix(model, box, image.width, image.height);
      const { normalisation } = MODEL_MANIFEST[model].input;
      this.#warper.crop(image, matrix, PAD_SIDE, PAD_SIDE, normalisation, this.#padCrop, PAD_CROP);
      fillPadViews(this.#padCrop, this.#padInput);
      const dims = [PAD_VIEWS, 3, PAD_SIDE, PAD_SIDE];
      probabilities.push(bonaFideProbabilities(await this.#runner.run(model, this.#padInput, dims)));
    }
    return pooledBonaFide(probabilities);
  }
}
