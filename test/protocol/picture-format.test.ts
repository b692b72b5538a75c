import { describe, expect, it } from 'vitest';
import { foreignFormat } from '../../protocol/picture-format.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const jpeg = (frameHeader: number, bits: number) =>
  Buffer.concat([
    bytes('\xff\xd8\xff\xe0\0\x04ab\xff\xff'),
    Buffer.from([frameHeader, 0, 11, bits, 0, 16, 0, 16, 1, 1, 0x11, 0]),
  ]);

describe('the format of a picture that is not taken', () => {
  it.each([
    ['HEIC', bytes('\0\0\0\x18ftypheic\0\0\0\0')],
    ['HEIF', bytes('\0\0\0\x18ftypmif1\0\0\0\0')],
    ['AVIF', bytes('\0\0\0\x18ftypavif\0\0\0\0')],
    ['MP4 or QuickTime video', bytes('\0\0\0\x18ftypisom\0\0\0\0')],
    ['GIF', bytes('GIF89a')],
    ['BMP', bytes('BM6\0\0\0')],
    ['JPEG XL', bytes('\0\0\0\x0cJXL \r\n')],
    ['JPEG 2000', bytes('\0\0\0\x0cjP  \r\n')],
    ['PDF', bytes('%PDF-1.7')],
    ['AVI video', bytes('RIFF\0\0\0\0AVI LIST')],
    ['12-bit JPEG', jpeg(0xc1, 12)],
    ['lossless JPEG', jpeg(0xc3, 8)],
    ['arithmetic-coded JPEG', jpeg(0xc9, 8)],
  ])('is named: %s', (name, picture) => {
    expect(foreignFormat(picture)).toBe(name);
  });

  it('is not named for what is taken, for other bytes, and for none', () => {
    for (const picture of [
      jpeg(0xc0, 8),
      jpeg(0xc2, 8),
      bytes('RIFF\0\0\0\0WEBPVP8 '),
      bytes('hello'),
      bytes(''),
    ])
      expect(foreignFormat(picture)).toBeNull();
    for (let length = 0; length < 24; length++) foreignFormat(jpeg(0xc1, 12).subarray(0, length));
  });
});
