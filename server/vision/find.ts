import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { FaceRegion } from './analysis.ts';
import { BLAZEFACE } from './blazeface.ts';
import {
  byProminence,
  isUnmistakable,
  longerSide,
  regionFromDetection,
  type Detection,
  type FaceDetector,
} from './detect.ts';
import { intersectionOverUnion, type Box } from './geometry.ts';
import type { RgbImage } from './image.ts';
import { decodeMesh, MESH_SIDE, MIN_PRESENCE, regionFromMesh, type Mesh } from './mesh.ts';
import type { ModelRunner } from './model-runner.ts';
import { regionMatrix } from './region.ts';
import type { Warper } from './warp.ts';

/** The name of a stage of the analysis. */
export type Stage = 'detect' | 'mesh' | 'eyes' | 'quality' | 'relief' | 'embed' | 'pad' | 'motion' | 'hash';

/** Called each time a stage ends, so that the caller, who has a clock, can measure it. */
export type StageListener = (stage: Stage) => void;

const MESH_INPUT = MODEL_MANIFEST.facemesh.input;

/** Detections that are tried before a picture counts as empty. Two that are no faces seldom outrank a real one. */
const MAX_CANDIDATES = 3;
/** Other faces that are looked at before counting stops: two are already too many. */
const MAX_OTHER_FACES = 4;
/** At this face flag the mesh is laid a second time, in the square of the first mesh. Only faces reach it. */
const MIN_COARSE_PRESENCE = 0.1;
/** A face this much smaller than the main one is a bystander, or a picture on the wall. */
const MIN_SHARE_OF_MAIN_SIZE = 0.35;
/** A detection that shares this much with the main face's box, or has its centre in it, is the main face. */
const SAME_FACE_OVERLAP = 0.3;

/** Finds, follows and counts faces. Holds input buffers, so each thread needs its own. */
export class FaceFinder {
  readonly #runner: ModelRunner;
  readonly #warper: Warper;
  readonly #detector: FaceDetector;
  readonly #detectorInput: Float32Array;
  readonly #meshInput = new Float32Array(3 * MESH_SIDE * MESH_SIDE);

  constructor(runner: ModelRunner, warper: Warper, detector: FaceDetector = BLAZEFACE) {
    this.#runner = runner;
    this.#warper = warper;
    this.#detector = detector;
    this.#detectorInput = new Float32Array(3 * detector.input.width * detector.input.height);
  }

  /** Lays the mesh over a region; null when there is no face in it. */
  async meshIn(
    image: RgbImage,
    region: FaceRegion,
    onStage: StageListener,
    minPresence = MIN_PRESENCE,
  ): Promise<Mesh | null> {
    const matrix = regionMatrix(region, MESH_SIDE);
    this.#warper.crop(image, matrix, MESH_SIDE, MESH_SIDE, MESH_INPUT.normalisation, this.#meshInput);
    const outputs = await this.#runner.run('facemesh', this.#meshInput, [1, 3, MESH_SIDE, MESH_SIDE]);
    const mesh = decodeMesh(outputs, region);
    onStage('mesh');
    return mesh.presence > minPresence ? mesh : null;
  }

  /** Searches the whole picture; the most prominent face comes first. */
  async detect(image: RgbImage, onStage: StageListener): Promise<Detection[]> {
    const { model, input, decode } = this.#detector;
    const { width, height, normalisation } = input;
    const placement = input.placement(image.width, image.height);
    this.#warper.crop(image, placement, width, height, normalisation, this.#detectorInput);
    const outputs = await this.#runner.run(model, this.#detectorInput, [1, 3, height, width]);
    const detections = byProminence(decode(outputs, placement), image.width, image.height);
    onStage('detect');
    return detections;
  }

  /** Whether one of these detections is certainly a face, although the mesh network may not confirm it. */
  seesFace(detections: readonly Detection[]): boolean {
    return detections.some((detection) => isUnmistakable(detection, this.#detector));
  }

  /**
   * The mesh of the most prominent detection that the mesh network confirms. The network runs twice: the detector's
   * square is coarse, and that around the first mesh fits.
   */
  async mainFace(
    image: RgbImage,
    detections: readonly Detection[],
    onStage: StageListener,
  ): Promise<Mesh | null> {
    for (const detection of detections.slice(0, MAX_CANDIDATES)) {
      const region = regionFromDetection(detection);
      const coarse = await this.meshIn(image, region, onStage, MIN_COARSE_PRESENCE);
      if (coarse === null) continue;
      const fine = await this.meshIn(image, regionFromMesh(coarse.landmarks), onStage);
      if (fine !== null) return fine;
    }
    return null;
  }

  /** The number of faces: the main one, and every other of comparable size that the mesh network confirms. */
  async count(
    image: RgbImage,
    detections: readonly Detection[],
    main: Box,
    onStage: StageListener,
  ): Promise<number> {
    const minSize = MIN_SHARE_OF_MAIN_SIZE * longerSide(main);
    const others = detections.filter(({ box }) => longerSide(box) >= minSize && !isSameFace(box, main));
    let count = 1;
    for (const detection of others.slice(0, MAX_OTHER_FACES)) {
      if ((await this.meshIn(image, regionFromDetection(detection), onStage)) !== null) count++;
    }
    return count;
  }
}

function isSameFace(box: Box, main: Box): boolean {
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  const centreInside = x > main.x && x < main.x + main.width && y > main.y && y < main.y + main.height;
  return centreInside || intersectionOverUnion(box, main) > SAME_FACE_OVERLAP;
}
