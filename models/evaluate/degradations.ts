import sharp from 'sharp';

/** A defined degradation of an image. */
export interface Degradation {
  /** Names the degradation in reports and in the cache: another parameter needs another id. */
  readonly id: string;
  readonly family: 'none' | 'brightness' | 'blur' | 'small face' | 'JPEG';
  /** The parameter, in words. */
  readonly label: string;
  /** Returns the degraded image, encoded. It is PNG where the encoding itself must not degrade the image. */
  readonly apply: (image: Buffer) => Promise<Buffer>;
}

/** Frame size of a common webcam, in pixels, in which a small face is placed. */
const FRAME = { width: 640, height: 480 } as const;
const GREY = { r: 128, g: 128, b: 128 } as const;

const brightness = (factor: number): Degradation => ({
  id: `brightness-${factor}`,
  family: 'brightness',
  label: `× ${factor}`,
  apply: (image) => sharp(image).linear(factor, 0).png().toBuffer(),
});

const blur = (sigmaPx: number): Degradation => ({
  id: `blur-${sigmaPx}`,
  family: 'blur',
  label: `σ ${sigmaPx} px`,
  apply: (image) => sharp(image).blur(sigmaPx).png().toBuffer(),
});

const jpeg = (quality: number): Degradation => ({
  id: `jpeg-${quality}`,
  family: 'JPEG',
  label: `quality ${quality}`,
  apply: (image) => sharp(image).jpeg({ quality }).toBuffer(),
});

/** Scales the image down, as a distant face appears to a camera, and centres it in a grey frame. */
const small = (scale: number): Degradation => ({
  id: `small-${scale}`,
  family: 'small face',
  label: `× ${scale}`,
  async apply(image) {
    const { width, height } = await sharp(image).metadata();
    const fit = Math.min(scale, FRAME.width / width, FRAME.height / height);
    const [innerWidth, innerHeight] = [Math.round(width * fit), Math.round(height * fit)];
    const left = Math.floor((FRAME.width - innerWidth) / 2);
    const top = Math.floor((FRAME.height - innerHeight) / 2);
    return await sharp(image)
      .resize(innerWidth, innerHeight, { fit: 'fill' })
      .extend({
        left,
        top,
        right: FRAME.width - innerWidth - left,
        bottom: FRAME.height - innerHeight - top,
        background: GREY,
      })
      .png()
      .toBuffer();
  },
});

/** All degradations, each family from mild to severe. The first one changes nothing. */
export const DEGRADATIONS: readonly Degradation[] = [
  { id: 'as-is', family: 'none', label: 'as is', apply: async (image) => image },
  ...[2, 0.5, 0.3, 0.15].map(brightness),
  ...[1, 2, 3].map(blur),
  ...[0.7, 0.5, 0.35, 0.25].map(small),
  ...[50, 25, 10, 5].map(jpeg),
];
