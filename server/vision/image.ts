/** A decoded picture: interleaved 8-bit RGB rows without padding, top row first. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}
