import { ATLAS, HEAD_ROWS } from './atlas-layout.ts';
import { boxBlur } from './box-blur.ts';
import { lightOf } from './complexion.ts';
import type { Colour } from './tone.ts';

/** Larger than lips and eyes, smaller than a face, in pixels of the atlas. */
const RADIUS = 30;
/** How much of a tint that spreads over such an area is taken to be the light's. */
const SHARE = 0.8;
/** What is this much lighter than skin on the whole is a highlight, of which this share is kept. */
const HIGHLIGHT = 1.3;
const KEPT = 0.35;

/**
 * Takes what a coloured lamp leaves of its tint, and highlights, out of a skin's colours: what the light's fit to a
 * surface's normals cannot know. `weights` say how much each place counts as skin; `typical` is the skin's colour.
 */
export function evenTint(colours: Float32Array, weights: Float32Array, typical: Colour): void {
  const spread = new Float32Array(4 * weights.length);
  for (let pixel = 0; pixel < weights.length; pixel++) {
    for (let channel = 0; channel < 3; channel++)
      spread[4 * pixel + channel] = weights[pixel] * colours[3 * pixel + channel];
    spread[4 * pixel + 3] = weights[pixel];
  }
  for (let round = 0; round < 2; round++)
    boxBlur({ data: spread, width: ATLAS.width, height: HEAD_ROWS, channels: 4 }, RADIUS);
  const typicalLight = lightOf(typical);
  for (let pixel = 0; pixel < weights.length; pixel++) {
    if (weights[pixel] === 0 || spread[4 * pixel + 3] === 0) continue;
    const around = [spread[4 * pixel], spread[4 * pixel + 1], spread[4 * pixel + 2]];
    const aroundLight = lightOf(around);
    const at = 3 * pixel;
    const light = lightOf([colours[at], colours[at + 1], colours[at + 2]]) / typicalLight;
    const softer = light > HIGHLIGHT ? (HIGHLIGHT + KEPT * (light - HIGHLIGHT)) / light : 1;
    for (let channel = 0; channel < 3; channel++) {
      const tint = around[channel] / aroundLight / (typical[channel] / typicalLight);
      colours[at + channel] *= softer / Math.max(0.3, tint) ** SHARE;
    }
  }
}
