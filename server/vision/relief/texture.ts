import type { RgbImage } from '../image.ts';
import { distance } from '../geometry.ts';
import { leftEyeCentre, rightEyeCentre } from '../landmarks.ts';
import { triangulate } from '../triangulate.ts';
import { MEAN_FACE } from './mean-face.ts';

/**
 * A texture is the face of one picture, laid flat on the mean face: what the mesh has at one place of the face is at
 * one place of the texture, however the face was turned. Where the mesh followed the skin, two textures of one face
 * agree.
 */
export const TEXTURE = { width: 80, height: 96, eyeDistance: 32, originX: 40, originY: 32 } as const;
export const TEXELS = TEXTURE.width * TEXTURE.height;

/** For each texel, three landmarks and their weights. */
interface RasterMap {
  /** 3 × texels: indices of landmarks; -1 outside the mean face. */
  readonly corners: Int16Array;
  /** 3 × texels; the three of a texel add up to 1. */
  readonly weights: Float32Array;
}

const MAP = rasterMap();

/** Whether a texel lies on the mean face. */
export function isOnFace(x: number, y: number): boolean {
  const { width, height } = TEXTURE;
  return x >= 0 && y >= 0 && x < width && y < height && MAP.corners[3 * (y * width + x)] >= 0;
}

/** Texels in distances between the eyes, from the point between them. */
export function onMeanFace(x: number, y: number): { readonly x: number; readonly y: number } {
  const { originX, originY, eyeDistance } = TEXTURE;
  return { x: (x + 0.5 - originX) / eyeDistance, y: (y + 0.5 - originY) / eyeDistance };
}

/**
 * Where a picture's mesh (468 × (x, y, z) in pixels) has the centre of each texel: writes 2 × texels, NaN outside the
 * face.
 */
export function writePlaces(landmarks: Float32Array, places: Float32Array): void {
  const { corners, weights } = MAP;
  for (let texel = 0; texel < TEXELS; texel++) {
    const at = 3 * texel;
    const a = 3 * corners[at];
    if (a < 0) {
      places[2 * texel] = Number.NaN;
      places[2 * texel + 1] = Number.NaN;
      continue;
    }
    const b = 3 * corners[at + 1];
    const c = 3 * corners[at + 2];
    const [wa, wb, wc] = [weights[at], weights[at + 1], weights[at + 2]];
    places[2 * texel] = wa * landmarks[a] + wb * landmarks[b] + wc * landmarks[c];
    places[2 * texel + 1] = wa * landmarks[a + 1] + wb * landmarks[b + 1] + wc * landmarks[c + 1];
  }
}

/** Distance between the centres of the eyes in pixels. */
export function eyeDistanceOf(landmarks: Float32Array): number {
  return distance(leftEyeCentre(landmarks), rightEyeCentre(landmarks));
}

/**
 * Reads the luma of a picture at given places. Holds a scratch buffer that grows with the faces, so each thread needs
 * its own.
 */
export class LumaSampler {
  #small = new Float32Array(0);

  /**
   * Writes the luma (1..255, BT.601; 0: outside the picture) at `count` places (2 × count, pixels; NaN: none). The
   * picture is averaged over `block` × `block` pixels first, so that none is skipped.
   */
  sample(image: RgbImage, places: Float32Array, count: number, block: number, out: Uint8Array): void {
    out.fill(0);
    const bounds = boundsOf(places, count, image, block);
    if (bounds === null) return;
    const { left, top, columns, rows } = bounds;
    this.#shrink(image, left, top, columns, rows, block);
    const small = this.#small;
    for (let i = 0; i < count; i++) {
      const u = (places[2 * i] - left) / block - 0.5;
      const v = (places[2 * i + 1] - top) / block - 0.5;
      const column = Math.floor(u);
      const row = Math.floor(v);
      // A place that is NaN fails the comparison too.
      if (!(column >= 0 && row >= 0 && column < columns - 1 && row < rows - 1)) continue;
      const a = u - column;
      const b = v - row;
      const at = row * columns + column;
      const upper = small[at] + a * (small[at + 1] - small[at]);
      const lower = small[at + columns] + a * (small[at + columns + 1] - small[at + columns]);
      out[i] = Math.max(1, Math.round(upper + b * (lower - upper)));
    }
  }

  #shrink(image: RgbImage, left: number, top: number, columns: number, rows: number, block: number): void {
    if (this.#small.length < columns * rows) this.#small = new Float32Array(columns * rows);
    const { data, width } = image;
    const scale = 1 / (1000 * block * block);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let down = 0; down < block; down++) {
          let pixel = 3 * ((top + row * block + down) * width + left + column * block);
          for (let across = 0; across < block; across++, pixel += 3)
            sum += 299 * data[pixel] + 587 * data[pixel + 1] + 114 * data[pixel + 2];
        }
        this.#small[row * columns + column] = sum * scale;
      }
    }
  }
}

/** The whole blocks of the picture that the places touch; null when they lie outside. */
function boundsOf(
  places: Float32Array,
  count: number,
  { width, height }: RgbImage,
  block: number,
): { left: number; top: number; columns: number; rows: number } | null {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < count; i++) {
    const x = places[2 * i];
    const y = places[2 * i + 1];
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  const left = Math.max(0, Math.floor(x0) - 2 * block);
  const top = Math.max(0, Math.floor(y0) - 2 * block);
  const columns = Math.floor((Math.min(width, Math.ceil(x1) + 2 * block) - left) / block);
  const rows = Math.floor((Math.min(height, Math.ceil(y1) + 2 * block) - top) / block);
  return columns > 1 && rows > 1 ? { left, top, columns, rows } : null;
}

function rasterMap(): RasterMap {
  const { width, height, eyeDistance, originX, originY } = TEXTURE;
  const points = Array.from({ length: MEAN_FACE.length / 2 }, (_, i) => ({
    x: originX + eyeDistance * MEAN_FACE[2 * i],
    y: originY + eyeDistance * MEAN_FACE[2 * i + 1],
  }));
  const triangles = triangulate(points);
  const corners = new Int16Array(3 * TEXELS).fill(-1);
  const weights = new Float32Array(3 * TEXELS);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [points[triangles[t]], points[triangles[t + 1]], points[triangles[t + 2]]];
    const doubled = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    const lastRow = Math.min(height - 1, Math.floor(Math.max(a.y, b.y, c.y) - 0.5));
    const lastColumn = Math.min(width - 1, Math.floor(Math.max(a.x, b.x, c.x) - 0.5));
    for (let row = Math.max(0, Math.ceil(Math.min(a.y, b.y, c.y) - 0.5)); row <= lastRow; row++) {
      for (
        let column = Math.max(0, Math.ceil(Math.min(a.x, b.x, c.x) - 0.5));
        column <= lastColumn;
        column++
      ) {
        const [x, y] = [column + 0.5 - a.x, row + 0.5 - a.y];
        const atB = (x * (c.y - a.y) - y * (c.x - a.x)) / doubled;
        const atC = ((b.x - a.x) * y - (b.y - a.y) * x) / doubled;
        if (atB < 0 || atC < 0 || atB + atC > 1) continue;
        const at = 3 * (row * width + column);
        corners.set(triangles.subarray(t, t + 3), at);
        weights.set([1 - atB - atC, atB, atC], at);
      }
    }
  }
  return { corners, weights };
}
