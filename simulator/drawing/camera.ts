import sharp from 'sharp';
import { loadJpegTurbo } from '../../server/inference/jpeg-turbo.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { drawAt, hash32, normalDraw, seededDraws } from '../seeded.ts';

const NOISE_LENGTH = 1 << 17;
/** Standard deviation of a colour value, 0..255: a laptop's camera in a lit room. */
const NOISE_DEVIATION = 2.2;
/** Mains light and automatic exposure move the brightness by up to this share. */
const GAIN_SWING = 0.012;
const JPEG_QUALITY = 85;

export interface CameraOptions {
  /** Standard deviation of a colour value's noise, 0..255. Default 2.2. */
  readonly noise?: number;
  /** The brightness moves by up to this share from picture to picture. Default .012. */
  readonly gainSwing?: number;
}

/** What stands between a scene and its JPEG: sensor noise and flicker, other ones for each instant and seed. */
export class Camera {
  readonly #seed: number;
  readonly #gainSwing: number;
  readonly #noise: Int8Array;
  readonly #turbo = loadJpegTurbo();

  constructor(seed: number, { noise = NOISE_DEVIATION, gainSwing = GAIN_SWING }: CameraOptions = {}) {
    this.#seed = hash32(seed, 0xca3e7a);
    this.#gainSwing = gainSwing;
    const draw = seededDraws(this.#seed);
    this.#noise = Int8Array.from({ length: NOISE_LENGTH }, () => Math.round(normalDraw(draw) * noise));
  }

  /**
   * Takes one picture. The same scene at the same instant gives the same bytes: what `data` holds when it is called.
   */
  async take({ data, width, height }: RgbImage, atMs: number): Promise<Buffer> {
    // Of its own for each picture: an encoder in another thread may read it while the next one is taken.
    const exposed = Buffer.allocUnsafeSlow(3 * width * height);
    const instant = Math.round(atMs * 1000);
    const frameSeed = hash32(this.#seed, instant, Math.floor(instant / 2 ** 32));
    const gain = Math.round(256 * (1 + this.#gainSwing * (2 * drawAt(frameSeed) - 1)));
    const rowLength = width * 3;
    const noise = this.#noise;
    for (let row = 0; row < height; row++) {
      const start = row * rowLength;
      const shift = (hash32(frameSeed, row) % (NOISE_LENGTH - rowLength)) - start;
      const end = start + rowLength;
      for (let i = start; i < end; i++) {
        const value = ((data[i] * gain) >> 8) + noise[i + shift];
        exposed[i] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
    return await this.#encode(exposed, width, height);
  }

  async #encode(rgb: Buffer, width: number, height: number): Promise<Buffer> {
    const turbo = this.#turbo;
    if (turbo === null) {
      return await sharp(rgb, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: JPEG_QUALITY })
        .toBuffer();
    }
    return turbo.compressSync(rgb, {
      format: turbo.FORMAT_RGB,
      width,
      height,
      subsampling: turbo.SAMP_420,
      quality: JPEG_QUALITY,
    });
  }
}
