import sharp, { type Sharp } from 'sharp';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { RgbImage } from '../vision/image.ts';
import { type JpegHeader, readJpegHeader } from './jpeg/header.ts';
import { repairJpeg } from './jpeg/repair.ts';
import { loadJpegTurbo } from './jpeg-turbo.ts';
import { turnUpright } from './turn-picture.ts';

// These settings hold for the whole process. libvips could read SVG, GIF, PDF and more: only three formats stay
// allowed. It uses one thread for each picture, since several workers run side by side, and caches no picture.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });
sharp.concurrency(1);
sharp.cache(false);

type DecodeResult =
  | { readonly ok: true; readonly image: RgbImage }
  | { readonly ok: false; readonly code: Extract<ErrorCode, 'frame.undecodable' | 'frame.too_many_pixels'> };

const UNDECODABLE: DecodeResult = { ok: false, code: 'frame.undecodable' };
const TOO_MANY_PIXELS: DecodeResult = { ok: false, code: 'frame.too_many_pixels' };

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * The samplings that TurboJPEG's interface takes, as `JpegHeader` writes them: grey, 4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1,
 * 4:4:1.
 */
const TURBO_SAMPLINGS: ReadonlySet<string> = new Set([
  '11',
  '111111',
  '211111',
  '221111',
  '121111',
  '411111',
  '141111',
]);

type JpegTurbo = NonNullable<ReturnType<typeof loadJpegTurbo>>;
type Format = 'jpeg' | 'png' | 'webp';

/**
 * Decodes JPEG, WebP and PNG to interleaved 8-bit sRGB, turned upright. Never throws, whatever the bytes are.
 * Ordinary JPEGs are decoded by libjpeg-turbo, which is faster, into one buffer that every call reuses. So an image is
 * valid until the next call, and each thread needs a decoder of its own.
 */
export class ImageDecoder {
  readonly #maxPixels: number;
  readonly #jpegTurbo = loadJpegTurbo();
  #buffer = Buffer.alloc(0);

  /** @param maxPixels width × height. A larger picture is refused before its pixels are decoded. */
  constructor(maxPixels: number) {
    this.#maxPixels = maxPixels;
  }

  /**
   * Gives `frame.too_many_pixels`, or `frame.undecodable` for anything that is not one complete still picture of the
   * three formats. The format is recognised by the signature in the bytes.
   */
  async decode(bytes: Buffer): Promise<DecodeResult> {
    try {
      const format = formatOf(bytes);
      if (format === null || (format === 'png' && isAnimatedPng(bytes))) return UNDECODABLE;
      return await (format === 'jpeg' ? this.#decodeJpeg(bytes) : this.#decodeWithSharp(bytes));
    } catch {
      return UNDECODABLE;
    }
  }

  async #decodeJpeg(bytes: Buffer): Promise<DecodeResult> {
    const header = readJpegHeader(bytes);
    if (header === null || header.width === 0 || header.height === 0) return UNDECODABLE;
    if (header.width * header.height > this.#maxPixels) return TOO_MANY_PIXELS;
    const image = await this.#decodeStrictly(bytes, header);
    return image === null ? UNDECODABLE : { ok: true, image: turnUpright(image, header.orientation) };
  }

  /**
   * Decodes as it is, else a repaired copy: a decoder that only warns would fill up what is missing. The same picture
   * must give the same pixels with a fault and without, and the two decoders differ by a few values. So the sampling
   * alone chooses the decoder. sharp does not notice that the last rows are missing, so rare samplings, which only it
   * decodes, are always read through first.
   */
  async #decodeStrictly(bytes: Buffer, header: JpegHeader): Promise<RgbImage | null> {
    const isUsual = header.bitsPerSample === 8 && TURBO_SAMPLINGS.has(header.sampling);
    const turbo = this.#jpegTurbo;
    const decode = async (some: Buffer) =>
      isUsual && turbo !== null
        ? this.#decodeWithTurbo(turbo, some, header)
        : await this.#decodeJpegWithSharp(some, header);
    const asItIs = isUsual ? await decode(bytes) : null;
    if (asItIs !== null) return asItIs;
    const repaired = repairJpeg(bytes, header);
    return repaired === null ? null : await decode(repaired);
  }

  /** Null where libjpeg-turbo refuses or warns. */
  #decodeWithTurbo(turbo: JpegTurbo, bytes: Buffer, header: JpegHeader): RgbImage | null {
    const length = header.width * header.height * 3;
    if (this.#buffer.length < length) this.#buffer = Buffer.alloc(length);
    try {
      const { width, height } = turbo.decompressSync(bytes, this.#buffer, { format: turbo.FORMAT_RGB });
      if (width !== header.width || height !== header.height) return null;
      return { data: plainBytes(this.#buffer), width, height };
    } catch {
      return null;
    }
  }

  async #decodeJpegWithSharp(
    bytes: Buffer,
    { width, height, components }: JpegHeader,
  ): Promise<RgbImage | null> {
    try {
      // The profile of RGB pictures is ignored, as libjpeg-turbo does.
      const ignoreIcc = components < 4;
      const result = await this.#pixelsOf(sharp(bytes, { ...this.#strict, ignoreIcc }));
      return result !== null && result.width === width && result.height === height ? result : null;
    } catch {
      return null;
    }
  }

  async #decodeWithSharp(bytes: Buffer): Promise<DecodeResult> {
    const { width, height, pages = 1 } = await sharp(bytes, { limitInputPixels: false }).metadata();
    if (pages > 1) return UNDECODABLE;
    if (width * height > this.#maxPixels) return TOO_MANY_PIXELS;
    const image = await this.#pixelsOf(sharp(bytes, this.#strict).autoOrient());
    return image === null ? UNDECODABLE : { ok: true, image };
  }

  get #strict() {
    return { limitInputPixels: this.#maxPixels, failOn: 'warning' } as const;
  }

  async #pixelsOf(picture: Sharp): Promise<RgbImage | null> {
    const { data, info } = await picture
      .flatten({ background: 'black' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return null;
    return { data: plainBytes(data), width: info.width, height: info.height };
  }
}

/** The same memory as a plain array. `slice` of a Buffer shares its memory; that of other arrays copies it. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function formatOf(bytes: Buffer): Format | null {
  if (bytes.length < 12) return null;
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'jpeg';
  if (bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) return 'png';
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return 'webp';
  return null;
}

/** Whether an `acTL` chunk precedes the picture's data. libvips would decode the first frame of the animation. */
function isAnimatedPng(bytes: Buffer): boolean {
  for (let at = PNG_SIGNATURE.length; at + 8 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'acTL' || type === 'IDAT') return type === 'acTL';
  }
  return false;
}
