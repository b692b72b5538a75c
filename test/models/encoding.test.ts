import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFloat16 } from '../../models/convert/float16.ts';
import { encodeVarint, ProtobufWriter } from '../../models/convert/protobuf-writer.ts';
import { fitWindow } from '../../models/convert/spatial.ts';
import { transpose } from '../../models/convert/transpose.ts';

describe('padding of convolution and pooling windows', () => {
  it.each([
    { what: '256, 5×5 by 2', length: 256, kernel: 5, stride: 2, expected: [128, 1, 2] },
    { what: '192, 3×3 by 2', length: 192, kernel: 3, stride: 2, expected: [96, 0, 1] },
    { what: '75, 3×3 by 2', length: 75, kernel: 3, stride: 2, expected: [38, 1, 1] },
    { what: '16, 3×3 by 1', length: 16, kernel: 3, stride: 1, expected: [16, 1, 1] },
    { what: '8, 2×2 by 2', length: 8, kernel: 2, stride: 2, expected: [4, 0, 0] },
    { what: '7, 1×1 by 2', length: 7, kernel: 1, stride: 2, expected: [4, 0, 0] },
  ])('SAME puts the odd zero at the end: $what', ({ length, kernel, stride, expected }) => {
    const { outputLength, padBegin, padEnd } = fitWindow('SAME', length, kernel, stride);
    expect([outputLength, padBegin, padEnd]).toEqual(expected);
  });

  it('VALID pads nothing and drops what does not fill a window', () => {
    expect(fitWindow('VALID', 150, 7, 2)).toEqual({ outputLength: 72, padBegin: 0, padEnd: 0 });
    expect(fitWindow('VALID', 10, 3, 1, 3)).toEqual({ outputLength: 4, padBegin: 0, padEnd: 0 });
  });

  it('SAME windows, once padded, are VALID windows of the same count', () => {
    const size = integer({ min: 1, max: 64 });
    const step = integer({ min: 1, max: 4 });
    assert(
      property(size, integer({ min: 1, max: 7 }), step, step, (length, kernel, stride, dilation) => {
        const same = fitWindow('SAME', length, kernel, stride, dilation);
        const padded = length + same.padBegin + same.padEnd;
        expect(same.outputLength).toBe(Math.ceil(length / stride));
        expect(same.padEnd - same.padBegin).toBeOneOf([0, 1]);
        expect(fitWindow('VALID', padded, kernel, stride, dilation).outputLength).toBe(same.outputLength);
      }),
      { seed: 1 },
    );
  });
});

describe('float16', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x0400, 2 ** -14],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, Number.NaN],
  ])('bits %i are %d', (bits, value) => {
    expect(decodeFloat16(bits)).toBe(value);
  });

  it('increases with the bits over all positive finite values', () => {
    const values = Array.from({ length: 0x7c00 }, (_, bits) => decodeFloat16(bits));
    expect(values.findIndex((value, i) => i > 0 && value <= values[i - 1])).toBe(-1);
  });
});

describe('protobuf', () => {
  it.each([
    [0, [0]],
    [127, [127]],
    [128, [0x80, 1]],
    [300, [0xac, 2]],
    [-1, [...Buffer.alloc(9, 0xff), 1]],
    [2n ** 63n, [...Buffer.alloc(9, 0x80), 1]],
  ])('varint of %s', (value, expected) => {
    expect([...encodeVarint(value)]).toEqual(expected);
  });

  it('refuses a fraction instead of truncating it', () => {
    expect(() => encodeVarint(1.5)).toThrow(RangeError);
  });

  it('writes tags, lengths and nested messages', () => {
    const inner = new ProtobufWriter().varint(1, 150);
    expect([...new ProtobufWriter().string(2, 'hé').message(3, inner).finish()]).toEqual([
      0x12, 3, 0x68, 0xc3, 0xa9, 0x1a, 3, 0x08, 0x96, 0x01,
    ]);
  });
});

describe('transpose', () => {
  it('moves a filter from height, width, in, out to out, in, height, width', () => {
    const shape = [2, 3, 4, 5];
    const data = Float32Array.from({ length: 120 }, (_, i) => i);
    const moved = transpose({ shape, data }, [3, 2, 0, 1]);
    expect(moved.shape).toEqual([5, 4, 2, 3]);
    const [out, into, row, column] = [4, 2, 1, 0];
    const at = ((out * 4 + into) * 2 + row) * 3 + column;
    expect(moved.data[at]).toBe(((row * 3 + column) * 4 + into) * 5 + out);
  });
});
