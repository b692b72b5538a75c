import type { RgbImage } from '../../server/vision/image.ts';
import { smoothStep } from '../drawing/smooth-step.ts';
import type { Portrait } from '../portraits/portrait.ts';
import { ATLAS, BODY_PART, HEAD_ROWS, SKIN_PART, type AtlasPart } from './atlas-layout.ts';
import { necklineAt } from './body.ts';
import { lightOf, medianColour, type Complexion } from './complexion.ts';
import { fitShading } from './delight.ts';
import { evenTint } from './even-tint.ts';
import type { FaceInSpace } from './face-in-space.ts';
import { fillGaps } from './fill.ts';
import type { PersonMesh } from './head-mesh.ts';
import type { HeadSurface } from './head-surface.ts';
import { noiseAt } from './noise.ts';
import { HEAD_PIXELS, surveyHead, type Survey } from './survey.ts';
import { encoded, type Colour } from './tone.ts';

/** Mean light of a face's skin in a picture, about which a camera's exposure settles. */
const SKIN_LIGHT = { least: 0.24, most: 0.4 };
/** Each so-manieth place of the atlas is looked at for means and fits. */
const STEP = 23;

/**
 * The colours of a person's surfaces under even light. The face's are the portrait's with the light that fell on it
 * divided out; what the portrait does not show is taken from the other half of the face, then from the skin nearby. Hair
 * is drawn in the portrait's colours.
 */
export function paintAtlas(
  { image }: Portrait,
  face: FaceInSpace,
  surface: HeadSurface,
  mesh: PersonMesh,
  complexion: Complexion,
): RgbImage {
  const survey = surveyHead(image, face, surface, mesh);
  const { hair } = survey;
  const colours = evenlyLit(survey);
  const weights = survey.seen.slice();
  mirror(colours, weights);
  const bare = weights.map((weight, i) => weight * (1 - hair[i]));
  const typical = typicalSkin(colours, bare);
  evenTint(colours, bare, typical);
  const skin = colours.slice();
  fillGaps({ width: ATLAS.width, height: HEAD_ROWS, colours: skin, weights: bare });
  const light = lightOf(typical);
  const exposure = Math.min(SKIN_LIGHT.most, Math.max(SKIN_LIGHT.least, light)) / light;
  const data = new Uint8Array(3 * ATLAS.width * ATLAS.height);
  for (let pixel = 0; pixel < HEAD_PIXELS; pixel++) {
    const x = pixel % ATLAS.width;
    const y = Math.floor(pixel / ATLAS.width);
    const grown = hair[pixel] > 0 ? hairAt(x, y, complexion) : complexion.hair;
    const pore = 1 + 0.02 * noiseAt(x * 0.9, y * 0.9, 5);
    for (let channel = 0; channel < 3; channel++) {
      const at = 3 * pixel + channel;
      const drawn = skin[at] * pore * (1 - hair[pixel]) + grown[channel] * hair[pixel];
      const own = weights[pixel] * colours[at] + (1 - weights[pixel]) * drawn;
      data[at] = encoded(exposure * own);
    }
  }
  paintParts(data, scaled(typical, exposure), complexion);
  return { data, width: ATLAS.width, height: ATLAS.height };
}

/** Divides out what light each place of the face got in the portrait. */
function evenlyLit({ normals, light, seen, hair }: Survey): Float32Array {
  const used: number[] = [];
  for (let pixel = 0; pixel < HEAD_PIXELS; pixel += STEP)
    if (seen[pixel] > 0.5 && hair[pixel] === 0) used.push(pixel);
  const of = (values: Float32Array) =>
    Float32Array.from({ length: 3 * used.length }, (_, i) => values[3 * used[Math.floor(i / 3)] + (i % 3)]);
  const shading = fitShading({ normals: of(normals), light: of(light) });
  const colours = new Float32Array(3 * HEAD_PIXELS);
  for (let pixel = 0; pixel < HEAD_PIXELS; pixel++) {
    if (seen[pixel] === 0) continue;
    const at = 3 * pixel;
    const factors = shading(normals[at], normals[at + 1], normals[at + 2]);
    for (let channel = 0; channel < 3; channel++)
      colours[at + channel] = light[at + channel] / factors[channel];
  }
  return colours;
}

/** What one half shows badly is taken from the other half, as far as that shows it better. */
function mirror(colours: Float32Array, weights: Float32Array): void {
  const own = weights.slice();
  const before = colours.slice();
  for (let pixel = 0; pixel < HEAD_PIXELS; pixel++) {
    const other = pixel - 2 * (pixel % ATLAS.width) + ATLAS.width - 1;
    const borrowed = (1 - own[pixel]) * own[other];
    const total = own[pixel] + borrowed;
    if (borrowed === 0 || total === 0) continue;
    weights[pixel] = Math.min(1, total);
    for (let channel = 0; channel < 3; channel++) {
      colours[3 * pixel + channel] =
        (own[pixel] * before[3 * pixel + channel] + borrowed * before[3 * other + channel]) / total;
    }
  }
}

function typicalSkin(colours: Float32Array, weights: Float32Array): Colour {
  const some: Colour[] = [];
  for (let pixel = 0; pixel < HEAD_PIXELS; pixel += STEP) {
    const at = 3 * pixel;
    if (weights[pixel] > 0.9) some.push([colours[at], colours[at + 1], colours[at + 2]]);
  }
  return medianColour(some);
}

/** Strands that run down from the crown, in locks. */
function hairAt(x: number, y: number, { hair, hairSpread }: Complexion): Colour {
  const bent = x + 5 * noiseAt(y / 60, 3, 9);
  const strands = noiseAt(bent / 1.6, y / 45, 1, 640) + 0.7 * noiseAt(bent / 4, y / 70, 2, 256);
  const locks = noiseAt(bent / 16, y / 90, 3, 64);
  return scaled(hair, Math.exp(hairSpread * (0.9 * strands + 0.8 * locks)));
}

/** Paints bare skin for the ears, and the body: skin above the neckline, cloth below it. */
function paintParts(data: Uint8Array, skin: Colour, { clothes }: Complexion): void {
  const ear: Colour = [1.03 * skin[0], 0.95 * skin[1], 0.95 * skin[2]];
  paint(data, SKIN_PART, (x, y) => scaled(ear, 1 + 0.05 * noiseAt(x / 9, y / 9, 11)));
  paint(data, BODY_PART, (x, y) => {
    const belowNeckline = y / BODY_PART.height - necklineAt(x / BODY_PART.width);
    const cloth = smoothStep(-0.008, 0.008, belowNeckline);
    const folds = 1 + 0.2 * noiseAt(x / 40, y / 30, 13) + 0.06 * noiseAt(x / 1.5, y / 1.5, 14);
    const tone = 1 + 0.06 * noiseAt(x / 12, y / 8, 15);
    const seam = 1 - 0.35 * Math.exp(-((belowNeckline / 0.012) ** 2));
    const of = (channel: 0 | 1 | 2) =>
      seam * (skin[channel] * tone * (1 - cloth) + clothes[channel] * folds * cloth);
    return [of(0), of(1), of(2)];
  });
}

function paint(
  data: Uint8Array,
  { left, top, width, height }: AtlasPart,
  colourAt: (x: number, y: number) => Colour,
): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [channel, light] of colourAt(x, y).entries())
        data[3 * ((top + y) * ATLAS.width + left + x) + channel] = encoded(light);
}

function scaled([red, green, blue]: Colour, factor: number): Colour {
  return [red * factor, green * factor, blue * factor];
}
