import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { assessFrame } from '../../server/evidence/quality-gate.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import type { FaceAnalysis, FrameAnalysis } from '../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { contentBox, cropTo } from '../../server/vision/content-box.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { preparePortrait, SAMPLE_PORTRAITS } from '../../simulator/index.ts';
import { boxesOverEyes } from '../support/boxed-eyes.ts';
import { decode, loadRunner, NOTHING_MORE } from './support.ts';

const { quality } = policyFor('standard');
const OPTIONS = { ...NOTHING_MORE, seekTurned: true };
/** Photographs with a face, of people who consented to it (the packages that carry them). */
let pictures: readonly { readonly png: Buffer; readonly plain: FaceAnalysis }[];
let core: FrameAnalyzerCore;

beforeAll(async () => {
  core = new FrameAnalyzerCore(await loadRunner());
  const samples = [SAMPLE_PORTRAITS.first, SAMPLE_PORTRAITS.second, SAMPLE_PORTRAITS.third];
  const found: { png: Buffer; plain: FaceAnalysis }[] = [];
  // One after the other: the analysis keeps its buffers.
  for (const sample of samples) {
    const { image } = await preparePortrait(sample);
    const raw = { width: image.width, height: image.height, channels: 3 } as const;
    found.push({ png: await sharp(image.data, { raw }).png().toBuffer(), plain: await faceIn(image) });
  }
  pictures = found;
});

const analyze = async (bytes: Buffer): Promise<FrameAnalysis> =>
  await core.analyze(await decode(bytes), null, OPTIONS);

async function faceIn(image: RgbImage): Promise<FaceAnalysis> {
  return faceOf(await core.analyze(image, null, NOTHING_MORE));
}

function faceOf({ face }: FrameAnalysis): FaceAnalysis {
  if (!face.found) throw new Error(`No face was found: ${face.why}.`);
  return face.value;
}

/** What the quality gate says of a picture. */
async function hintOf(bytes: Buffer): Promise<string | null> {
  const analysis = await analyze(bytes);
  const sample = {
    seq: 0,
    atMs: 0,
    capturedAtMs: 0,
    analysis,
    seenBefore: false,
    shown: null,
    virtualCamera: false,
  };
  return assessFrame(sample, analysis.faceCount ?? 1, false, quality).hint;
}

/** Mean distance of two meshes, over the distance between the eyes, when one is moved back by (`x`, `y`). */
function apart(a: FaceAnalysis, b: FaceAnalysis, x: number, y: number): number {
  let sum = 0;
  for (let i = 0; i < a.landmarks.length; i += 3)
    sum += Math.hypot(a.landmarks[i] - b.landmarks[i] + x, a.landmarks[i + 1] - b.landmarks[i + 1] + y);
  return sum / (a.landmarks.length / 3) / a.quality.interEyePx;
}

describe('black borders', () => {
  const BORDERS = [
    { name: 'letterbox', top: 60, bottom: 60, left: 0, right: 0, level: 0 },
    { name: 'pillarbox', top: 0, bottom: 0, left: 85, right: 84, level: 0 },
    { name: 'window of video black', top: 33, bottom: 41, left: 57, right: 24, level: 16 },
    { name: 'one side', top: 0, bottom: 90, left: 0, right: 0, level: 3 },
  ] as const;

  it.each(BORDERS)('are cut off before anything is judged: $name', async ({
    level,
    name: _name,
    ...borders
  }) => {
    for (const { png, plain } of pictures) {
      const background = { r: level, g: level, b: level };
      const bytes = await sharp(png)
        .extend({ ...borders, background })
        .jpeg({ quality: 92 })
        .toBuffer();
      const analysis = await analyze(bytes);
      const face = faceOf(analysis);
      const { width, height } = await sharp(bytes).metadata();
      // Positions are those in the picture that was sent.
      expect([analysis.width, analysis.height]).toEqual([width, height]);
      expect(apart(plain, face, borders.left, borders.top)).toBeLessThan(0.06);
      expect(face.box.x - plain.box.x).toBeCloseTo(borders.left, -1);
      expect(face.region.centreY - plain.region.centreY).toBeCloseTo(borders.top, -1);
      // Up to a block's ripples of a border may be cut off with it, or a dark edge of the picture.
      expect(analysis.content?.x).toBeGreaterThanOrEqual(borders.left - 16);
      expect(analysis.content?.y).toBeGreaterThanOrEqual(borders.top - 16);
    }
  });

  it('let the face be followed at its place in the whole picture', async () => {
    const [{ png }] = pictures;
    const image = await decode(
      await sharp(png).extend({ top: 60, bottom: 60, background: 'black' }).jpeg().toBuffer(),
    );
    const first = await faceIn(image);
    const next = faceOf(await core.analyze(image, first.region, NOTHING_MORE));
    expect(next.followed).toBe(true);
    expect(apart(first, next, 0, 0)).toBeLessThan(0.03);
  });

  it('hide no repeat: the same picture is known whatever its borders', async () => {
    const [{ png }] = pictures;
    const digests: string[] = [];
    for (const { level: _level, name: _name, ...borders } of BORDERS.slice(0, 2)) {
      const bytes = await sharp(png)
        .extend({ ...borders, background: 'black' })
        .png()
        .toBuffer();
      digests.push((await core.analyze(await decode(bytes), null, NOTHING_MORE)).pixelDigest);
    }
    const bare = await core.analyze(await decode(png), null, NOTHING_MORE);
    expect(digests).toEqual([bare.pixelDigest, bare.pixelDigest]);
  });

  it('are none where the picture is dark, or black throughout, or has a thin black line', () => {
    const filled = (value: (x: number, y: number) => number): RgbImage => {
      const data = new Uint8Array(3 * 160 * 120);
      for (let at = 0; at < data.length; at++)
        data[at] = value(Math.floor(at / 3) % 160, Math.floor(at / 480));
      return { data, width: 160, height: 120 };
    };
    expect(contentBox(filled(() => 0))).toBeNull();
    expect(contentBox(filled(() => 40))).toBeNull();
    expect(contentBox(filled((_x, y) => (y < 5 ? 0 : 90)))).toBeNull();
    expect(contentBox(filled((x, y) => (x === 80 && y === 60 ? 200 : 0)))).toBeNull();
    const boxed = filled((x, y) => (y < 20 || x < 30 ? 0 : 90));
    const box = contentBox(boxed);
    expect(box).toEqual({ x: 30, y: 20, width: 130, height: 100 });
    if (box !== null) expect(cropTo(boxed, box).data.every((value) => value === 90)).toBe(true);
  });
});

/** Grey in one tint throughout. */
function tinted(picture: Sharp, [red, green, blue]: readonly [number, number, number]): Sharp {
  const of = (gain: number): [number, number, number] => [0.3 * gain, 0.59 * gain, 0.11 * gain];
  return picture.recomb([of(red), of(green), of(blue)]).jpeg();
}

describe('cameras without colour', () => {
  it.each<[string, (picture: Sharp) => Sharp]>([
    ['grey', (p) => p.greyscale().jpeg()],
    ['grey with three channels', (p) => p.greyscale().toColourspace('srgb').jpeg()],
    ['infrared with a violet tint', (p) => tinted(p, [1, 0.9, 1.03])],
    ['infrared with a green tint', (p) => tinted(p, [0.88, 1, 0.9])],
  ])('are told: %s', async (_name, encode) => {
    for (const { png } of pictures)
      expect(await hintOf(await encode(sharp(png)).toBuffer())).toBe('no-colour');
  });

  it('are none where a camera has pale colours, or the light is coloured', async () => {
    for (const { png, plain } of pictures) {
      expect(plain.quality.colourSpread).toBeGreaterThan(2 * quality.minColourSpread);
      for (const encode of [
        (p: Sharp) => p.modulate({ saturation: 0.5 }).jpeg(),
        (p: Sharp) => p.linear([1.1, 0.9, 0.7], [0, 0, 0]).jpeg({ quality: 60 }),
      ])
        expect(await hintOf(await encode(sharp(png)).toBuffer())).not.toBe('no-colour');
    }
  });
});

describe('pictures that are not upright', () => {
  it.each([90, 180, 270])('are told: turned by %i°', async (degrees) => {
    for (const { png } of pictures)
      expect(await hintOf(await sharp(png).rotate(degrees).jpeg().toBuffer())).toBe('turn-camera');
  });

  it('are none where the head is tilted, or where there is no face', async () => {
    for (const { png } of pictures)
      expect(await hintOf(await sharp(png).rotate(30, { background: '#777' }).jpeg().toBuffer())).not.toBe(
        'turn-camera',
      );
    const wall = sharp({ create: { width: 320, height: 240, channels: 3, background: '#8a8f7c' } });
    expect(await hintOf(await wall.jpeg().toBuffer())).toBe('no-face');
  });
});

describe('covered eyes', () => {
  it.each([
    '#000000',
    '#1c1c1e',
    '#808080',
    '#f0f0f0',
    '#c89f86',
  ])('are told: boxes of %s', async (colour) => {
    for (const { png, plain } of pictures)
      for (const scale of [0.8, 1, 1.3]) {
        const boxes = boxesOverEyes(plain.landmarks, colour, scale);
        const bytes = await sharp(png).composite(boxes).jpeg({ quality: 90 }).toBuffer();
        // The mesh may also take the head for a turned one: no probe comes of either.
        expect(['face-covered', 'look-straight']).toContain(await hintOf(bytes));
        expect(faceOf(await analyze(bytes)).quality.occlusion).toBeGreaterThan(quality.maxOcclusion);
      }
  });

  it('are none where both are open, or where the picture is blurred or dim', async () => {
    for (const { png } of pictures) {
      const seems = async (encode: (picture: Sharp) => Sharp) =>
        faceOf(await analyze(await encode(sharp(png)).toBuffer())).quality.occlusion;
      for (const encode of [
        (p: Sharp) => p.jpeg(),
        (p: Sharp) => p.blur(2).jpeg(),
        (p: Sharp) => p.linear(0.5, 0).jpeg(),
      ])
        expect(await seems(encode)).toBeLessThan(quality.maxOcclusion);
    }
  });
});
