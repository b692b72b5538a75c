import { describe, expect, it } from 'vitest';
import { flashColours } from '../../server/vision/flash-colours.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { LANDMARK_COUNT } from '../../server/vision/landmarks.ts';
import { SKIN_REGIONS } from '../../server/vision/skin.ts';

const WIDTH = 320;
const HEIGHT = 240;
type Rgb = readonly [number, number, number];
const SKIN: Rgb = [180, 130, 110];
const WALL: Rgb = [90, 100, 120];

/** A face of one colour, `size` wide, in front of a wall of another colour. Its surroundings are hair. */
function scene(centreX: number, size: number) {
  const landmarks = new Float32Array(3 * LANDMARK_COUNT);
  const box = { x: centreX - size / 2, y: 120 - 0.65 * size, width: size, height: 1.3 * size };
  for (const region of Object.values(SKIN_REGIONS)) {
    for (const [i, vertex] of region.entries()) {
      const angle = (2 * Math.PI * i) / region.length;
      landmarks[3 * vertex] = centreX + 0.2 * size * Math.cos(angle);
      landmarks[3 * vertex + 1] = 120 + 0.2 * size * Math.sin(angle);
    }
  }
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const isHead = Math.abs(x + 0.5 - centreX) < 0.7 * size;
      data.set(isHead ? SKIN : WALL, 3 * (y * WIDTH + x));
    }
  }
  const image: RgbImage = { data, width: WIDTH, height: HEIGHT };
  return flashColours(image, landmarks, box);
}

const rgb = ({ red, green, blue }: { red: number; green: number; blue: number }) => [red, green, blue];

describe('colours that show a screen’s light', () => {
  it('are those of bare skin and of the wall at both sides', () => {
    const colours = scene(160, 90);
    expect(rgb(colours?.face ?? { red: 0, green: 0, blue: 0 })).toEqual(SKIN);
    expect(rgb(colours?.background ?? { red: 0, green: 0, blue: 0 })).toEqual(WALL);
  });

  it('take the wall beside a face that is off the middle, and none where a near face covers it', () => {
    const aside = scene(70, 90);
    expect(rgb(aside?.background ?? { red: 0, green: 0, blue: 0 })).toEqual(WALL);
    expect(aside?.background?.pixels).toBeLessThan(scene(160, 90)?.background?.pixels ?? 0);
    expect(scene(160, 260)).toMatchObject({ background: null });
  });

  it('are absent where no bare skin lies in the picture', () => {
    expect(scene(-200, 90)).toBeNull();
  });
});
