import * as fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { exifSegment, JPEG_FAULTS, joined, piecesOf, strayBefore } from '../support/jpeg-faults.ts';
import { type Sampling, writeJpeg } from '../support/jpeg-writer.ts';

/** One and three components; the last four are refused by TurboJPEG's interface. */
const SAMPLINGS: Record<string, Sampling> = {
  grey: [[1, 1]],
  '4:4:4': [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  '4:2:2': [
    [2, 1],
    [1, 1],
    [1, 1],
  ],
  '4:2:0': [
    [2, 2],
    [1, 1],
    [1, 1],
  ],
  '4:4:0': [
    [1, 2],
    [1, 1],
    [1, 1],
  ],
  '4:1:1': [
    [4, 1],
    [1, 1],
    [1, 1],
  ],
  '3 × 1': [
    [3, 1],
    [1, 1],
    [1, 1],
  ],
  '4 × 2': [
    [4, 2],
    [1, 1],
    [1, 1],
  ],
  'chroma as high as luma': [
    [2, 1],
    [1, 2],
    [1, 2],
  ],
  'chromas that differ': [
    [2, 2],
    [2, 1],
    [1, 1],
  ],
};
const WIDTH = 83;
const HEIGHT = 61;

const decoder = new ImageDecoder(4_000_000);
/** A ball in front of a wall: smooth, coloured, and unlike itself turned or mirrored. */
function ball(width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const light = Math.max(0, 1 - Math.hypot(x / width - 0.4, y / height - 0.35) / 0.4);
      data.set(
        [90 + 150 * light, 70 + 90 * light + (60 * y) / height, 60 + (120 * x) / width],
        3 * (y * width + x),
      );
    }
  return { data, width, height };
}

const picture = ball(WIDTH, HEIGHT);

async function progressiveJpeg(): Promise<Buffer> {
  const { data, width, height } = ball(200, 150);
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ progressive: true })
    .toBuffer();
}

async function pixelsOf(bytes: Buffer): Promise<Buffer> {
  const result = await decoder.decode(bytes);
  if (!result.ok) throw new Error(result.code);
  const { data, width, height } = result.image;
  return Buffer.from(data.subarray(0, 3 * width * height));
}

/** Compared as text, which is faster and says enough. */
const textOf = async (bytes: Buffer) => (await pixelsOf(bytes)).toString('base64');

/** The mean difference of the values, 0..255. */
function differenceOf(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((sum, value, at) => sum + Math.abs(value - other[at]), 0) / one.length;
}

const faultNames = Object.keys(JPEG_FAULTS) as (keyof typeof JPEG_FAULTS)[];
/** Only one of these at a time: each replaces what another changes. */
const AT_THE_END = [
  'no end marker',
  'half an end marker',
  'another picture in place of the end marker',
  'bytes behind the end',
];

describe('JPEGs as cameras make them', () => {
  it.each(Object.entries(SAMPLINGS))('are decoded in every sampling: %s', async (_name, sampling) => {
    for (const apart of [false, true]) {
      const pixels = await pixelsOf(writeJpeg(picture, { sampling, restartInterval: 0, apart }));
      const wanted = sampling.length === 1 ? await greyOf(picture) : picture.data;
      expect(differenceOf(pixels, wanted)).toBeLessThan(6);
    }
  });

  it.each(faultNames)('have the pixels of their clean twin: %s', async (name) => {
    for (const sampling of [SAMPLINGS['4:2:0'], SAMPLINGS['3 × 1'], SAMPLINGS['grey']])
      for (const restartInterval of [0, 3]) {
        const clean = writeJpeg(picture, { sampling, restartInterval });
        expect(await textOf(joined(JPEG_FAULTS[name](piecesOf(clean))))).toBe(await textOf(clean));
      }
  });

  it.each(faultNames)('have the pixels of their clean twin where they are progressive: %s', async (name) => {
    const clean = await progressiveJpeg();
    expect(await textOf(joined(JPEG_FAULTS[name](piecesOf(clean))))).toBe(await textOf(clean));
  });

  it('have the pixels of their clean twin, whatever comes together', async () => {
    const strays = fc.record({
      bytes: fc
        .uint8Array({ minLength: 1, maxLength: 20 })
        .map((bytes) => Buffer.from(bytes).map((byte) => Math.min(byte, 0xfe))),
      where: fc.constantFrom('restart', 'other', 'all'),
    });
    const form = fc.record({
      sampling: fc.constantFrom(...Object.values(SAMPLINGS)),
      restartInterval: fc.constantFrom(0, 1, 2, 5, 1000),
      apart: fc.boolean(),
    });
    const names = fc
      .uniqueArray(fc.constantFrom(...faultNames), { maxLength: 3 })
      .filter((list) => list.filter((name) => AT_THE_END.includes(name)).length < 2);
    await fc.assert(
      fc.asyncProperty(form, fc.option(strays), names, fc.boolean(), async (shape, stray, list, exif) => {
        const clean = writeJpeg(picture, shape);
        const faults = [
          ...(stray === null
            ? []
            : [
                strayBefore(
                  Buffer.from(stray.bytes),
                  (marker) =>
                    stray.where === 'all' ||
                    (stray.where === 'restart') === (marker >= 0xd0 && marker <= 0xd7),
                ),
              ]),
          ...faultNames.filter((name) => list.includes(name)).map((name) => JPEG_FAULTS[name]),
        ];
        const pieces = faults.reduce((before, fault) => fault(before), piecesOf(clean));
        const bytes = joined(pieces);
        const faulty = exif ? Buffer.concat([bytes.subarray(0, 2), exifSegment(), bytes.subarray(2)]) : bytes;
        expect(await textOf(faulty)).toBe(await textOf(clean));
      }),
      { seed: 20_261_130, numRuns: 250 },
    );
  });

  it('stay refused where data is missing, with an end marker and without', async () => {
    for (const sampling of Object.values(SAMPLINGS))
      for (const restartInterval of [0, 2]) {
        const pieces = piecesOf(writeJpeg(picture, { sampling, restartInterval }));
        const whole = joined(pieces);
        const scanAt = whole.indexOf(Buffer.from([0xff, 0xda])) + 20;
        for (const share of [0.1, 0.5, 0.9, 0.99]) {
          const cut = whole.subarray(0, scanAt + Math.floor((whole.length - 8 - scanAt) * share));
          for (const bytes of [cut, Buffer.concat([cut, Buffer.from([0xff, 0xd9])])]) {
            const { ok } = await decoder.decode(bytes);
            expect([sampling, restartInterval, share, ok]).toEqual([sampling, restartInterval, share, false]);
          }
        }
        if (restartInterval === 0) continue;
        // One stretch between two restart markers was lost on the way.
        const lost = pieces.findIndex(({ marker }) => marker === 0xd3);
        const without = joined([...pieces.slice(0, lost), ...pieces.slice(lost + 2)]);
        expect(await decoder.decode(without)).toMatchObject({ ok: false, code: 'frame.undecodable' });
      }
  });

  it('are turned as EXIF says by either decoder, and a mirrored one is mirrored back', async () => {
    for (const sampling of [SAMPLINGS['4:2:0'], SAMPLINGS['4 × 2']])
      for (let orientation = 1; orientation <= 8; orientation++) {
        const plain = writeJpeg(picture, { sampling, restartInterval: 0 });
        const bytes = Buffer.concat([plain.subarray(0, 2), exifSegment(orientation), plain.subarray(2)]);
        const result = await decoder.decode(bytes);
        if (!result.ok) throw new Error(result.code);
        const reference = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
        const { data, width, height } = result.image;
        expect([width, height]).toEqual([reference.info.width, reference.info.height]);
        expect(differenceOf(reference.data, data)).toBeLessThan(2);
      }
  });

  it('are measured before they are decoded, also where the height stands behind the scan', async () => {
    const clean = writeJpeg(picture, { sampling: SAMPLINGS['4:2:0'], restartInterval: 0 });
    const bytes = joined(JPEG_FAULTS['the height behind the first scan'](piecesOf(clean)));
    const small = new ImageDecoder(WIDTH * HEIGHT - 1);
    expect(await small.decode(bytes)).toMatchObject({ ok: false, code: 'frame.too_many_pixels' });
  });
});

async function greyOf({ data, width, height }: RgbImage): Promise<Buffer> {
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .greyscale()
    .toColourspace('srgb')
    .raw()
    .toBuffer()
    .then((grey) => Buffer.from([...grey].flatMap((value) => [value, value, value])));
}
