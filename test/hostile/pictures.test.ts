import { readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { pixelDigest } from '../../server/vision/frame-hash.ts';
import { effort } from './effort.ts';

/** Noise of 32 × 24 pixels in every form that the decoder must survive. */
const CORPUS = (
  JSON.parse(readFileSync(new URL('corpus/pictures.json', import.meta.url), 'utf8')) as readonly {
    readonly what: string;
    readonly result: string;
    readonly base64: string;
  }[]
).map(({ what, result, base64 }) => ({ what, result, bytes: Buffer.from(base64, 'base64') }));

const kept = (name: string): Buffer => {
  const found = CORPUS.find(({ what }) => what === name);
  if (found === undefined) throw new Error(`The corpus has no ${name}.`);
  return found.bytes;
};

const JPEG = kept('a JPEG');
const PNG = kept('a PNG');
const WEBP = kept('a WebP');

const segment = (marker: number, content: Buffer) => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
};
const chunk = (type: string, content: Buffer) => {
  const body = Buffer.concat([Buffer.from(type), content]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(content.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
};
const riffChunk = (type: string, content: Buffer) => {
  const head = Buffer.alloc(8);
  head.write(type);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
};
const inJpeg = (...segments: readonly Buffer[]) =>
  Buffer.concat([JPEG.subarray(0, 2), ...segments, JPEG.subarray(2)]);
const inPng = (...chunks: readonly Buffer[]) =>
  Buffer.concat([PNG.subarray(0, 33), ...chunks, PNG.subarray(33)]);
const times = <T>(count: number, make: (at: number) => T) =>
  Array.from({ length: count }, (_unused, at) => make(at));
const bomb = () => deflateSync(Buffer.alloc(50_000_000), { level: 9 });

const METADATA: readonly (readonly [string, () => Buffer])[] = [
  [
    'half a megabyte of EXIF',
    () =>
      inJpeg(
        ...times(7, () => segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), Buffer.alloc(65_000)]))),
      ),
  ],
  [
    'half a megabyte of ICC profile',
    () =>
      inJpeg(
        ...times(7, (at) =>
          segment(
            0xe2,
            Buffer.concat([Buffer.from('ICC_PROFILE\0'), Buffer.from([at + 1, 7]), Buffer.alloc(65_000, 1)]),
          ),
        ),
      ),
  ],
  ['50 000 empty comments', () => inJpeg(...times(50_000, () => segment(0xfe, Buffer.alloc(0))))],
  ['200 000 fill bytes', () => inJpeg(Buffer.alloc(200_000, 0xff))],
  [
    '4 000 tables',
    () =>
      inJpeg(...times(4_000, () => segment(0xdb, Buffer.concat([Buffer.from([9]), Buffer.alloc(64, 1)])))),
  ],
  ['text that inflates to 50 MB', () => inPng(chunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), bomb()])))],
  [
    'a profile that inflates to 50 MB',
    () => inPng(chunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), bomb()]))),
  ],
  ['20 000 texts', () => inPng(...times(20_000, (at) => chunk('tEXt', Buffer.from(`k${at}\0v`))))],
  [
    'rows that inflate to 50 MB',
    () => Buffer.concat([PNG.subarray(0, 33), chunk('IDAT', bomb()), chunk('IEND', Buffer.alloc(0))]),
  ],
  [
    'a WebP with 400 kB of EXIF',
    () => {
      const body = Buffer.concat([
        Buffer.from('WEBP'),
        riffChunk('VP8X', Buffer.from([8, 0, 0, 0, 31, 0, 0, 23, 0, 0])),
        WEBP.subarray(12),
        riffChunk('EXIF', Buffer.alloc(400_000, 255)),
      ]);
      return riffChunk('RIFF', body);
    },
  ],
];

describe('hostile pictures', () => {
  let decoder: ImageDecoder;
  beforeAll(() => {
    decoder = new ImageDecoder(2_100_000);
  });
  const resultOf = async (bytes: Buffer) => {
    const result = await decoder.decode(bytes);
    return result.ok ? 'ok' : result.code;
  };
  const digestOf = async (bytes: Buffer) => {
    const result = await decoder.decode(bytes);
    return result.ok ? pixelDigest(result.image) : null;
  };

  it.each(CORPUS)('end as they should: $what', async ({ bytes, result }) => {
    expect(await resultOf(bytes)).toBe(result);
  });

  it.each(METADATA)('carry what they like, and cost no memory for it: %s', async (_what, make) => {
    const bytes = make();
    const before = process.memoryUsage.rss();
    expect(['ok', 'frame.undecodable']).toContain(await resultOf(bytes));
    expect(process.memoryUsage.rss() - before).toBeLessThan(40_000_000);
  });

  it('are the same picture whatever rides along, so that a repeat is known as one', async () => {
    const plain = await digestOf(JPEG);
    expect(plain).not.toBeNull();
    for (const carrier of [
      inJpeg(segment(0xfe, Buffer.from('one'))),
      inJpeg(segment(0xed, Buffer.alloc(500, 7))),
      Buffer.concat([JPEG, Buffer.from('behind the end')]),
    ])
      expect(await digestOf(carrier)).toBe(plain);
    const png = await digestOf(PNG);
    expect(await digestOf(inPng(chunk('tEXt', Buffer.from('k\0v'))))).toBe(png);
    expect(await digestOf(Buffer.concat([PNG, Buffer.alloc(99)]))).toBe(png);
  });

  it('are decoded to as many pixels as they say or refused, however those of the corpus are mutated', async () => {
    const edits = fc.array(
      fc.record({
        at: fc.nat(2000),
        value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xc0, 0xc2, 0xd8, 0xd9, 0xda, 0xe1, 0xfe, 0xff),
        how: fc.constantFrom('set', 'set', 'set', 'cut', 'double', 'splice'),
      }),
      { minLength: 1, maxLength: 3 },
    );
    const results = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...CORPUS),
        fc.constantFrom(...CORPUS),
        edits,
        async ({ bytes }, other, list) => {
          const mutant = list.reduce<Buffer>((before, { at, value, how }) => {
            const place = at % Math.max(1, before.length);
            if (how === 'cut')
              return Buffer.concat([before.subarray(0, place), before.subarray(place + value)]);
            if (how === 'double')
              return Buffer.concat([before.subarray(0, place), before.subarray(Math.max(0, place - value))]);
            if (how === 'splice')
              return Buffer.concat([before.subarray(0, place), other.bytes.subarray(value)]);
            const changed = Buffer.from(before);
            if (place < changed.length) changed[place] = value;
            return changed;
          }, bytes);
          const result = await decoder.decode(mutant);
          results.add(result.ok ? 'ok' : result.code);
          if (!result.ok) return;
          const { data, width, height } = result.image;
          expect(width * height).toBeGreaterThan(0);
          expect(width * height).toBeLessThanOrEqual(2_100_000);
          expect(data.length).toBeGreaterThanOrEqual(width * height * 3);
        },
      ),
      effort(600),
    );
    expect([...results].toSorted()).toEqual(['frame.too_many_pixels', 'frame.undecodable', 'ok']);
    expect(await resultOf(JPEG)).toBe('ok');
  });
});
