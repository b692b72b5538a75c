import type { RgbImage } from '../../server/vision/image.ts';
import type { Canvas } from './rasterize.ts';

/** Corners of a lit and textured mesh, by vertex. */
export interface SolidMesh {
  /** (x, y) in the canvas, continuous pixel coordinates. */
  readonly xy: Float32Array;
  /** Distance from the camera; smaller is nearer. */
  readonly depth: Float32Array;
  /** (u, v) in the texture, from `insideTexture`. */
  readonly uv: Float32Array;
  /** Gains of red, green and blue, and the gloss that is added to all three, 0..255. */
  readonly light: Float32Array;
}

/** What lies nowhere near. */
export const FAR = 1e9;

const ONE = 65536;

/**
 * Draws one triangle that faces the camera (corners clockwise as seen). A pixel is drawn where its centre lies in the
 * triangle and the triangle is nearer than the depth in `nearest`. The texture is sampled bilinearly, and the light of
 * the corners is interpolated.
 */
export function drawSolidTriangle(
  canvas: Canvas,
  nearest: Float32Array,
  texture: RgbImage,
  { xy, depth, uv, light }: SolidMesh,
  a: number,
  b: number,
  c: number,
): void {
  const ax = xy[2 * a];
  const ay = xy[2 * a + 1];
  const e1x = xy[2 * b] - ax;
  const e1y = xy[2 * b + 1] - ay;
  const e2x = xy[2 * c] - ax;
  const e2y = xy[2 * c + 1] - ay;
  const area = e1x * e2y - e2x * e1y;
  if (area <= 0) return;
  const { width, height } = canvas;
  let top = 0;
  let middle = e1y;
  let bottom = e2y;
  let topX = 0;
  let middleX = e1x;
  let bottomX = e2x;
  let kept = 0;
  if (top > middle) {
    kept = top;
    top = middle;
    middle = kept;
    kept = topX;
    topX = middleX;
    middleX = kept;
  }
  if (middle > bottom) {
    kept = middle;
    middle = bottom;
    bottom = kept;
    kept = middleX;
    middleX = bottomX;
    bottomX = kept;
  }
  if (top > middle) {
    kept = top;
    top = middle;
    middle = kept;
    kept = topX;
    topX = middleX;
    middleX = kept;
  }
  const firstRow = Math.max(0, Math.ceil(top + ay - 0.5));
  const endRow = Math.min(height, Math.ceil(bottom + ay - 0.5));
  if (firstRow >= endRow) return;

  // A value v over the triangle is v(a) + x·∂v/∂x + y·∂v/∂y with x, y from corner a.
  const xx = e2y / area;
  const xy1 = -e1y / area;
  const yx = -e2x / area;
  const yy = e1x / area;
  const z0 = depth[a];
  const dz1 = depth[b] - z0;
  const dz2 = depth[c] - z0;
  const zx = dz1 * xx + dz2 * xy1;
  const zy = dz1 * yx + dz2 * yy;
  const u0 = uv[2 * a];
  const du1 = uv[2 * b] - u0;
  const du2 = uv[2 * c] - u0;
  const ux = du1 * xx + du2 * xy1;
  const uy = du1 * yx + du2 * yy;
  const v0 = uv[2 * a + 1];
  const dv1 = uv[2 * b + 1] - v0;
  const dv2 = uv[2 * c + 1] - v0;
  const vx = dv1 * xx + dv2 * xy1;
  const vy = dv1 * yx + dv2 * yy;
  const r0 = light[4 * a];
  const dr1 = light[4 * b] - r0;
  const dr2 = light[4 * c] - r0;
  const rx = dr1 * xx + dr2 * xy1;
  const ry = dr1 * yx + dr2 * yy;
  const g0 = light[4 * a + 1];
  const dg1 = light[4 * b + 1] - g0;
  const dg2 = light[4 * c + 1] - g0;
  const gx = dg1 * xx + dg2 * xy1;
  const gy = dg1 * yx + dg2 * yy;
  const b0 = light[4 * a + 2];
  const db1 = light[4 * b + 2] - b0;
  const db2 = light[4 * c + 2] - b0;
  const bx = db1 * xx + db2 * xy1;
  const by = db1 * yx + db2 * yy;
  const s0 = light[4 * a + 3];
  const ds1 = light[4 * b + 3] - s0;
  const ds2 = light[4 * c + 3] - s0;
  const sx = ds1 * xx + ds2 * xy1;
  const sy = ds1 * yx + ds2 * yy;

  const longSlope = (bottomX - topX) / (bottom - top);
  const upperSlope = middle > top ? (middleX - topX) / (middle - top) : 0;
  const lowerSlope = bottom > middle ? (bottomX - middleX) / (bottom - middle) : 0;
  const { data: target } = canvas;
  const { data: source, width: sourceWidth } = texture;
  const stride = sourceWidth * 3;
  const uStep = Math.round(ux * ONE);
  const vStep = Math.round(vx * ONE);
  for (let row = firstRow; row < endRow; row++) {
    const y = row + 0.5 - ay;
    const onLong = topX + (y - top) * longSlope;
    const onShort = y < middle ? topX + (y - top) * upperSlope : middleX + (y - middle) * lowerSlope;
    const left = onLong < onShort ? onLong : onShort;
    const right = onLong < onShort ? onShort : onLong;
    const start = Math.max(0, Math.ceil(left + ax - 0.5));
    const end = Math.min(width, Math.ceil(right + ax - 0.5));
    if (start >= end) continue;
    const x = start + 0.5 - ax;
    let z = z0 + x * zx + y * zy;
    let u = Math.round((u0 + x * ux + y * uy - 0.5) * ONE);
    let v = Math.round((v0 + x * vx + y * vy - 0.5) * ONE);
    let red = r0 + x * rx + y * ry;
    let green = g0 + x * gx + y * gy;
    let blue = b0 + x * bx + y * by;
    let gloss = s0 + x * sx + y * sy;
    let pixel = row * width + start;
    for (let column = start; column < end; column++, pixel++) {
      if (z < nearest[pixel]) {
        nearest[pixel] = z;
        const i = (v >> 16) * stride + (u >> 16) * 3;
        const j = i + stride;
        const fx = (u >> 8) & 255;
        const fy = (v >> 8) & 255;
        const w11 = (fx * fy) >> 8;
        const w10 = fx - w11;
        const w01 = fy - w11;
        const w00 = 256 - fx - fy + w11;
        const texRed = source[i] * w00 + source[i + 3] * w10 + source[j] * w01 + source[j + 3] * w11;
        const texGreen =
          source[i + 1] * w00 + source[i + 4] * w10 + source[j + 1] * w01 + source[j + 4] * w11;
        const texBlue = source[i + 2] * w00 + source[i + 5] * w10 + source[j + 2] * w01 + source[j + 5] * w11;
        const outRed = texRed * red * 0.00390625 + gloss;
        const outGreen = texGreen * green * 0.00390625 + gloss;
        const outBlue = texBlue * blue * 0.00390625 + gloss;
        const out = 3 * pixel;
        target[out] = outRed > 255 ? 255 : outRed;
        target[out + 1] = outGreen > 255 ? 255 : outGreen;
        target[out + 2] = outBlue > 255 ? 255 : outBlue;
      }
      z += zx;
      u += uStep;
      v += vStep;
      red += rx;
      green += gx;
      blue += bx;
      gloss += sx;
    }
  }
}

/** A step in depth between neighbours, in pixels, from which on an outline runs between them. */
const OUTLINE_STEP = 6;

/**
 * Softens the outlines of what was drawn as a lens does: each pixel on either side of a step in depth becomes the
 * binomial mean of its 3 × 3 neighbours. `scratch` has the canvas's length.
 */
export function softenOutlines(
  { data, width, height }: Canvas,
  nearest: Float32Array,
  scratch: Uint8Array,
): void {
  scratch.set(data);
  const row = 3 * width;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const pixel = y * width + x;
      const z = nearest[pixel];
      if (
        Math.abs(nearest[pixel + 1] - z) < OUTLINE_STEP &&
        Math.abs(nearest[pixel - 1] - z) < OUTLINE_STEP &&
        Math.abs(nearest[pixel + width] - z) < OUTLINE_STEP &&
        Math.abs(nearest[pixel - width] - z) < OUTLINE_STEP
      )
        continue;
      for (let i = 3 * pixel; i < 3 * pixel + 3; i++) {
        data[i] =
          (4 * scratch[i] +
            2 * (scratch[i - 3] + scratch[i + 3] + scratch[i - row] + scratch[i + row]) +
            scratch[i - row - 3] +
            scratch[i - row + 3] +
            scratch[i + row - 3] +
            scratch[i + row + 3]) >>
          4;
      }
    }
  }
}
