import { readFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { loadPrepared } from '../../models/prepared.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import { OrtRunner } from '../../server/inference/ort-model.ts';
import { regionFromDetection, type Detection } from '../../server/vision/detect.ts';
import { FaceFinder } from '../../server/vision/find.ts';
import { distance, transform, type Box, type Point } from '../../server/vision/geometry.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { eyeRegions, IRIS_SIDE } from '../../server/vision/iris.ts';
import { LANDMARK } from '../../server/vision/landmarks.ts';
import { regionFromMesh } from '../../server/vision/mesh.ts';
import { outputOfSize, type ModelRunner } from '../../server/vision/model-runner.ts';
import { regionMatrix } from '../../server/vision/region.ts';
import { Warper } from '../../server/vision/warp.ts';
import { WEBCAM_SIZE, type FrameSize } from '../presenter.ts';

/** The 16 lid points of one eye, outer corner first: lower lid 0..8, upper lid 9..15, in image pixels. */
export type Lids = readonly Point[];

/** A picture of one face as a webcam would frame it, and where its points are. */
export interface Portrait {
  readonly image: RgbImage;
  /** 468 × (x, y, z) in image pixels, z negative toward the camera. */
  readonly landmarks: Float32Array;
  readonly lids: { readonly imageLeft: Lids; readonly imageRight: Lids };
}

/** Where a face can be found. */
export interface PortraitSource {
  /** An image file, or its bytes. */
  readonly image: string | Buffer;
  /** Picks the face nearest to this point of the image; without it the most prominent one. */
  readonly faceAt?: Point;
  /** Keeps to this part of the image, to leave other people out; the rest is filled with its mirror image. */
  readonly within?: Box;
}

/** Distance between the pupils in the webcam picture, as a share of its width: a person at arm's length. */
const INTER_EYE_SHARE = 0.132;
/** Where the middle of the face is, as shares of the picture. */
const FACE_CENTRE = { x: 0.5, y: 0.47 };
const VALUES_PER_EYE = 228;
const LID_POINTS = 16;

let sharedRunner: Promise<ModelRunner> | null = null;

/** The geometry networks from the model cache, loaded once for the whole process. Rejects when they are not prepared. */
function geometryRunner(): Promise<ModelRunner> {
  sharedRunner ??= loadPrepared(modelCacheDir()).then(({ models }) => {
    const { blazeface, facemesh, iris } = models;
    if (!blazeface || !facemesh || !iris)
      throw new Error('The models are not prepared: run `npm run models`.');
    return OrtRunner.load({ blazeface, facemesh, iris });
  });
  return sharedRunner;
}

/**
 * Cuts one face out of a picture the way a webcam would frame it and lays the mesh and the lids over it.
 * Rejects when there is no face.
 */
export async function preparePortrait(
  source: PortraitSource,
  size: FrameSize = WEBCAM_SIZE,
): Promise<Portrait> {
  const runner = await geometryRunner();
  const bytes = typeof source.image === 'string' ? await readFile(source.image) : source.image;
  const original = await decode(sharp(bytes).autoOrient());
  const found = await findMesh(runner, original, source.faceAt);
  const image = await frameFace(original, found, size, source.within);
  const landmarks = await findMesh(runner, image, {
    x: size.width * FACE_CENTRE.x,
    y: size.height * FACE_CENTRE.y,
  });
  const [imageLeft, imageRight] = await findLids(runner, image, landmarks);
  return { image, landmarks, lids: { imageLeft, imageRight } };
}

async function decode(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture
    .flatten({ background: 'black' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

const ignore = () => {};

async function findMesh(
  runner: ModelRunner,
  image: RgbImage,
  near: Point | undefined,
): Promise<Float32Array> {
  const finder = new FaceFinder(runner, new Warper());
  const detections = await finder.detect(image, ignore);
  const wanted =
    near === undefined ? detections : detections.toSorted((a, b) => apart(a, near) - apart(b, near));
  const coarse =
    wanted.length > 0 ? await finder.meshIn(image, regionFromDetection(wanted[0]), ignore) : null;
  const fine = coarse && (await finder.meshIn(image, regionFromMesh(coarse.landmarks), ignore));
  if (fine === null) throw new Error('There is no face in the portrait.');
  return fine.landmarks;
}

function apart({ box }: Detection, point: Point): number {
  return distance({ x: box.x + box.width / 2, y: box.y + box.height / 2 }, point);
}

/** Scales and shifts the picture so that the face has a webcam's framing; what lies outside is mirrored. */
async function frameFace(
  original: RgbImage,
  landmarks: Float32Array,
  size: FrameSize,
  within: Box = { x: 0, y: 0, width: original.width, height: original.height },
): Promise<RgbImage> {
  const at = (index: number, axis: number) => landmarks[3 * index + axis];
  const eye = (outer: number, inner: number) =>
    [0, 1, 2].map((axis) => (at(outer, axis) + at(inner, axis)) / 2);
  const left = eye(LANDMARK.leftEyeOuter, LANDMARK.leftEyeInner);
  const right = eye(LANDMARK.rightEyeOuter, LANDMARK.rightEyeInner);
  const interEye = Math.hypot(right[0] - left[0], right[1] - left[1], right[2] - left[2]);
  const scale = (size.width * INTER_EYE_SHARE) / interEye;
  const centreX = (at(LANDMARK.cheekEdgeLeft, 0) + at(LANDMARK.cheekEdgeRight, 0)) / 2;
  const centreY = (at(LANDMARK.foreheadTop, 1) + at(LANDMARK.chin, 1)) / 2;
  const width = Math.round(size.width / scale);
  const height = Math.round(size.height / scale);
  const x = Math.round(centreX - FACE_CENTRE.x * width);
  const y = Math.round(centreY - FACE_CENTRE.y * height);
  const cut = {
    left: Math.max(within.x, x),
    top: Math.max(within.y, y),
    right: Math.min(within.x + within.width, x + width),
    bottom: Math.min(within.y + within.height, y + height),
  };
  const extended = await sharp(original.data, {
    raw: { width: original.width, height: original.height, channels: 3 },
  })
    .extract({ left: cut.left, top: cut.top, width: cut.right - cut.left, height: cut.bottom - cut.top })
    .extend({
      left: cut.left - x,
      top: cut.top - y,
      right: x + width - cut.right,
      bottom: y + height - cut.bottom,
      extendWith: 'mirror',
    })
    .raw()
    .toBuffer();
  return await decode(
    sharp(extended, { raw: { width, height, channels: 3 } }).resize(size.width, size.height, { fit: 'fill' }),
  );
}

async function findLids(
  runner: ModelRunner,
  image: RgbImage,
  landmarks: Float32Array,
): Promise<[Lids, Lids]> {
  const warper = new Warper();
  const { normalisation } = MODEL_MANIFEST.iris.input;
  const input = new Float32Array(2 * 3 * IRIS_SIDE * IRIS_SIDE);
  const matrices = eyeRegions(landmarks).map(({ region, mirrored }) =>
    regionMatrix(region, IRIS_SIDE, mirrored),
  );
  for (const [eye, matrix] of matrices.entries()) {
    const outStart = (eye * input.length) / 2;
    warper.crop(image, matrix, IRIS_SIDE, IRIS_SIDE, normalisation, input, { outStart });
  }
  const outputs = await runner.run('iris', input, [2, 3, IRIS_SIDE, IRIS_SIDE]);
  const values = outputOfSize(outputs, VALUES_PER_EYE, 2);
  const lidsOf = (eye: number): Lids =>
    Array.from({ length: LID_POINTS }, (_, point) => {
      const start = eye * VALUES_PER_EYE + 3 * point;
      return transform(matrices[eye], values[start], values[start + 1]);
    });
  return [lidsOf(0), lidsOf(1)];
}
