import type { Box } from './geometry.ts';
import type { RgbImage } from './image.ts';
import { meanColourIn, skinColours, type MeanColour } from './skin.ts';

/** The colours of one frame by which the light of a screen is told: of bare skin, and of what lies behind it. */
export interface FlashColours {
  readonly face: MeanColour;
  /** Null where the face leaves no background in the picture. */
  readonly background: MeanColour | null;
}

/** Width of the strip at either side of the picture that is taken for background, and where it ends, as shares. */
const STRIP_WIDTH = 0.14;
const STRIP_BOTTOM = 0.6;
/** Hair and ears reach this far beyond the mesh's box, as a share of its width. */
const AROUND_FACE = 0.25;

/**
 * Mean colours of the skin and of the background, or null where no bare skin lies in the picture. `box` is the mesh's
 * upright bounding box. Background is read from strips at the picture's sides, above where shoulders are.
 */
export function flashColours(image: RgbImage, landmarks: Float32Array, box: Box): FlashColours | null {
  const face = pooled(Object.values(skinColours(image, landmarks)));
  if (face === null) return null;
  const { width, height } = image;
  const margin = AROUND_FACE * box.width;
  const strip = (left: number, right: number) => {
    const isFree = right < box.x - margin || left > box.x + box.width + margin;
    return isFree ? meanColourIn(image, rectangle(left, right, STRIP_BOTTOM * height)) : null;
  };
  const sides = [strip(0, STRIP_WIDTH * width), strip((1 - STRIP_WIDTH) * width, width)];
  return { face, background: pooled(sides.filter((side) => side !== null)) };
}

function rectangle(left: number, right: number, bottom: number) {
  return [
    { x: left, y: 0 },
    { x: right, y: 0 },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}

/** The mean of several patches, each by its pixels; null when there is none. */
function pooled(patches: readonly MeanColour[]): MeanColour | null {
  const pixels = patches.reduce((sum, patch) => sum + patch.pixels, 0);
  if (pixels === 0) return null;
  const mean = (channel: 'red' | 'green' | 'blue') =>
    patches.reduce((sum, patch) => sum + patch[channel] * patch.pixels, 0) / pixels;
  return { red: mean('red'), green: mean('green'), blue: mean('blue'), pixels };
}
