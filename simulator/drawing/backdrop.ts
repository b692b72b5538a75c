import { drawAt } from '../seeded.ts';

/** A wall in uneven light, as the RGB bytes of a picture of that size. */
export function drawBackdrop(width: number, height: number, seed: number): Uint8Array {
  const data = new Uint8Array(3 * width * height);
  const tone = [0, 1, 2].map((channel) => 110 + 60 * drawAt(seed, channel));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const light = 0.75 + (0.25 * x) / width - (0.2 * y) / height;
      for (let channel = 0; channel < 3; channel++) {
        data[3 * (y * width + x) + channel] = Math.round(tone[channel] * light);
      }
    }
  }
  return data;
}
