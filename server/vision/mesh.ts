import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { FaceRegion } from './analysis.ts';
import { transform } from './geometry.ts';
import { eyeLineAngleRad, landmarkBounds, LANDMARK_COUNT } from './landmarks.ts';
import { outputOfSize, type Tensor } from './model-runner.ts';
import { regionMatrix } from './region.ts';

/** Side of the mesh network's square input in pixels. */
export const MESH_SIDE = MODEL_MANIFEST.facemesh.input.width;

/**
 * Above this face flag there is a face. It is over .99 on faces; the 99th percentile of 150 crops without one is .002.
 */
export const MIN_PRESENCE = 0.5;

/** The network's crop is this much larger than the mesh of the frame before. */
export const MESH_REGION_SCALE = 1.5;

/** A mesh laid over the picture. */
export interface Mesh {
  /** Face flag, 0..1. */
  readonly presence: number;
  /** 468 × (x, y, z) in image pixels, z negative toward the camera. */
  readonly landmarks: Float32Array;
}

/** The mesh in image pixels from the network's outputs for a crop of `region`. */
export function decodeMesh(outputs: readonly Tensor[], region: FaceRegion): Mesh {
  const raw = outputOfSize(outputs, LANDMARK_COUNT * 3);
  const presence = outputOfSize(outputs, 1)[0];
  const matrix = regionMatrix(region, MESH_SIDE);
  const scale = region.size / MESH_SIDE;
  const landmarks = new Float32Array(LANDMARK_COUNT * 3);
  for (let i = 0; i < landmarks.length; i += 3) {
    const point = transform(matrix, raw[i], raw[i + 1]);
    landmarks[i] = point.x;
    landmarks[i + 1] = point.y;
    landmarks[i + 2] = raw[i + 2] * scale;
  }
  return { presence, landmarks };
}

/** Where to look in the next frame: a square around the mesh, turned with the eye line, with a margin for movement. */
export function regionFromMesh(landmarks: Float32Array): FaceRegion {
  const angleRad = eyeLineAngleRad(landmarks);
  const bounds = landmarkBounds(landmarks, angleRad);
  const u = bounds.x + bounds.width / 2;
  const v = bounds.y + bounds.height / 2;
  const cos = Math.cos(angleRad);
  const sin = Math.sin(angleRad);
  return {
    centreX: u * cos - v * sin,
    centreY: u * sin + v * cos,
    size: Math.max(bounds.width, bounds.height) * MESH_REGION_SCALE,
    angleRad,
  };
}
