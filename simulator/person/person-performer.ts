import sharp from 'sharp';
import type { RgbImage } from '../../server/vision/image.ts';
import type { Performance } from '../acting/motion.ts';
import type { Performer } from '../acting/performer.ts';
import { Camera } from '../drawing/camera.ts';
import type { Canvas } from '../drawing/rasterize.ts';
import type { Portrait } from '../portraits/portrait.ts';
import { hash32 } from '../seeded.ts';
import { PersonDrawing } from './person.ts';

/** Draws a person who performs, and sways as people do who try to hold still. */
export function personDrawer(
  portrait: Portrait,
  seed: number,
): (performances: readonly Performance[], atMs: number) => Canvas {
  const { width, height } = portrait.image;
  const drawing = new PersonDrawing(portrait, seed);
  return (performances, atMs) => {
    const canvas: Canvas = { data: Buffer.alloc(3 * width * height), width, height };
    drawing.draw(performances, atMs, canvas);
    return canvas;
  };
}

/** The person before a camera. */
export function personPerformer(portrait: Portrait, seed: number): Performer {
  const draw = personDrawer(portrait, seed);
  const camera = new Camera(seed);
  return { frameAt: (performances, atMs) => camera.take(draw(performances, atMs), atMs) };
}

/** The person as a program draws it: without a camera's noise. */
export function noiselessPerformer(portrait: Portrait, seed: number): Performer {
  const draw = personDrawer(portrait, seed);
  return {
    async frameAt(performances, atMs) {
      const { data, width, height } = draw(performances, atMs);
      return await sharp(data, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 85 })
        .toBuffer();
    },
  };
}

/** Two people side by side, each at half the distance to the picture's edge. The first one performs. */
export function coupleDrawer(
  first: Portrait,
  second: Portrait,
  seed: number,
): (performances: readonly Performance[], atMs: number) => RgbImage {
  const left = personDrawer(first, seed);
  const right = personDrawer(second, hash32(seed, 77));
  return (performances, atMs) => besides(left(performances, atMs), right([], atMs));
}

/** The middle halves of two pictures of the same size, next to each other. */
function besides(left: RgbImage, right: RgbImage): RgbImage {
  const { width, height } = left;
  const half = 3 * (width >> 1);
  const from = 3 * (width >> 2);
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const start = 3 * row * width;
    data.set(left.data.subarray(start + from, start + from + half), start);
    data.set(right.data.subarray(start + from, start + from + half), start + half);
  }
  return { data, width, height };
}
