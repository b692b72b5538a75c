import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { FaceRegion } from './analysis.ts';
import {
  decodeDetections,
  DETECTOR_SIDE,
  detectorAnchors,
  faceSize,
  letterboxMatrix,
  regionFromDetection,
  type Detection,
} from './detect.ts';
import { intersectionOverUnion, type Box } from './geometry.ts';
import type { RgbImage } from './image.ts';
import { decodeMesh, MESH_SIDE, MIN_PRESENCE, regionFromMesh, type Mesh } from './mesh.ts';
import type { ModelRunner } from './model-runner.ts';
import { regionMatrix } from './region.ts';
import type { Warper } from './warp.ts';

/** What a stage of the work is called when its end is reported. */
export type Stage = 'detect' | 'mesh' | 'eyes' | 'quality' | 'embed' | 'pad' | 'motion' | 'hash';

/** Told each time a stage ends, so that the caller, who has a clock, can say what it cost. */
export type StageListener = (stage: Stage) => void;

const DETECTOR_INPUT = MODEL_MANIFEST.blazeface.input;
const MESH_INPUT = MODEL_MANIFEST.facemesh.input;

/** Detections tried before a picture counts as empty: junk rarely outranks a real face twice. */
const MAX_CANDIDATES = 3;
/** Other faces looked at before counting stops: two are already too many. */
const MAX_OTHER_FACES = 4;
/** Enough to look a second time, in the square that the first mesh gives: far above what anything but a face gets. */
const MIN_COARSE_PRESENCE = 0.1;
/** A face this much smaller than the main one is a bystander or a picture on the wall. */
const MIN_SHARE_OF_MAIN_SIZE = 0.35;
/** A detection that shares this much with the main face's box, or has its centre in it, is the main face. */
const SAME_FACE_OVERLAP = 0.3;

/** Finds, follows and counts faces. Holds input buffers, so each thread needs its own. */
export class FaceFinder {
  readonly #runner: ModelRunner;
  readonly #warper: Warper;
  readonly #anchors = detectorAnchors();
  readonly #detectorInput = new Float32Array(3 * DETECTOR_SIDE * DETECTOR_SIDE);
  readonly #meshInput = new Float32Array(3 * MESH_SIDE * MESH_SIDE);

  constructor(runner: ModelRunner, warper: Warper) {
    this.#runner = runner;
    this.#warper = warper;
  }

  /** Lays the mesh over a region, or gives null when there is no face in it. */
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

  /** Searches the whole picture; most prominent face first. */
  async detect(image: RgbImage, onStage: StageListener): Promise<Detection[]> {
    const matrix = letterboxMatrix(image.width, image.height);
    const side = DETECTOR_SIDE;
    this.#warper.crop(image, matrix, side, side, DETECTOR_INPUT.normalisation, this.#detectorInput);
    const outputs = await this.#runner.run('blazeface', this.#detectorInput, [1, 3, side, side]);
    const detections = decodeDetections(outputs, this.#anchors, matrix);
    onStage('detect');
    return detections;
  }

  /**
   * The mesh of the most prominent detection that the mesh network confirms. It is run twice: the detector's square
   * is coarse, the one around the first mesh fits.
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

  /** Faces in the picture: the main one and every other of comparable size that the mesh network confirms. */
  async count(
    image: RgbImage,
    detections: readonly Detection[],
    main: Box,
    onStage: StageListener,
  ): Promise<number> {
    const minSize = MIN_SHARE_OF_MAIN_SIZE * Math.max(main.width, main.height);
    const others = detections.filter(
      (detection) => faceSize(detection) >= minSize && !isSameFace(detection.box, main),
    );
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
