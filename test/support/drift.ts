import type { Portrait, Presenter } from '../../simulator/index.ts';
import { drawTriangle, insideTexture, type Canvas } from '../../simulator/drawing/rasterize.ts';
import { triangulate } from '../../server/vision/triangulate.ts';
import type { Lids } from '../../simulator/portraits/portrait.ts';
import type { Point } from '../../server/vision/geometry.ts';
import { person } from './people.ts';

/** The share of the second face at a time since the first challenge was shown; negative: before it. */
export type Course = (sinceMs: number) => number;

/** Faces between two portraits, the first and the last among them. */
export async function facesBetween(first: Portrait, second: Portrait, steps: number): Promise<Portrait[]> {
  return await Promise.all(
    Array.from({ length: steps + 1 }, (_, step) => morphed(first, second, step / steps)),
  );
}

/**
 * The classic morph: both pictures are bent to the landmarks between them, triangle by triangle, and cross-dissolved.
 * The pictures have one size and are framed alike, as `preparePortrait` makes them.
 */
async function morphed(first: Portrait, second: Portrait, share: number): Promise<Portrait> {
  const { width, height } = first.image;
  const between = (a: number, b: number) => a + share * (b - a);
  const landmarks = first.landmarks.map((value, at) => between(value, second.landmarks[at]));
  const frame = [0, 1, 2].flatMap((x) => [0, 1, 2].map((y) => ({ x: (x * width) / 2, y: (y * height) / 2 })));
  const border = frame.filter(({ x, y }) => x !== width / 2 || y !== height / 2);
  const [from, to, at] = [first.landmarks, second.landmarks, landmarks].map((points) => [
    ...pointsOf(points),
    ...border,
  ]);
  const corners = triangulate(at);
  const bent = (image: Portrait['image'], points: readonly Point[]): Canvas => {
    const canvas = { data: Buffer.from(image.data), width, height };
    const flat = (all: readonly Point[]) => Float32Array.from(all.flatMap(({ x, y }) => [x, y]));
    const uv = flat(points).map((value, i) => insideTexture(value, i % 2 === 0 ? width : height));
    const mesh = { xy: flat(at), uv };
    for (let i = 0; i < corners.length; i += 3)
      drawTriangle(canvas, image, mesh, corners[i], corners[i + 1], corners[i + 2]);
    return canvas;
  };
  const a = bent(first.image, from).data;
  const b = bent(second.image, to).data;
  const data = Buffer.from(a.map((value, i) => Math.round(between(value, b[i]))));
  const lids = (side: 'imageLeft' | 'imageRight'): Lids =>
    first.lids[side].map(({ x, y }, i) => ({
      x: between(x, second.lids[side][i].x),
      y: between(y, second.lids[side][i].y),
    }));
  const image = { data, width, height };
  return { image, landmarks, lids: { imageLeft: lids('imageLeft'), imageRight: lids('imageRight') } };
}

function pointsOf(landmarks: Float32Array): Point[] {
  return Array.from({ length: landmarks.length / 3 }, (_, at) => ({
    x: landmarks[3 * at],
    y: landmarks[3 * at + 1],
  }));
}

/** One head that answers the challenges, with one of `faces` after the other, as `course` says. */
export async function drifting(faces: readonly Portrait[], seed: number, course: Course): Promise<Presenter> {
  const people = await Promise.all(faces.map((face) => person(face, seed)));
  let askedAtMs: number | null = null;
  return {
    async frameAt(atMs) {
      const share = course(askedAtMs === null ? -1 : atMs - askedAtMs);
      return await people[Math.round(Math.min(1, Math.max(0, share)) * (people.length - 1))].frameAt(atMs);
    },
    onStatus(status, atMs) {
      if (status.phase !== 'positioning') askedAtMs ??= atMs;
      for (const one of people) one.onStatus(status, atMs);
    },
  };
}
