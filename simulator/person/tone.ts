/** Red, green and blue in linear light: 1 is the brightest that a picture shows. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Pictures hold about this power of light. */
const GAMMA = 2.2;

const LINEAR = Float32Array.from({ length: 256 }, (_, value) => (value / 255) ** GAMMA);

/** The light of a picture's value, a whole number 0..255. */
export function linear(value: number): number {
  return LINEAR[value];
}

const STEPS = 1024;
/** Values by the light's square root, over which they are nearly a straight line. */
const VALUES = Float32Array.from({ length: STEPS + 2 }, (_, i) => 255 * (i / STEPS) ** (2 / GAMMA));

/** The value 0..255 of light; 255 for more than a picture shows. */
export function encoded(light: number): number {
  if (!(light < 1)) return 255;
  const at = STEPS * Math.sqrt(light);
  const below = Math.floor(at);
  return VALUES[below] + (VALUES[below + 1] - VALUES[below]) * (at - below);
}

/** How a picture's values change where its light changes by a factor. */
export function gainOf(factor: number): number {
  return factor ** (1 / GAMMA);
}
