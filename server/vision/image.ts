/** A decoded picture: interleaved 8-bit RGB rows without padding, top row first. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The picture turned by 180°. */
export function turnedUpsideDown({ data, width, height }: RgbImage): RgbImage {
  const length = 3 * width * height;
  const out = new Uint8Array(length);
  for (let from = 0, to = length - 3; from < length; from += 3, to -= 3) {
    out[to] = data[from];
    out[to + 1] = data[from + 1];
    out[to + 2] = data[from + 2];
  }
  return { data: out, width, height };
}
