import { Resvg } from '@resvg/resvg-js';
import sharp, { type Sharp } from 'sharp';
import type { Hint } from '../../protocol/status.ts';
import type { Point } from '../../server/vision/geometry.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { LANDMARK, landmarkPoint } from '../../server/vision/landmarks.ts';
import { FRAME, framed, inFrame, USUAL, type Framing, type Photo } from './photo.ts';

/** An image for which one hint, or none, is known to be right. */
export interface Scene {
  readonly name: string;
  readonly expected: Hint | null;
  /** `other` is a photo of another person. */
  readonly draw: (photo: Photo, other: Photo) => Promise<RgbImage>;
}

type Change = (image: RgbImage, photo: Photo) => RgbImage | Promise<RgbImage>;

const scene = (
  name: string,
  expected: Hint | null,
  framing: Partial<Framing>,
  change: Change = (image) => image,
): Scene => ({
  name,
  expected,
  draw: async (photo) => await change(framed(photo, { ...USUAL, ...framing }), photo),
});

const levels =
  (map: (value: number) => number): Change =>
  ({ data, width, height }) => ({
    data: data.map((value) => Math.min(255, Math.max(0, map(value)))),
    width,
    height,
  });

/** Changes the exposure so that the face's mean is `brightness`. */
const exposed =
  (brightness: number): Change =>
  (image, photo) =>
    levels((value) => (value * brightness) / photo.face.quality.brightness)(image, photo);

const throughSharp =
  (change: (picture: Sharp) => Sharp): Change =>
  async ({ data, width, height }) => {
    const raw = { width, height, channels: 3 } as const;
    return { data: await change(sharp(data, { raw })).raw().toBuffer(), width, height };
  };

const blurred = (sigmaPx: number): Change => throughSharp((picture) => picture.blur(sigmaPx));

/** Motion blur of a shaking hand or a moving head. */
const smeared =
  (lengthPx: number): Change =>
  ({ data, width, height }) => {
    const out = new Uint8Array(data.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < 3; c++) {
          let sum = 0;
          for (let k = 0; k < lengthPx; k++) {
            const from = Math.min(width - 1, Math.max(0, x + k - (lengthPx >> 1)));
            sum += data[(y * width + from) * 3 + c];
          }
          out[(y * width + x) * 3 + c] = sum / lengthPx;
        }
      }
    }
    return { data: out, width, height };
  };

const painted =
  (shapes: (at: (landmark: number) => Point) => string): Change =>
  async (image, photo) => {
    const at = (landmark: number) => inFrame(photo, USUAL, landmarkPoint(photo.face.landmarks, landmark));
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${image.width}" height="${image.height}">${shapes(at)}</svg>`;
    const { pixels: input, width, height } = new Resvg(svg).render();
    const raw = { width, height, channels: 4 } as const;
    return await throughSharp((picture) => picture.composite([{ input, raw }]).removeAlpha())(image, photo);
  };

/** Landmarks of the face's outline from ear to ear along the jaw, from image left to right. */
const JAW = [
  227, 137, 177, 215, 138, 135, 169, 170, 140, 171, 175, 396, 369, 395, 394, 364, 367, 435, 401, 366, 447,
];

const mask = (colour: string): Change =>
  painted((at) => {
    const points = [...JAW.map(at), at(LANDMARK.noseBridge)];
    return `<polygon fill="${colour}" points="${points.map(({ x, y }) => `${x},${y}`).join(' ')}"/>`;
  });

const darkGlasses: Change = painted((at) => {
  const lens = (outer: number, inner: number) => {
    const [a, b] = [at(outer), at(inner)];
    const radius = Math.hypot(a.x - b.x, a.y - b.y);
    return `<ellipse cx="${(a.x + b.x) / 2}" cy="${(a.y + b.y) / 2 + 0.15 * radius}" rx="${0.85 * radius}" ry="${0.75 * radius}" fill="#151515"/>`;
  };
  const bridge = at(LANDMARK.noseBridge);
  return `${lens(LANDMARK.leftEyeOuter, LANDMARK.leftEyeInner)}${lens(LANDMARK.rightEyeInner, LANDMARK.rightEyeOuter)}<rect x="${bridge.x - 14}" y="${bridge.y - 18}" width="28" height="6" fill="#151515"/>`;
});

/** Paints the face over with the colour of its surroundings. */
const withoutFace: Change = painted((at) => {
  const [top, chin, left, right] = [
    LANDMARK.foreheadTop,
    LANDMARK.chin,
    LANDMARK.cheekEdgeLeft,
    LANDMARK.cheekEdgeRight,
  ].map(at);
  return `<ellipse cx="${(left.x + right.x) / 2}" cy="${(top.y + chin.y) / 2}" rx="${0.75 * (right.x - left.x)}" ry="${0.85 * (chin.y - top.y)}" fill="#6b6357"/>`;
});

const side: Framing = { interEyePx: 62, eyes: { x: 160, y: 205 } };

async function twoPeople(photo: Photo, other: Photo): Promise<RgbImage> {
  const half = { width: FRAME.width / 2, height: FRAME.height };
  const raw = { ...half, channels: 3 } as const;
  const [left, right] = [photo, other].map((who) => framed(who, side, half));
  const data = await sharp({ create: { ...FRAME, channels: 3, background: 'black' } })
    .composite([
      { input: Buffer.from(left.data), raw, left: 0, top: 0 },
      { input: Buffer.from(right.data), raw, left: half.width, top: 0 },
    ])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { data, ...FRAME };
}

/** The labelled set: the change to the image determines the right hint. */
export const SCENES: readonly Scene[] = [
  scene('as it is', null, {}),
  scene('a little smaller', null, { interEyePx: 40 }),
  scene('a little larger', null, { interEyePx: 120 }),
  scene('dim light', null, {}, exposed(62)),
  scene('bright light', null, {}, exposed(170)),
  scene('nobody', 'no-face', {}, withoutFace),
  { name: 'two people', expected: 'several-faces', draw: twoPeople },
  scene('far away, 15 px between the eyes', 'move-closer', { interEyePx: 15 }),
  scene('far away, 22 px between the eyes', 'move-closer', { interEyePx: 22 }),
  scene('too close, 220 px between the eyes', 'move-back', { interEyePx: 220, eyes: { x: 320, y: 190 } }),
  scene('too close, 240 px between the eyes', 'move-back', { interEyePx: 240, eyes: { x: 320, y: 190 } }),
  scene('beyond the left edge', 'centre-face', { eyes: { x: 60, y: 205 } }),
  scene('beyond the right edge', 'centre-face', { eyes: { x: 580, y: 205 } }),
  scene('chin below the lower edge', 'centre-face', { eyes: { x: 320, y: 385 } }),
  scene('very dark', 'too-dark', {}, exposed(12)),
  scene('dark', 'too-dark', {}, exposed(26)),
  scene('burnt out', 'too-bright', {}, exposed(380)),
  scene('out of focus, σ 6 px', 'hold-still', {}, blurred(6)),
  scene('out of focus, σ 8 px', 'hold-still', {}, blurred(8)),
  scene('smeared over 36 px', 'hold-still', {}, smeared(36)),
  scene('tilted left', 'look-straight', { rollDeg: -40 }),
  scene('tilted right', 'look-straight', { rollDeg: 40 }),
  scene('blue mask', 'face-covered', {}, mask('#9fc4de')),
  scene('black mask', 'face-covered', {}, mask('#1c1c1e')),
  scene('white mask', 'face-covered', {}, mask('#eeeeee')),
  scene('dark glasses', 'face-covered', {}, darkGlasses),
];
