import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEPTH_PIXELS_CEILING, type DepthImage, shrinkDepth } from '../../protocol/depth-image.ts';
import { frame } from '../../protocol/upstream.ts';

/** Each pixel's number is its place. */
function numbered(width: number, height: number): DepthImage {
  const data = Buffer.alloc(2 * width * height);
  for (let at = 0; at < width * height; at += 1) data.writeUInt16LE(at % 65_536, 2 * at);
  return { width, height, data };
}

const pixels = ({ data }: DepthImage) => {
  const bytes = Buffer.from(data);
  return Array.from({ length: data.byteLength / 2 }, (_, at) => bytes.readUInt16LE(2 * at));
};

describe('a depth image', () => {
  it('stays as it is when it fits', () => {
    const image = numbered(320, 240);
    expect(shrinkDepth(image, DEPTH_PIXELS_CEILING)).toBe(image);
  });

  it('is halved to every second pixel, of which none is a mean', () => {
    const small = shrinkDepth(numbered(64, 32), 512);
    expect(small).toMatchObject({ width: 32, height: 16 });
    const expected = Array.from(
      { length: 512 },
      (_, at) => (2 * Math.floor(at / 32) + 1) * 64 + 2 * (at % 32) + 1,
    );
    expect(small === null ? null : pixels(small)).toEqual(expected);
  });

  it('becomes one that a frame may carry, whatever its size, or none', () => {
    const side = fc.integer({ min: 16, max: 200 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: DEPTH_PIXELS_CEILING }), (width, height, most) => {
        const image = numbered(width, height);
        const small = shrinkDepth(image, most);
        if (small === null)
          return most < width * height && Math.sqrt(most / (width * height)) * Math.min(width, height) < 16;
        const known = new Set(pixels(image));
        const message = { type: 'frame', seq: 0, capturedAtMs: 0, image: Uint8Array.of(1), depth: small };
        return (
          small.width * small.height <= most &&
          frame.safeParse(message).success &&
          pixels(small).every((value) => known.has(value))
        );
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it.each([
    ['a side is too short', { width: 15, height: 40, data: new Uint8Array(1200) }],
    ['a side is too long', { width: 1025, height: 16, data: new Uint8Array(2 * 1025 * 16) }],
    ['a side is no whole number', { width: 16.5, height: 16, data: new Uint8Array(528) }],
    ['there are too few bytes', { width: 16, height: 16, data: new Uint8Array(511) }],
  ])('is refused where %s', (_, image) => {
    expect(() => shrinkDepth(image, DEPTH_PIXELS_CEILING)).toThrow(RangeError);
  });
});
