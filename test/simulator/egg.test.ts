import { beforeAll, describe, expect, it } from 'vitest';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import type { ChallengeKind } from '../../protocol/status.ts';
import { faceEllipse } from '../../simulator/attacks/egg/face-outline.ts';
import {
  ADAPTIVE_EGGS,
  Egg,
  preparePortrait,
  SAMPLE_PORTRAITS,
  type Performance,
  type Portrait,
  type ShownStatus,
} from '../../simulator/index.ts';
import { createLooker, instants, nosePlace, similarity, type Looker } from './looker.ts';

let looker: Looker;
let portrait: Portrait;

beforeAll(async () => {
  looker = await createLooker();
  portrait = await preparePortrait(SAMPLE_PORTRAITS.first);
});

const asking = (kind: ChallengeKind): ShownStatus => ({
  phase: 'challenging',
  progress: 0,
  challenge: { kind, number: 1, of: 2, remainingMs: 4_000, skippable: false },
});
const peakOf = ({ startMs, riseMs, holdMs }: Performance) => startMs + riseMs + holdMs / 2;
const decoder = new ImageDecoder(4_000_000);

async function pictureOf(egg: Egg, atMs: number): Promise<RgbImage> {
  const decoded = await decoder.decode(await egg.frameAt(atMs));
  if (!decoded.ok) throw new Error('The frame is not readable.');
  // The decoder reuses its buffer.
  const { data, width, height } = decoded.image;
  return { data: data.slice(), width, height };
}

/** Mean difference of the pixels whose distance from the face, in face ellipses, `isIn` wants. */
function difference(one: RgbImage, other: RgbImage, isIn: (reach: number) => boolean): number {
  const { x: middleX, y: middleY, halfWidth, halfHeight } = faceEllipse(portrait);
  let sum = 0;
  let count = 0;
  for (let y = 0; y < one.height; y++) {
    for (let x = 0; x < one.width; x++) {
      if (!isIn(Math.hypot((x - middleX) / halfWidth, (y - middleY) / halfHeight))) continue;
      const at = 3 * (y * one.width + x) + 1;
      sum += Math.abs(one.data[at] - other.data[at]);
      count++;
    }
  }
  return sum / count;
}

describe('a photo turned as an egg', () => {
  it.each([
    ['turn-left', 1],
    ['turn-right', -1],
  ] as const)('turns to the side it is asked for (%s), .47 to .62 s after the prompt, and back', async (kind, sign) => {
    const egg = new Egg(portrait, { seed: 3, blinksByItself: false });
    egg.onStatus(asking(kind), 1_000);
    const seen = await looker.look(egg, instants(1_000, 3_200, 45), true);
    const yawDeg = seen.map(({ pose }) => sign * pose.yawDeg);
    expect(Math.max(...yawDeg.slice(0, 10))).toBeLessThan(yawDeg[0] + 5);
    expect(Math.max(...yawDeg)).toBeGreaterThan(yawDeg[0] + 17);
    expect(Math.abs(yawDeg[44] - yawDeg[0])).toBeLessThan(6);
    const farthest = yawDeg.indexOf(Math.max(...yawDeg));
    expect(similarity(seen[0], seen[farthest])).toBeGreaterThan(0.6);
    expect(Math.abs(nosePlace(seen[farthest]) - nosePlace(seen[0]))).toBeGreaterThan(0.15);
  });

  it('looks up and down, opens its mouth, closes its eyes and comes closer', async () => {
    const egg = new Egg(portrait, { seed: 4, blinksByItself: false });
    let freeMs = 0;
    const peaks = (['look-up', 'look-down', 'open-mouth', 'blink', 'come-closer'] as const).map((action) => {
      const performance = egg.perform(action, freeMs);
      freeMs = performance.endMs;
      return peakOf(performance);
    });
    const [, rest, up, down, open, closed, near] = await looker.look(egg, [0, 40, ...peaks]);
    expect(up.pose.pitchDeg).toBeLessThan(rest.pose.pitchDeg - 6);
    expect(down.pose.pitchDeg).toBeGreaterThan(rest.pose.pitchDeg + 5);
    const gap = ({ landmarks }: typeof rest) => landmarks[3 * 14 + 1] - landmarks[3 * 13 + 1];
    expect(gap(open)).toBeGreaterThan(gap(rest) + 8);
    expect(closed.eyes.imageLeft).toBeLessThan(0.72 * rest.eyes.imageLeft);
    expect(closed.eyes.imageRight).toBeLessThan(0.72 * rest.eyes.imageRight);
    expect(near.quality.interEyePx).toBeGreaterThan(1.25 * rest.quality.interEyePx);
  });

  it('moves no pixel outside 1.35 of the face’s ellipse when it turns', async () => {
    const egg = new Egg(portrait, { seed: 5, blinksByItself: false, swayShare: 0, noise: 0 });
    const turn = egg.perform('turn-left', 0);
    const [rest, turned] = [await pictureOf(egg, 0), await pictureOf(egg, peakOf(turn))];
    expect(difference(rest, turned, (reach) => reach > 1.45)).toBeLessThan(0.3);
    expect(difference(rest, turned, (reach) => reach < 1.1)).toBeGreaterThan(8);
  });

  it('trembles at rest only when it adapts', async () => {
    const at = async (options: Partial<ConstructorParameters<typeof Egg>[1]>) => {
      const egg = new Egg(portrait, { seed: 6, blinksByItself: false, swayShare: 0, noise: 0, ...options });
      return difference(await pictureOf(egg, 0), await pictureOf(egg, 40), (reach) => reach < 1);
    };
    expect(await at({})).toBe(0);
    expect(await at(ADAPTIVE_EGGS.A1)).toBeGreaterThan(1);
  });

  it('shows the screen’s colour on its skin only when it is told to', async () => {
    const lit: ShownStatus = { ...asking('blink'), flash: { colour: '#ff4fd0', number: 1, of: 4 } };
    const shown = async (light: boolean) => {
      const egg = new Egg(portrait, {
        seed: 7,
        noise: 0,
        swayShare: 0,
        ...(light ? { light: { share: 0.4 } } : {}),
      });
      const before = await pictureOf(egg, 0);
      egg.onStatus(lit, 100);
      return difference(before, await pictureOf(egg, 250), (reach) => reach < 1);
    };
    expect(await shown(false)).toBeLessThan(1);
    expect(await shown(true)).toBeGreaterThan(0);
  });
});
