import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { readJpegHeader } from '../../server/inference/jpeg/header.ts';

const WIDTH = 64;
const HEIGHT = 48;

/** Left half red, right half blue, so that turning and channel order show. */
function flag(): Sharp {
  const data = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let i = 0; i < WIDTH * HEIGHT; i++) data[i * 3 + (i % WIDTH < WIDTH / 2 ? 0 : 2)] = 200;
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

function pngChunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), content]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(content.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** A black square of one bit a pixel: tiny as a file, `side`² × 3 bytes once decoded. */
function blackPng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc((side / 8 + 1) * side), { level: 1 });
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', rows),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

let decoder: ImageDecoder;
/** Made before the decoder blocks every other format in this process. */
let strangers: readonly (readonly [string, Buffer])[];

beforeAll(async () => {
  const gif = await flag().gif().toBuffer();
  const tiff = await flag().tiff().toBuffer();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><rect/></svg>');
  strangers = [
    ['GIF', gif],
    ['TIFF', tiff],
    ['SVG', svg],
    ['text', Buffer.from('hello, this is not a picture at all')],
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(1000)],
    ['a PNG signature alone', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['a JPEG start alone', Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex')],
    ['an SVG behind a JPEG start', Buffer.concat([Buffer.from([0xff, 0xd8]), svg])],
  ];
  decoder = new ImageDecoder(4_000_000);
});

async function pixelsOf(bytes: Buffer) {
  const result = await decoder.decode(bytes);
  if (!result.ok) throw new Error(result.code);
  const { data, width, height } = result.image;
  const pixel = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  return { width, height, pixel };
}

function expectNear(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  for (const [i, value] of actual.entries())
    expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(tolerance);
}

const RED = [200, 0, 0];
const BLUE = [0, 0, 200];

describe('image decoder', () => {
  it.each([
    ['baseline JPEG', () => flag().jpeg({ quality: 95, chromaSubsampling: '4:4:4' })],
    ['subsampled JPEG', () => flag().jpeg({ quality: 95 })],
    ['progressive JPEG', () => flag().jpeg({ quality: 95, progressive: true })],
    ['CMYK JPEG', () => flag().toColourspace('cmyk').jpeg({ quality: 95 })],
    ['JPEG with EXIF', () => flag().withMetadata({ orientation: 1 }).jpeg({ quality: 95 })],
    ['WebP', () => flag().webp({ quality: 95 })],
    ['lossless WebP', () => flag().webp({ lossless: true })],
    ['PNG', () => flag().png()],
    ['palette PNG', () => flag().png({ palette: true })],
    ['16-bit PNG', () => flag().toColourspace('rgb16').png()],
    ['PNG with alpha', () => flag().ensureAlpha().png()],
  ])('decodes a %s to upright RGB', async (name, make) => {
    const { width, height, pixel } = await pixelsOf(await make().toBuffer());
    expect([width, height]).toEqual([WIDTH, HEIGHT]);
    const tolerance = name.startsWith('CMYK') ? 90 : 20;
    expectNear(pixel(8, 24), RED, tolerance);
    expectNear(pixel(56, 24), BLUE, tolerance);
  });

  it.each([
    ['JPEG', () => flag().greyscale().jpeg({ quality: 95 })],
    ['PNG', () => flag().greyscale().png()],
  ])('gives a greyscale %s three equal channels', async (_, make) => {
    const { pixel } = await pixelsOf(await make().toBuffer());
    const [red, green, blue] = pixel(8, 24);
    expect(red).toBeGreaterThan(20);
    expect([green, blue]).toEqual([red, red]);
  });

  it('turns a picture as its EXIF orientation says', async () => {
    const turned = await flag().withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
    const { width, height, pixel } = await pixelsOf(turned);
    expect([width, height]).toEqual([HEIGHT, WIDTH]);
    expectNear(pixel(24, 8), RED, 20);
    expectNear(pixel(24, 56), BLUE, 20);
  });

  it('shows transparent pixels black, not what hides in them', async () => {
    const raw = Buffer.alloc(16 * 16 * 4, 255);
    for (let i = 3; i < raw.length; i += 4) raw[i] = 0;
    const png = await sharp(raw, { raw: { width: 16, height: 16, channels: 4 } })
      .png()
      .toBuffer();
    expect((await pixelsOf(png)).pixel(8, 8)).toEqual([0, 0, 0]);
  });

  it('refuses every other kind of bytes', async () => {
    for (const [name, bytes] of strangers) {
      expect([name, await decoder.decode(bytes)]).toEqual([name, { ok: false, code: 'frame.undecodable' }]);
    }
  });

  it.each([
    ['JPEG', () => flag().resize(640, 480).jpeg()],
    ['progressive JPEG', () => flag().resize(640, 480).jpeg({ progressive: true })],
    ['greyscale JPEG', () => flag().resize(640, 480).greyscale().jpeg()],
    ['WebP', () => flag().resize(640, 480).webp({ lossless: true })],
    ['PNG', () => flag().resize(640, 480).png()],
  ])('refuses a truncated %s wherever it is cut', async (_, make) => {
    const whole = await make().toBuffer();
    for (const share of [0.1, 0.5, 0.9]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      expect(await decoder.decode(cut)).toEqual({ ok: false, code: 'frame.undecodable' });
    }
    expect((await decoder.decode(whole)).ok).toBe(true);
  });

  it('survives bytes flipped at random', async () => {
    const sources = await Promise.all([
      flag().jpeg().toBuffer(),
      flag().png().toBuffer(),
      flag().webp().toBuffer(),
    ]);
    let state = 20261121;
    const next = (limit: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    for (let round = 0; round < 240; round++) {
      const bytes = Buffer.from(sources[round % 3]);
      for (let flips = 1 + next(6); flips > 0; flips--) bytes[next(bytes.length)] = next(256);
      const result = await decoder.decode(bytes);
      expect(['ok', 'frame.undecodable', 'frame.too_many_pixels']).toContain(result.ok ? 'ok' : result.code);
    }
    expect((await decoder.decode(sources[0])).ok).toBe(true);
  });

  it('refuses a picture over the pixel limit by its header, before any pixel is decoded', async () => {
    const bomb = blackPng(16_000);
    expect(bomb.length).toBeLessThan(200_000);
    const before = process.memoryUsage.rss();
    expect(await decoder.decode(bomb)).toEqual({ ok: false, code: 'frame.too_many_pixels' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
    const jpeg = await flag().resize(2500, 2000).jpeg().toBuffer();
    expect(await decoder.decode(jpeg)).toEqual({ ok: false, code: 'frame.too_many_pixels' });
    const webp = await flag().resize(2500, 2000).webp().toBuffer();
    expect(await decoder.decode(webp)).toEqual({ ok: false, code: 'frame.too_many_pixels' });
    // The header alone decides: nothing follows it here.
    expect(await decoder.decode(jpeg.subarray(0, 700))).toEqual({ ok: false, code: 'frame.too_many_pixels' });
  });

  it('takes a picture of exactly the limit', async () => {
    const exact = new ImageDecoder(WIDTH * HEIGHT);
    expect((await exact.decode(await flag().jpeg().toBuffer())).ok).toBe(true);
    expect((await exact.decode(await flag().png().toBuffer())).ok).toBe(true);
  });

  it('refuses an animated WebP', async () => {
    const frames = await sharp([await flag().png().toBuffer(), await flag().negate().png().toBuffer()], {
      join: { animated: true },
    })
      .webp()
      .toBuffer();
    expect(await decoder.decode(frames)).toEqual({ ok: false, code: 'frame.undecodable' });
  });

  it('refuses a progressive JPEG with more scans than any encoder writes', async () => {
    const whole = await flag().jpeg({ progressive: true }).toBuffer();
    const lastScan = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
    const scan = whole.subarray(lastScan, whole.length - 2);
    const many = Buffer.concat([whole.subarray(0, -2), ...Array<Buffer>(100).fill(scan), whole.subarray(-2)]);
    expect(readJpegHeader(whole)).not.toBeNull();
    expect(readJpegHeader(many)).toBeNull();
    expect(await decoder.decode(many)).toEqual({ ok: false, code: 'frame.undecodable' });
  });
});
