import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { FaceAnalysis } from '../../server/vision/analysis.ts';
import type { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { midpoint, type Affine, type Point } from '../../server/vision/geometry.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { leftEyeCentre, rightEyeCentre } from '../../server/vision/landmarks.ts';
import { Warper } from '../../server/vision/warp.ts';

/** A photo of one person who looks into the camera. */
export interface Photo {
  readonly name: string;
  readonly image: RgbImage;
  readonly face: FaceAnalysis;
}

/** Position of a face in the camera's frame. */
export interface Framing {
  /** Distance between the eyes, and their midpoint, in pixels of the frame. */
  readonly interEyePx: number;
  readonly eyes: Point;
  /** Clockwise, in addition to the photo's own roll. */
  readonly rollDeg?: number;
}

export const FRAME = { width: 640, height: 480 } as const;
/** A person at arm's length from the camera. */
export const USUAL: Framing = { interEyePx: 85, eyes: { x: 320, y: 205 } };

const NOTHING = { embeddings: false, pad: false, countFaces: true } as const;
const BYTES = { channelOrder: 'rgb', scale: [1, 1, 1], offset: [0, 0, 0] } as const;

/**
 * Whether a photo is usable: one complete, large face, turned to the camera, neither dark nor bright. Except for the
 * pose, it must be far from the limits of the quality gate.
 */
function isFit({ face, image }: Photo, faceCount: number | undefined): boolean {
  const { pose, quality } = face;
  return (
    faceCount === 1 &&
    quality.insideShare > 0.99 &&
    quality.interEyePx >= 36 &&
    Math.abs(pose.yawDeg) < 10 &&
    Math.abs(pose.pitchDeg) < 18 &&
    Math.abs(pose.rollDeg) < 10 &&
    quality.brightness > 70 &&
    quality.brightness < 200 &&
    image.width >= 200
  );
}

/** Photos that `isFit` accepts and a visual check refused: hair over half the face, a second face, out of focus. */
const UNFIT_BY_EYE = new Set([
  'Arsinee_Khanjian_0001.jpg',
  'Marissa_Jaret_Winokur_0001.jpg',
  'Masahiko_Nagasawa_0001.jpg',
]);

/** The image files of a labelled set: one of each person in LFW's layout, a few of each NUAA recording. */
export async function photoFiles(dataDir: string, perSource: number): Promise<string[]> {
  const spread = (files: readonly string[], count: number) =>
    files.filter(
      (_, i) => Math.floor((i * count) / files.length) !== Math.floor(((i - 1) * count) / files.length),
    );
  const list = async (folder: string) => (await readdir(folder).catch((): string[] => [])).toSorted();
  const files: string[] = [];
  const people = path.join(dataDir, 'lfw-dev');
  for (const person of spread(await list(people), perSource)) {
    const [first] = await list(path.join(people, person));
    if (first !== undefined && !UNFIT_BY_EYE.has(first)) files.push(path.join(people, person, first));
  }
  const live = path.join(dataDir, 'nuaa-dev', 'live');
  const recordings = await list(live);
  for (const recording of recordings) {
    const frames = await list(path.join(live, recording));
    files.push(
      ...spread(frames, Math.ceil(perSource / recordings.length)).map((name) =>
        path.join(live, recording, name),
      ),
    );
  }
  return files;
}

/** Loads a photo; null when it is not usable. */
export async function loadPhoto(
  file: string | Buffer,
  name: string,
  core: FrameAnalyzerCore,
): Promise<Photo | null> {
  const bytes = typeof file === 'string' ? await readFile(file) : file;
  const { data, info } = await sharp(bytes)
    .autoOrient()
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const image = { data, width: info.width, height: info.height };
  const { face, faceCount } = await core.analyze(image, null, NOTHING);
  if (!face.found) return null;
  const photo = { name, image, face: face.value };
  return isFit(photo, faceCount) ? photo : null;
}

/** The photo as a camera's frame with this framing. Areas outside the photo are black. */
export function framed(
  { image, face }: Photo,
  framing: Framing,
  frame: { width: number; height: number } = FRAME,
): RgbImage {
  const { width, height } = frame;
  const eyes = midpoint(leftEyeCentre(face.landmarks), rightEyeCentre(face.landmarks));
  const scale = face.quality.interEyePx / framing.interEyePx;
  const angle = (-(framing.rollDeg ?? 0) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  const { x, y } = framing.eyes;
  const matrix: Affine = [cos, -sin, eyes.x - cos * x + sin * y, sin, cos, eyes.y - sin * x - cos * y];
  const planes = new Float32Array(3 * width * height);
  new Warper().crop(image, matrix, width, height, BYTES, planes);
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round(planes[c * width * height + i]);
  }
  return { data, width, height };
}

/** Position in the frame of a point of the photo, for framings without roll. */
export function inFrame({ face }: Photo, framing: Framing, point: Point): Point {
  const eyes = midpoint(leftEyeCentre(face.landmarks), rightEyeCentre(face.landmarks));
  const scale = framing.interEyePx / face.quality.interEyePx;
  return { x: framing.eyes.x + (point.x - eyes.x) * scale, y: framing.eyes.y + (point.y - eyes.y) * scale };
}
