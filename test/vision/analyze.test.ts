import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelId } from '../../models/ids.ts';
import type { FaceAnalysis, FrameAnalysis } from '../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import type { ModelRunner } from '../../server/vision/model-runner.ts';
import { cosine, decode, groupPhoto, loadRunner, NOTHING_MORE } from './support.ts';

/** Runs the real networks, and records the order of the calls. */
class ListeningRunner implements ModelRunner {
  readonly #inner: ModelRunner;
  readonly #hidden: readonly ModelId[];
  asked: ModelId[] = [];

  constructor(inner: ModelRunner, hidden: readonly ModelId[] = []) {
    this.#inner = inner;
    this.#hidden = hidden;
  }

  has(model: ModelId): boolean {
    return !this.#hidden.includes(model) && this.#inner.has(model);
  }

  run(model: ModelId, input: Float32Array, dims: readonly number[]) {
    this.asked.push(model);
    return this.#inner.run(model, input, dims);
  }
}

let runner: ModelRunner;
let core: FrameAnalyzerCore;
let photo: Buffer;
let group: RgbImage;

beforeAll(async () => {
  runner = await loadRunner();
  core = new FrameAnalyzerCore(runner);
  photo = await groupPhoto(3);
  group = await decode(photo);
});

function faceOf(analysis: FrameAnalysis): FaceAnalysis {
  if (!analysis.face.found) throw new Error('There is no face.');
  return analysis.face.value;
}

/** One person of a group photograph: a square of 2.2 × the mesh about the main face, 480 px wide. */
async function portrait(number = 3): Promise<Buffer> {
  const photograph = await groupPhoto(number);
  const { region } = faceOf(await core.analyze(await decode(photograph), null, NOTHING_MORE));
  const side = Math.round(region.size * 1.45);
  const left = Math.max(0, Math.round(region.centreX - side / 2));
  const top = Math.max(0, Math.round(region.centreY - side / 2));
  return await sharp(photograph)
    .extract({ left, top, width: side, height: side })
    .resize(480, 480)
    .png()
    .toBuffer();
}

function paintOver(image: RgbImage, { box }: FaceAnalysis): RgbImage {
  const data = image.data.slice();
  const from = Math.max(0, Math.floor(box.x - box.width / 2));
  const to = Math.min(image.width, Math.ceil(box.x + 1.5 * box.width));
  for (let y = Math.floor(box.y - box.height / 2); y < box.y + 1.5 * box.height; y++) {
    if (y >= 0 && y < image.height) data.fill(90, (y * image.width + from) * 3, (y * image.width + to) * 3);
  }
  return { ...image, data };
}

describe('the analysis of a frame', () => {
  it('finds a main face in every group photograph, and counts the others', async () => {
    for (const number of [1, 2, 3, 4, 5, 6]) {
      const image = await decode(await groupPhoto(number));
      const analysis = await core.analyze(image, null, NOTHING_MORE);
      const face = faceOf(analysis);
      expect(analysis.faceCount).toBeGreaterThan(1);
      expect(face.presence).toBeGreaterThan(0.99);
      expect(face.followed).toBe(false);
      expect(face.quality.interEyePx).toBeGreaterThan(50);
      expect(face.quality.insideShare).toBe(1);
      expect(face.landmarks.length).toBe(468 * 3);
      expect(face.embeddings).toBeUndefined();
      expect(face.bonaFideProbability).toBeUndefined();
    }
  });

  it('counts one face on a portrait', async () => {
    const analysis = await core.analyze(await decode(await portrait()), null, NOTHING_MORE);
    expect(analysis.faceCount).toBe(1);
  });

  it('gives similar embeddings for a face that was shrunk and encoded anew, and different ones for another face', async () => {
    const wants = { ...NOTHING_MORE, embeddings: true };
    const first = faceOf(await core.analyze(group, null, wants));
    const small = await sharp(photo).resize({ width: 1100 }).webp({ quality: 60 }).toBuffer();
    const again = faceOf(await core.analyze(await decode(small), null, wants));
    const other = faceOf(await core.analyze(paintOver(group, first), null, wants));
    expect(Math.hypot(other.box.x - first.box.x, other.box.y - first.box.y)).toBeGreaterThan(first.box.width);
    // dlib's cosines are close to 1. Its thresholds are about .93 to .955.
    const bars = { faceres: [0.85, 0.6], dlib: [0.98, 0.93], mobilefacenet: [0.85, 0.35] } as const;
    expect(Object.keys(first.embeddings ?? {})).toEqual(expect.arrayContaining(['faceres', 'dlib']));
    for (const model of ['faceres', 'dlib', 'mobilefacenet'] as const) {
      const [a, b, c] = [first, again, other].map(({ embeddings }) => embeddings?.[model]);
      if (a === undefined || b === undefined || c === undefined) continue;
      expect(cosine(a, a)).toBeCloseTo(1, 5);
      expect(cosine(a, b)).toBeGreaterThan(bars[model][0]);
      expect(cosine(a, c)).toBeLessThan(bars[model][1]);
    }
  });

  it('follows a moving face without the detector, and searches again when the face is lost', async () => {
    const listening = new ListeningRunner(runner);
    const following = new FrameAnalyzerCore(listening);
    const png = await portrait();
    let region = faceOf(await following.analyze(await decode(png), null, NOTHING_MORE)).region;
    expect(listening.asked).toEqual(['blazeface', 'facemesh', 'facemesh', 'iris']);
    listening.asked = [];
    for (let shift = 8; shift <= 80; shift += 8) {
      const moved = await sharp(png)
        .extract({ left: shift, top: shift / 2, width: 400, height: 400 })
        .png()
        .toBuffer();
      const analysis = await following.analyze(await decode(moved), region, NOTHING_MORE);
      expect(faceOf(analysis).followed).toBe(true);
      expect(analysis.faceCount).toBeUndefined();
      region = faceOf(analysis).region;
    }
    expect(listening.asked).not.toContain('blazeface');
    listening.asked = [];
    const empty = { width: 480, height: 480, data: new Uint8Array(480 * 480 * 3).fill(120) };
    const analysis = await following.analyze(empty, region, NOTHING_MORE);
    expect(analysis.face).toEqual({ found: false, why: 'no-face' });
    expect(analysis.faceCount).toBe(0);
    expect(listening.asked).toEqual(['facemesh', 'blazeface']);
  });

  it('counts faces while it follows one when asked to', async () => {
    const { region } = faceOf(await core.analyze(group, null, NOTHING_MORE));
    const analysis = await core.analyze(group, region, { ...NOTHING_MORE, countFaces: true });
    expect(faceOf(analysis).followed).toBe(true);
    expect(analysis.faceCount).toBeGreaterThan(1);
  });

  it('searches the whole picture when the region is unusable', async () => {
    for (const size of [Number.NaN, 0, -5, Infinity]) {
      const region = { centreX: 100, centreY: 100, size, angleRad: 0 };
      expect(faceOf(await core.analyze(group, region, NOTHING_MORE)).followed).toBe(false);
    }
  });

  it('leaves out the results of optional models that are absent', async () => {
    const optional: ModelId[] = ['mobilefacenet', 'minifasnet-v1se', 'minifasnet-v2'];
    const wants = { embeddings: true, pad: true, countFaces: false };
    const base = await new FrameAnalyzerCore(new ListeningRunner(runner, optional)).analyze(
      group,
      null,
      wants,
    );
    expect(Object.keys(faceOf(base).embeddings ?? {})).toEqual(['faceres', 'dlib']);
    expect('bonaFideProbability' in faceOf(base)).toBe(false);
    const none = new ListeningRunner(runner, [...optional, 'faceres', 'dlib']);
    expect('embeddings' in faceOf(await new FrameAnalyzerCore(none).analyze(group, null, wants))).toBe(false);
  });

  it('gives mirrored results for a mirrored picture', async () => {
    const png = await portrait();
    const plain = faceOf(await core.analyze(await decode(png), null, NOTHING_MORE));
    const flipped = await decode(await sharp(png).flop().png().toBuffer());
    const mirror = faceOf(await core.analyze(flipped, null, NOTHING_MORE));
    expect(Math.abs(mirror.pose.yawDeg + plain.pose.yawDeg)).toBeLessThan(6);
    expect(Math.abs(mirror.pose.rollDeg + plain.pose.rollDeg)).toBeLessThan(4);
    expect(Math.abs(mirror.eyes.imageLeft - plain.eyes.imageRight)).toBeLessThan(0.04);
    expect(Math.abs(mirror.eyes.imageRight - plain.eyes.imageLeft)).toBeLessThan(0.04);
  });
});

describe('quality', () => {
  const qualityOf = async (picture: Buffer) =>
    faceOf(await core.analyze(await decode(picture), null, NOTHING_MORE)).quality;

  it('has one number for each defect of a picture', async () => {
    const png = await portrait();
    const plain = await qualityOf(png);
    expect((await qualityOf(await sharp(png).blur(4).png().toBuffer())).sharpness).toBeLessThan(
      plain.sharpness / 3,
    );
    const dark = await qualityOf(await sharp(png).linear(0.3, 0).png().toBuffer());
    expect(dark.brightness).toBeCloseTo(plain.brightness * 0.3, -1);
    const glaring = await qualityOf(await sharp(png).linear(1.8, 40).png().toBuffer());
    expect(glaring.clippedShare).toBeGreaterThan(plain.clippedShare + 0.2);
    const small = await qualityOf(await sharp(png).resize(240).png().toBuffer());
    expect(small.interEyePx).toBeCloseTo(plain.interEyePx / 2, -0.5);
    const cut = await sharp(png).extract({ left: 0, top: 0, width: 270, height: 480 }).png().toBuffer();
    expect((await qualityOf(cut)).insideShare).toBeLessThan(0.9);
  });

  it('hints at a covered lower face', async () => {
    const bare = await decode(await portrait(5));
    const face = faceOf(await core.analyze(bare, null, NOTHING_MORE));
    const data = bare.data.slice();
    for (let y = Math.floor(face.box.y + face.box.height * 0.5); y < face.box.y + face.box.height; y++) {
      for (let x = Math.floor(face.box.x); x < face.box.x + face.box.width; x++) {
        data.set([150, 190, 220], (y * bare.width + x) * 3);
      }
    }
    const masked = faceOf(await core.analyze({ ...bare, data }, face.region, NOTHING_MORE));
    expect(face.quality.occlusion).toBeLessThan(0.3);
    expect(masked.quality.occlusion).toBeGreaterThan(0.7);
  });
});

describe('frame hashes', () => {
  it('are equal for equal pixels in any encoding, and differ for a lossy picture', async () => {
    const png = await portrait();
    const lossless = await sharp(png).webp({ lossless: true }).toBuffer();
    const lossy = await sharp(png).jpeg({ quality: 70 }).toBuffer();
    const [a, b, c] = await Promise.all(
      [png, lossless, lossy].map(async (bytes) =>
        new FrameAnalyzerCore(runner).analyze(await decode(bytes), null, NOTHING_MORE),
      ),
    );
    expect(a.pixelDigest).toMatch(/^[0-9a-f]{32}$/);
    expect(b.pixelDigest).toBe(a.pixelDigest);
    expect(c.pixelDigest).not.toBe(a.pixelDigest);
    expect(b.blocks).toEqual(a.blocks);
    expect(a.blocks.filter((digest, i) => digest !== 0 && digest === c.blocks[i])).toHaveLength(0);
  });
});
