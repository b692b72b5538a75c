import sharp from 'sharp';

export interface PictureOptions {
  readonly width?: number;
  readonly height?: number;
  /** Grey value, to distinguish the pictures. */
  readonly grey?: number;
}

function plain({ width = 64, height = 48, grey = 128 }: PictureOptions = {}) {
  return sharp({ create: { width, height, channels: 3, background: { r: grey, g: grey, b: grey } } });
}

export const jpegOf = (options?: PictureOptions) => plain(options).jpeg().toBuffer();
export const pngOf = (options?: PictureOptions) => plain(options).png().toBuffer();
export const webpOf = (options?: PictureOptions) => plain(options).webp().toBuffer();

/** A JPEG of noise, whose scan has many stuffed bytes. `seed` selects the noise. */
export function noiseJpeg(
  seed: number,
  { width = 64, height = 48 } = {},
  progressive = false,
): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed | 1;
  for (let index = 0; index < pixels.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    pixels[index] = state >>> 24;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95, progressive })
    .toBuffer();
}

/** The picture with an APP1 segment that contains `content`, as cameras store thumbnails in EXIF. */
export function withSegment(jpeg: Buffer, content: Uint8Array): Buffer {
  const header = Buffer.from([0xff, 0xe1, 0, 0]);
  header.writeUInt16BE(content.byteLength + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), header, content, jpeg.subarray(2)]);
}
