import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { isPng, MjpegSplitter, splitMjpeg } from '../../client/kiosk/sources/mjpeg-splitter.ts';
import { depthPng, wall } from './support/depth.ts';
import { jpegOf, noiseJpeg, withSegment } from './support/pictures.ts';

const RUN = { seed: 20_261_121, numRuns: 60 };

/** Cuts `bytes` at the given places, taken modulo the length. */
function chunked(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

function split(chunks: readonly Buffer[], splitter = new MjpegSplitter()): Buffer[] {
  return chunks.flatMap((chunk) => splitter.push(chunk));
}

async function* streamOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

/** Bytes as text, which is compared faster than byte by byte. */
const texts = (found: readonly Buffer[]) => found.map((picture) => picture.toString('base64'));

describe('MjpegSplitter', () => {
  let baseline: Buffer;
  let progressive: Buffer;
  let withThumbnail: Buffer;
  let withFakeEnds: Buffer;
  let pictures: Buffer[];

  beforeAll(async () => {
    baseline = await noiseJpeg(1);
    progressive = await noiseJpeg(2, { width: 48, height: 64 }, true);
    withThumbnail = withSegment(await noiseJpeg(3), await jpegOf({ width: 16, height: 12 }));
    withFakeEnds = withSegment(
      baseline,
      Buffer.from([0xff, 0xd9, 0xff, 0xd8, 0xff, 0xd9, 0xff, 0xda, 0, 2, 0xff, 0xd9]),
    );
    pictures = [baseline, withThumbnail, progressive, withFakeEnds];
  });

  it('returns the same pictures however the stream is cut', () => {
    const stream = Buffer.concat(pictures);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), (cuts) => {
        expect(texts(split(chunked(stream, cuts)))).toEqual(texts(pictures));
      }),
      RUN,
    );
  });

  it('returns the depth images between them too, however the stream is cut', async () => {
    const png = await depthPng(wall({ slopeMm: 3 }));
    const images = [png, baseline, png, withThumbnail, progressive, png];
    const stream = Buffer.concat(images.flatMap((image) => [image, Buffer.from('--boundary\r\n')]));
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), (cuts) => {
        const found = split(chunked(stream, cuts));
        expect(texts(found)).toEqual(texts(images));
        expect(found.map(isPng)).toEqual([true, false, true, false, false, true]);
      }),
      RUN,
    );
  });

  it('goes on at the next picture after a PNG that is none', async () => {
    const png = await depthPng(wall());
    const broken = Buffer.from(png);
    broken.write('\0\0\0\0', 12, 'latin1');
    const endless = Buffer.from(png);
    endless.writeUInt32BE(0xffff_ffff, 8);
    expect(split([Buffer.concat([broken, baseline, endless, baseline])])).toEqual([baseline, baseline]);
  });

  it('works byte by byte', () => {
    const stream = Buffer.concat([withThumbnail, progressive]);
    expect(split([...stream].map((byte) => Buffer.of(byte)))).toEqual([withThumbnail, progressive]);
  });

  it('returns the picture as soon as its last byte arrives', () => {
    const splitter = new MjpegSplitter();
    expect(splitter.push(withThumbnail.subarray(0, -1))).toEqual([]);
    expect(splitter.push(withThumbnail.subarray(-1))).toEqual([withThumbnail]);
  });

  it('ignores FFD9 inside segments and thumbnails', () => {
    expect(split([withFakeEnds, withThumbnail])).toEqual([withFakeEnds, withThumbnail]);
  });

  it('skips what lies between pictures, such as multipart headers and lone FF bytes', () => {
    const between = Buffer.from('\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n\xff', 'latin1');
    const stream = Buffer.concat([between, baseline, between, progressive, between]);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), (cuts) => {
        expect(texts(split(chunked(stream, cuts)))).toEqual(texts([baseline, progressive]));
      }),
      RUN,
    );
  });

  it('accepts fill bytes before a marker', () => {
    const filled = Buffer.concat([baseline.subarray(0, 2), Buffer.of(0xff, 0xff), baseline.subarray(2)]);
    expect(split([filled, progressive])).toEqual([filled, progressive]);
  });

  it('returns pictures without an end marker, the last one when the stream ends', async () => {
    const bare = [baseline, withThumbnail, progressive].map((picture) => picture.subarray(0, -2));
    const stream = Buffer.concat([...bare, ...bare]);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), (cuts) => {
        const splitter = new MjpegSplitter();
        const found = split(chunked(stream, cuts), splitter);
        expect(texts([...found, splitter.end() ?? Buffer.alloc(0)])).toEqual(texts([...bare, ...bare]));
        expect(splitter.end()).toBeNull();
      }),
      RUN,
    );
    const pieces = [...chunked(stream, [10, 2_000, 3_333])];
    const found: Buffer[] = [];
    for await (const picture of splitMjpeg(streamOf(pieces))) found.push(picture);
    expect(texts(found)).toEqual(texts([...bare, ...bare]));
  });

  it('keeps pictures with stray bytes between their segments', () => {
    const stray = Buffer.concat([
      baseline.subarray(0, 2),
      Buffer.of(9, 0xff, 0, 7),
      baseline.subarray(2, -2),
      Buffer.of(1, 2),
      baseline.subarray(-2),
    ]);
    expect(split([stray, progressive])).toEqual([stray, progressive]);
  });

  it('leaves it to the decoder whether a picture that was cut off in its scan lacks data', () => {
    const cut = baseline.subarray(0, baseline.length - 100);
    expect(split([cut, progressive, withThumbnail])).toEqual([cut, progressive, withThumbnail]);
  });

  it('drops a picture cut off before its scan and goes on with the next', () => {
    expect(split([baseline.subarray(0, 20), Buffer.alloc(70_000), progressive])).toEqual([progressive]);
  });

  it('drops a picture with a broken segment and goes on with the next', () => {
    const broken = Buffer.concat([baseline.subarray(0, 2), Buffer.from('no marker here')]);
    expect(split([broken, progressive])).toEqual([progressive]);
  });

  it('drops a picture that is larger than the limit, and buffers no more than the limit', () => {
    const splitter = new MjpegSplitter({ maxPictureBytes: baseline.length + 10 });
    const scanWithoutEnd = Buffer.concat([baseline.subarray(0, -2), Buffer.alloc(baseline.length, 0x55)]);
    expect(split([scanWithoutEnd, baseline], splitter)).toEqual([baseline]);
  });

  it('survives any bytes and still finds the picture after them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        // A segment spans at most 65535 bytes, so a picture beyond that is always found.
        const found = split([Buffer.from(noise), Buffer.alloc(70_000), baseline, progressive]);
        expect(texts(found).at(-1)).toEqual(texts([progressive])[0]);
      }),
      RUN,
    );
  });

  it('returns pictures that later pushes do not change', () => {
    const splitter = new MjpegSplitter();
    const [first] = splitter.push(baseline);
    splitter.push(progressive);
    expect(first).toEqual(baseline);
  });
});
