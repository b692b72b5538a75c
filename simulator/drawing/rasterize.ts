import type { RgbImage } from '../../server/vision/image.ts';

/** A picture that is drawn into. */
export interface Canvas extends RgbImage {
  readonly data: Uint8Array;
}

/** Where the corners of a mesh are: (x, y) in the canvas and (u, v) in the texture, continuous pixel coordinates. */
export interface TexturedMesh {
  readonly xy: Float32Array;
  readonly uv: Float32Array;
}

const ONE = 65536;

/** Keeps a texture coordinate where its four neighbours exist. */
export function insideTexture(value: number, size: number): number {
  return Math.min(size - 2, Math.max(1.5, value));
}

/**
 * Draws one triangle of `mesh` with its piece of the texture, bilinear. A pixel belongs to it when its centre does,
 * so that neighbours neither overlap nor leave gaps. `darkness` 0..1 fades the texture to black. All texture
 * coordinates come from `insideTexture`.
 */
export function drawTriangle(
  canvas: Canvas,
  texture: RgbImage,
  mesh: TexturedMesh,
  a: number,
  b: number,
  c: number,
  darkness = 0,
): void {
  const { xy, uv } = mesh;
  let top = a;
  let middle = b;
  let bottom = c;
  if (xy[2 * top + 1] > xy[2 * middle + 1]) [top, middle] = [middle, top];
  if (xy[2 * middle + 1] > xy[2 * bottom + 1]) [middle, bottom] = [bottom, middle];
  if (xy[2 * top + 1] > xy[2 * middle + 1]) [top, middle] = [middle, top];
  const x0 = xy[2 * top];
  const y0 = xy[2 * top + 1];
  const x1 = xy[2 * middle];
  const y1 = xy[2 * middle + 1];
  const x2 = xy[2 * bottom];
  const y2 = xy[2 * bottom + 1];
  const area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
  if (area === 0) return;

  const u0 = uv[2 * top];
  const v0 = uv[2 * top + 1];
  const du1 = uv[2 * middle] - u0;
  const dv1 = uv[2 * middle + 1] - v0;
  const du2 = uv[2 * bottom] - u0;
  const dv2 = uv[2 * bottom + 1] - v0;
  const uPerX = (du1 * (y2 - y0) - du2 * (y1 - y0)) / area;
  const uPerY = (du2 * (x1 - x0) - du1 * (x2 - x0)) / area;
  const vPerX = (dv1 * (y2 - y0) - dv2 * (y1 - y0)) / area;
  const vPerY = (dv2 * (x1 - x0) - dv1 * (x2 - x0)) / area;
  const uStep = Math.round(uPerX * ONE);
  const vStep = Math.round(vPerX * ONE);

  const { data: target, width, height } = canvas;
  const { data: source, width: sourceWidth } = texture;
  const stride = sourceWidth * 3;
  const light = Math.round((1 - darkness) * 256);
  const longSlope = (x2 - x0) / (y2 - y0);
  const upperSlope = y1 > y0 ? (x1 - x0) / (y1 - y0) : 0;
  const lowerSlope = y2 > y1 ? (x2 - x1) / (y2 - y1) : 0;
  const firstRow = Math.max(0, Math.ceil(y0 - 0.5));
  const endRow = Math.min(height, Math.ceil(y2 - 0.5));
  for (let row = firstRow; row < endRow; row++) {
    const y = row + 0.5;
    const onLong = x0 + (y - y0) * longSlope;
    const onShort = y < y1 ? x0 + (y - y0) * upperSlope : x1 + (y - y1) * lowerSlope;
    const left = onLong < onShort ? onLong : onShort;
    const right = onLong < onShort ? onShort : onLong;
    const start = Math.max(0, Math.ceil(left - 0.5));
    const end = Math.min(width, Math.ceil(right - 0.5));
    if (start >= end) continue;
    const dx = start + 0.5 - x0;
    const dy = y - y0;
    let u = Math.round((u0 + dx * uPerX + dy * uPerY - 0.5) * ONE);
    let v = Math.round((v0 + dx * vPerX + dy * vPerY - 0.5) * ONE);
    let out = (row * width + start) * 3;
    for (let x = start; x < end; x++) {
      const i = (v >> 16) * stride + (u >> 16) * 3;
      const fx = (u >> 8) & 255;
      const fy = (v >> 8) & 255;
      const right8 = (fx * fy) >> 8;
      const w10 = fx - right8;
      const w01 = fy - right8;
      const w00 = 256 - fx - fy + right8;
      const j = i + stride;
      let red = source[i] * w00 + source[i + 3] * w10 + source[j] * w01 + source[j + 3] * right8;
      let green = source[i + 1] * w00 + source[i + 4] * w10 + source[j + 1] * w01 + source[j + 4] * right8;
      let blue = source[i + 2] * w00 + source[i + 5] * w10 + source[j + 2] * w01 + source[j + 5] * right8;
      if (light !== 256) {
        red = (red >> 8) * light;
        green = (green >> 8) * light;
        blue = (blue >> 8) * light;
      }
      target[out] = red >> 8;
      target[out + 1] = green >> 8;
      target[out + 2] = blue >> 8;
      out += 3;
      u += uStep;
      v += vStep;
    }
  }
}

/** Draws a mesh whose vertices are a grid of `rows` × `columns` cells, row by row: two triangles a cell. */
export function drawGrid(
  canvas: Canvas,
  texture: RgbImage,
  mesh: TexturedMesh,
  rows: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const corner = row * (columns + 1) + column;
      drawTriangle(canvas, texture, mesh, corner, corner + 1, corner + columns + 1);
      drawTriangle(canvas, texture, mesh, corner + 1, corner + columns + 2, corner + columns + 1);
    }
  }
}
