import sharp from 'sharp';
import type { RgbImage } from '../../../server/vision/image.ts';

/** How the picture goes on beyond its edges; `cut` takes a part of it away. */
export type Border = 'none' | 'black' | 'white' | 'mirror' | 'cut';

/** What is done to a picture before it is sent. */
export interface Cell {
  /** Factors of the channels; green keeps its own. */
  readonly red: number;
  readonly blue: number;
  /** Exponent of values 0..1: above 1 darkens. */
  readonly gamma: number;
  /** Factor of the distance from mid-grey. */
  readonly contrast: number;
  readonly jpegQuality: number;
  readonly scale: number;
  readonly border: Border;
}

type Colours = Pick<Cell, 'red' | 'blue' | 'gamma' | 'contrast'>;

export const PLAIN: Cell = {
  red: 1,
  blue: 1,
  gamma: 1,
  contrast: 1,
  jpegQuality: 90,
  scale: 1,
  border: 'none',
};

/** Factors of red and blue. Red × 1.2 and blue × .75 is a warm lamp. */
const WHITE_BALANCES: readonly (readonly [red: number, blue: number])[] = [
  [1, 1],
  [1.2, 0.75],
  [1.2, 0.6],
  [1.4, 0.6],
  [1, 0.75],
  [1.2, 1],
  [0.8, 0.6],
  [0.8, 1],
  [0.85, 1.25],
  [1.2, 1.25],
];
const GAMMAS = [1, 0.7, 1.4] as const;
const CONTRASTS = [1, 0.75, 1.3] as const;
const JPEG_QUALITIES = [90, 60, 30] as const;
const SCALES = [1, 0.75, 0.5] as const;
const BORDERS: readonly Border[] = ['none', 'black', 'white', 'mirror', 'cut'];

/** Every white balance with every gamma and contrast. */
export const COLOUR_CELLS: readonly Cell[] = WHITE_BALANCES.flatMap(([red, blue]) =>
  GAMMAS.flatMap((gamma) => CONTRASTS.map((contrast) => ({ ...PLAIN, red, blue, gamma, contrast }))),
);

/** These colours with every JPEG quality, scale and border but the plain ones. */
export function formCells(colours: Colours): readonly Cell[] {
  const all = JPEG_QUALITIES.flatMap((jpegQuality) =>
    SCALES.flatMap((scale) =>
      BORDERS.map((border) => ({ ...PLAIN, ...colours, jpegQuality, scale, border })),
    ),
  );
  return all.slice(1);
}

/** Light that living people sit in. */
export const LIVING_CELLS: readonly Cell[] = [
  PLAIN,
  { ...PLAIN, red: 1.2, blue: 0.75 },
  { ...PLAIN, red: 0.88, blue: 1.2 },
  { ...PLAIN, jpegQuality: 60 },
];

/** A cell in words, without what is plain. */
export function cellName(cell: Cell): string {
  const parts: string[] = [];
  if (cell.red !== 1) parts.push(`red × ${cell.red}`);
  if (cell.blue !== 1) parts.push(`blue × ${cell.blue}`);
  if (cell.gamma !== 1) parts.push(`gamma ${cell.gamma}`);
  if (cell.contrast !== 1) parts.push(`contrast × ${cell.contrast}`);
  if (cell.jpegQuality !== PLAIN.jpegQuality) parts.push(`JPEG ${cell.jpegQuality}`);
  if (cell.scale !== 1) parts.push(`scale ${cell.scale}`);
  if (cell.border !== 'none') parts.push(`border ${cell.border}`);
  return parts.length === 0 ? 'plain' : parts.join(', ');
}

/** Share of the width and height that a border adds at each side, and that `cut` takes away. */
const BORDER_SHARE = 0.2;
const CUT_SHARE = 0.1;

/** A decoded picture, in memory of its own. */
export async function pixelsOf(picture: Buffer): Promise<RgbImage> {
  const { data, info } = await sharp(picture)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

/** The picture out of focus: a Gaussian blur, as a JPEG that hardly loses more. */
export async function blurred(picture: Buffer, sigmaPx: number): Promise<Buffer> {
  return await sharp(picture).blur(sigmaPx).jpeg({ quality: 95 }).toBuffer();
}

/** The picture as the attacker sends it: a JPEG. */
export async function changed(picture: Buffer, cell: Cell): Promise<Buffer> {
  const image = await pixelsOf(picture);
  recolour(image.data, cell);
  const width = Math.round(image.width * cell.scale);
  const height = Math.round(image.height * cell.scale);
  // One step at a time: in one pipeline, sharp scales after it has cut and extended.
  const scaled = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const framed = sharp(scaled);
  const [across, down] = [width, height].map((side) =>
    Math.round(side * (cell.border === 'cut' ? CUT_SHARE : BORDER_SHARE)),
  ) as [number, number];
  const sides = { top: down, bottom: down, left: across, right: across };
  if (cell.border === 'cut') {
    framed.extract({ left: across, top: down, width: width - 2 * across, height: height - 2 * down });
  } else if (cell.border === 'mirror') framed.extend({ ...sides, extendWith: 'mirror' });
  else if (cell.border !== 'none') framed.extend({ ...sides, background: cell.border });
  return await framed.jpeg({ quality: cell.jpegQuality }).toBuffer();
}

/** Changes interleaved RGB in place. */
function recolour(data: Uint8Array, { red, blue, gamma, contrast }: Colours): void {
  const curves = [red, 1, blue].map((factor) =>
    Uint8Array.from({ length: 256 }, (_, value) => {
      const toned = 0.5 + contrast * ((value / 255) ** gamma - 0.5);
      return Math.round(255 * Math.min(1, Math.max(0, factor * toned)));
    }),
  );
  for (let i = 0; i < data.length; i++) data[i] = curves[i % 3][data[i]];
}
