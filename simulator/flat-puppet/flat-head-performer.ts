import sharp from 'sharp';
import { Camera } from '../drawing/camera.ts';
import { FlatHead } from './flat-head.ts';
import type { Performance, Portrait } from '../index.ts';
import { headStateAt } from '../acting/motion.ts';
import type { Canvas } from '../drawing/rasterize.ts';
import { hash32 } from '../seeded.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import type { Performer } from '../acting/performer.ts';

/** Draws a head in space that performs and sways as a person does who tries to hold still. */
export function headDrawer(
  portrait: Portrait,
  seed: number,
): (performances: readonly Performance[], atMs: number) => Canvas {
  const { width, height } = portrait.image;
  const head = new FlatHead(portrait);
  return (performances, atMs) => {
    const canvas: Canvas = { data: Buffer.alloc(3 * width * height), width, height };
    head.draw(headStateAt(performances, hash32(seed, 2), atMs, width / 640), canvas);
    return canvas;
  };
}

/** The puppet: a bona fide subject's stand-in, and a perfect attacker's. */
export function headPerformer(portrait: Portrait, seed: number): Performer {
  const draw = headDrawer(portrait, seed);
  const camera = new Camera(seed);
  return { frameAt: (performances, atMs) => camera.take(draw(performances, atMs), atMs) };
}

/** The puppet as a program draws it: what stands still is the same from one picture to the next. */
export function noiselessPerformer(portrait: Portrait, seed: number): Performer {
  const draw = headDrawer(portrait, seed);
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
  const left = headDrawer(first, seed);
  const right = headDrawer(second, hash32(seed, 77));
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
