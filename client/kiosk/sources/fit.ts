import sharp from 'sharp';
import { foreignFormat } from '@veriframe/protocol';
import { KioskError } from '../errors.ts';
import type { FitPicture } from './source.ts';

interface PictureLimits {
  /** Longer side after fitting, in pixels. */
  readonly maxEdgePx: number;
  readonly maxImageBytes: number;
  /** Width × height. */
  readonly maxImagePixels: number;
}

/** Pictures with more pixels are refused before decoding, which would take gigabytes of memory. */
const MOST_SOURCE_PIXELS = 100_000_000;
const SHARP_OPTIONS = { limitInputPixels: MOST_SOURCE_PIXELS, autoOrient: true } as const;
/** Qualities to try in turn until the picture fits. The first is visually lossless, which comparison and PAD need. */
const JPEG_QUALITIES = [92, 80, 60];

/**
 * Returns a function that makes a picture fit the limits. An upright JPEG within the limits is returned unchanged.
 * Other formats that sharp reads, larger pictures, rotated ones (EXIF) and CMYK are re-encoded as an upright sRGB JPEG.
 * A JPEG that sharp warns of is returned as it is, if the server takes one so large: the server knows which faults lose
 * no data. The function rejects with `source.unreadable`, or with `source.too_large` when no quality is small enough.
 */
export function pictureFitter(limits: PictureLimits): FitPicture {
  return async (bytes) => {
    try {
      return await fitted(bytes, limits);
    } catch (error) {
      if (error instanceof KioskError) throw error;
      throw new KioskError('source.unreadable', reasonOf(bytes, error), { cause: error });
    }
  };
}

/** One line: what format it is, or what sharp says. */
function reasonOf(bytes: Uint8Array, error: unknown): string {
  const format = foreignFormat(bytes);
  if (format !== null) return `Its format is ${format}, which is not taken: convert it to JPEG, PNG or WebP.`;
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return line;
}

async function fitted(bytes: Uint8Array, limits: PictureLimits): Promise<Uint8Array> {
  const { format, orientation = 1, space, autoOrient } = await sharp(bytes, SHARP_OPTIONS).metadata();
  const { width, height } = autoOrient;
  const scale = Math.min(
    1,
    limits.maxEdgePx / Math.max(width, height),
    Math.sqrt(limits.maxImagePixels / (width * height)),
  );
  const asItIs = format === 'jpeg' && orientation === 1 && space !== 'cmyk' && scale === 1;
  if (asItIs && bytes.byteLength <= limits.maxImageBytes) return bytes;
  try {
    return await encoded(bytes, width, height, scale, limits);
  } catch (error) {
    const isTaken = bytes.byteLength <= limits.maxImageBytes && width * height <= limits.maxImagePixels;
    if (error instanceof KioskError || format !== 'jpeg' || !isTaken) throw error;
    return bytes;
  }
}

async function encoded(
  bytes: Uint8Array,
  width: number,
  height: number,
  scale: number,
  limits: PictureLimits,
): Promise<Uint8Array> {
  const size = { width: Math.floor(width * scale) || 1, height: Math.floor(height * scale) || 1 };
  for (const quality of JPEG_QUALITIES) {
    const picture = sharp(bytes, SHARP_OPTIONS)
      .resize({ ...size, fit: 'fill' })
      .flatten()
      .toColourspace('srgb');
    const jpeg = await picture.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer();
    if (jpeg.byteLength <= limits.maxImageBytes) return jpeg;
  }
  throw new KioskError('source.too_large', `At most ${limits.maxImageBytes} bytes are taken.`);
}
