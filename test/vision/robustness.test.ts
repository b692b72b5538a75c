import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FaceAnalysis, FrameAnalysis } from '../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { preparePortrait, SAMPLE_PORTRAITS } from '../../simulator/index.ts';
import { decode, loadRunner, NOTHING_MORE } from './support.ts';

let core: FrameAnalyzerCore;
let png: Buffer;
let plain: FaceAnalysis;

beforeAll(async () => {
  core = new FrameAnalyzerCore(await loadRunner());
  const { image } = await preparePortrait(SAMPLE_PORTRAITS.second);
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  png = await sharp(image.data, { raw }).png().toBuffer();
  plain = faceOf(await analyze(png));
});

const analyze = async (bytes: Buffer): Promise<FrameAnalysis> =>
  await core.analyze(await decode(bytes), null, NOTHING_MORE);

function faceOf({ face }: FrameAnalysis): FaceAnalysis {
  if (!face.found) throw new Error('No face was found.');
  return face.value;
}

/** Mean distance of two meshes of the same picture, over the distance between the eyes. */
function apart(a: FaceAnalysis, b: FaceAnalysis): number {
  let sum = 0;
  for (let i = 0; i < a.landmarks.length; i += 3) {
    sum += Math.hypot(a.landmarks[i] - b.landmarks[i], a.landmarks[i + 1] - b.landmarks[i + 1]);
  }
  return sum / (a.landmarks.length / 3) / a.quality.interEyePx;
}

describe('a face is found at the same place', () => {
  it.each<[string, (picture: Sharp) => Sharp]>([
    ['in a progressive JPEG', (p) => p.jpeg({ progressive: true })],
    ['in greyscale', (p) => p.greyscale().jpeg()],
    ['in CMYK', (p) => p.toColourspace('cmyk').jpeg({ quality: 90 })],
    ['in a 16-bit PNG', (p) => p.toColourspace('rgb16').png()],
    ['in WebP', (p) => p.webp({ quality: 80 })],
    ['at JPEG quality 25', (p) => p.jpeg({ quality: 25 })],
    ['in the dark', (p) => p.linear(0.2, 0).jpeg({ quality: 90 })],
    ['in bright light', (p) => p.linear(1.5, 0).jpeg()],
    ['out of focus', (p) => p.blur(3).jpeg()],
  ])('%s', async (_, encode) => {
    const face = faceOf(await analyze(await encode(sharp(png)).toBuffer()));
    expect(apart(plain, face)).toBeLessThan(0.06);
  });

  it.each([
    [6, -90],
    [3, 180],
    [8, 90],
  ])('with EXIF orientation %d', async (orientation, degrees) => {
    const turned = await sharp(png)
      .rotate(degrees)
      .withMetadata({ orientation })
      .jpeg({ quality: 95 })
      .toBuffer();
    const analysis = await analyze(turned);
    expect([analysis.width, analysis.height]).toEqual([640, 480]);
    expect(apart(plain, faceOf(analysis))).toBeLessThan(0.05);
  });

  it.each([20, -35, 60])('when the head is tilted by %d°', async (degrees) => {
    const face = faceOf(
      await analyze(await sharp(png).rotate(degrees, { background: '#777' }).png().toBuffer()),
    );
    expect(Math.abs(face.pose.rollDeg - plain.pose.rollDeg - degrees)).toBeLessThan(8);
    expect(face.quality.interEyePx).toBeGreaterThan(0.9 * plain.quality.interEyePx);
  });

  it.each([
    [360, 640],
    [640, 360],
    [200, 480],
  ])('in a picture of %d × %d, upright or wide', async (width, height) => {
    const left = Math.max(0, Math.round((640 - width) / 2));
    const top = Math.max(0, Math.round((480 - height) / 2));
    const region = { left, top, width: Math.min(640, width), height: Math.min(480, height) };
    const cut = await sharp(png).extract(region).toBuffer();
    const bytes = await sharp(cut)
      .extend({ bottom: Math.max(0, height - 480), background: '#555' })
      .png()
      .toBuffer();
    const face = faceOf(await analyze(bytes));
    expect(face.box.x + left).toBeCloseTo(plain.box.x, -1);
    expect(face.box.y + top).toBeCloseTo(plain.box.y, -1);
  });

  it('at a tenth of the picture’s width', async () => {
    const small = await sharp(png)
      .resize(190)
      .extend({ top: 200, bottom: 138, left: 300, right: 150, background: '#667' })
      .png()
      .toBuffer();
    const face = faceOf(await analyze(small));
    expect(face.quality.interEyePx).toBeCloseTo((plain.quality.interEyePx * 190) / 640, -1);
  });
});

describe('no face', () => {
  it.each<[string, () => Sharp]>([
    ['in a grey wall', () => sharp({ create: { width: 640, height: 480, channels: 3, background: '#888' } })],
    ['in the dark', () => sharp({ create: { width: 640, height: 480, channels: 3, background: '#000' } })],
    [
      'in noise',
      () =>
        sharp({
          create: {
            width: 640,
            height: 480,
            channels: 3,
            background: '#777',
            noise: { type: 'gaussian', mean: 128, sigma: 40 },
          },
        }),
    ],
    [
      'in a picture of one pixel',
      () => sharp({ create: { width: 1, height: 1, channels: 3, background: '#777' } }),
    ],
    ['in a line', () => sharp({ create: { width: 2000, height: 1, channels: 3, background: '#777' } })],
  ])('is seen %s, and said so', async (_, make) => {
    const analysis = await analyze(await make().png().toBuffer());
    expect(analysis.face).toEqual({ found: false, why: 'no-face' });
    expect(analysis.faceCount).toBe(0);
  });
});

/** All numbers inside that are not finite. */
function notFinite(value: unknown): readonly number[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [value];
  if (value instanceof Float32Array) return [...value].filter((one) => !Number.isFinite(one));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(notFinite) : [];
}

describe('a picture of another size than the one before', () => {
  const everything = { embeddings: true, pad: true, countFaces: true, colours: true };

  it.each([
    [1, 1],
    [2, 2],
    [7, 3],
    [1, 500],
    [500, 1],
    [60, 60],
    [2_000_000, 1],
  ])('of %d × %d gives finite numbers for any region', async (width, height) => {
    const data = new Uint8Array(width * height * 3).map((_, at) => (at * 97) & 255);
    const { region } = plain;
    for (const one of [
      region,
      { ...region, centreX: 1e9 },
      { ...region, size: 1e9 },
      { ...region, size: 1e-9 },
      { ...region, angleRad: 1e300 },
    ])
      expect(notFinite(await core.analyze({ width, height, data }, one, everything))).toEqual([]);
  });
});
