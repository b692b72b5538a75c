import type { RgbImage } from '../vision/image.ts';
import type { Orientation } from './jpeg/exif-orientation.ts';

/**
 * The upright picture of one that is stored in another orientation. Orientations 2 to 4 mirror or turn by 180°, 5 to 8
 * also exchange rows and columns.
 */
export function turnUpright(image: RgbImage, orientation: Orientation): RgbImage {
  if (orientation === 1) return image;
  const swaps = orientation >= 5;
  const width = swaps ? image.height : image.width;
  const height = swaps ? image.width : image.height;
  const fromRight = orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8;
  const fromBottom = orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7;
  const data = new Uint8Array(3 * width * height);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = swaps ? y : x;
      const row = swaps ? x : y;
      const sourceX = fromRight ? image.width - 1 - column : column;
      const sourceY = fromBottom ? image.height - 1 - row : row;
      const from = 3 * (sourceY * image.width + sourceX);
      data[to++] = image.data[from];
      data[to++] = image.data[from + 1];
      data[to++] = image.data[from + 2];
    }
  }
  return { data, width, height };
}
