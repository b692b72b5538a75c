import type { Normalisation } from '../../models/manifest.ts';
import type { FaceRegion } from './analysis.ts';
import { invert, type Affine } from './geometry.ts';
import type { RgbImage } from './image.ts';
import { MESH_REGION_SCALE } from './mesh.ts';
import { regionMatrix } from './region.ts';
import type { Warper } from './warp.ts';

/** Side in pixels of the upright crop that the mesh just fits into. */
export const FACE_CROP_SIDE = 96;
export const FACE_CROP_PIXELS = FACE_CROP_SIDE * FACE_CROP_SIDE;

const BYTES: Normalisation = { channelOrder: 'rgb', scale: [1, 1, 1], offset: [0, 0, 0] };

/** An upright crop of the face at a fixed size, so that measurements on it do not depend on the distance. */
export interface FaceCrop {
  /** Red, green and blue plane, 0..255. */
  readonly planes: Float32Array;
  /** Maps the picture onto the crop. */
  readonly fromImage: Affine;
}

/** Cuts the face out of the picture. `region` is the mesh's own (`regionFromMesh`); `planes` is overwritten. */
export function cropFace(
  image: RgbImage,
  region: FaceRegion,
  warper: Warper,
  planes: Float32Array,
): FaceCrop {
  const tight = { ...region, size: region.size / MESH_REGION_SCALE };
  const matrix = regionMatrix(tight, FACE_CROP_SIDE);
  warper.crop(image, matrix, FACE_CROP_SIDE, FACE_CROP_SIDE, BYTES, planes);
  return { planes, fromImage: invert(matrix) };
}

/** Luma (BT.601) of an RGB triple in 0..255. */
export function luma(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
