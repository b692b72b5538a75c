import type { Box } from './geometry.ts';
import type { RgbImage } from './image.ts';
import { meanColourIn, skinColours, type MeanColour } from './skin.ts';

/** The colours of one frame that show the light of a screen: of bare skin, and of the background. */
export interface FlashColours {
  readonly face: MeanColour;
  /** Null where the face leaves no background in the picture. */
  readonly background: MeanColour | null;
}

/** The strips at both sides of the picture that count as background: their width, and where they end, as shares. */
const STRIP_WIDTH = 0.14;
const STRIP_BOTTOM = 0.6;
/** How far hair and ears reach beyond the mesh's box, as a share of its width. */
const AROUND_FACE = 0.25;

/**
 * The mean colours of skin and background; null where no bare skin lies in the picture. `box` is the mesh's upright
 * bounding box. The background is read from strips at the picture's sides, above the shoulders.
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

/** The mean of several patches, weighted by their pixels; null when there are none. */
function pooled(patches: readonly MeanColour[]): MeanColour | null {
  const pixels = patches.reduce((sum, patch) => sum + patch.pixels, 0);
  if (pixels === 0) return null;
  const mean = (channel: 'red' | 'green' | 'blue') =>
    patches.reduce((sum, patch) => sum + patch[channel] * patch.pixels, 0) / pixels;
  return { red: mean('red'), green: mean('green'), blue: mean('blue'), pixels };
}
