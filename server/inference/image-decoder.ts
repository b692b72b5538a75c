import sharp from 'sharp';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { RgbImage } from '../vision/image.ts';
import { readJpegHeader, type JpegHeader } from './jpeg-header.ts';
import { loadJpegTurbo } from './jpeg-turbo.ts';

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
    const turbo = this.#jpegTurbo;
    if (turbo === null || !isOrdinary(header)) return await this.#decodeWithSharp(bytes);
    const length = header.width * header.height * 3;
    if (this.#buffer.length < length) this.#buffer = Buffer.alloc(length);
    const { width, height } = turbo.decompressSync(bytes, this.#buffer, { format: turbo.FORMAT_RGB });
    if (width !== header.width || height !== header.height) return UNDECODABLE;
    return { ok: true, image: { data: plainBytes(this.#buffer), width, height } };
  }

  async #decodeWithSharp(bytes: Buffer): Promise<DecodeResult> {
    const { width, height, pages = 1 } = await sharp(bytes, { limitInputPixels: false }).metadata();
    if (pages > 1) return UNDECODABLE;
    if (width * height > this.#maxPixels) return TOO_MANY_PIXELS;
    const { data, info } = await sharp(bytes, { limitInputPixels: this.#maxPixels, failOn: 'warning' })
      .autoOrient()
      .flatten({ background: 'black' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return UNDECODABLE;
    return { ok: true, image: { data: plainBytes(data), width: info.width, height: info.height } };
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

function isOrdinary(header: JpegHeader): boolean {
  return header.bitsPerSample === 8 && header.components === 3 && !header.hasExif;
}
