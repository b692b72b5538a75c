import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ownOriginOnly } from '../../client/browser/sdk/help/own-origin.ts';
import {
  adviseOnPlacement,
  PLACEMENT_LIMITS,
  type MeshPoint,
} from '../../client/browser/sdk/help/placement-advice.ts';
import type { FaceSessionEvent } from '../../client/browser/sdk/session-state.ts';
import { policyFor } from '../../server/policy/built-in.ts';

import { chromiumPath, samplePerson } from '../../tools/chromium.ts';
import { useRig } from './support/rig.ts';
import { helpModel } from './support/site.ts';
import { Visit } from './support/visit.ts';

declare global {
  var show: (picture: string) => Promise<void>;
  var hints: (string | null)[];
}

const ASPECT = 4 / 3;

/** A mesh on a sphere of radius `size` / 2, in fractions of a 4:3 picture, turned by `yawDeg`. */
function mesh({ x = 0.5, y = 0.5, size = 0.3, yawDeg = 0 } = {}): readonly MeshPoint[] {
  const [sin, cos] = [Math.sin((yawDeg * Math.PI) / 180), Math.cos((yawDeg * Math.PI) / 180)];
  const place = ([u, v, w]: readonly [number, number, number]): MeshPoint => ({
    x: x + (size / 2) * (u * cos - w * sin),
    y: y + (size / 2) * v * ASPECT,
    z: (size / 2) * (u * sin + w * cos),
  });
  const rim = Array.from({ length: 468 }, (_, index) => {
    const angle = (index / 468) * 2 * Math.PI;
    return place([Math.cos(angle), Math.sin(angle), 0]);
  });
  const known: Readonly<Record<number, readonly [number, number, number]>> = {
    10: [0, -1, 0],
    152: [0, 1, 0],
    234: [-1, 0, 0],
    454: [1, 0, 0],
    33: [-0.5, -0.3, -0.6],
    133: [-0.2, -0.3, -0.7],
    263: [0.5, -0.3, -0.6],
    362: [0.2, -0.3, -0.7],
  };
  return rim.map((point, index) => (known[index] === undefined ? point : place(known[index])));
}

describe('help on the device', () => {
  it.each([
    ['nobody', [], 'no-face'],
    ['two people', [mesh(), mesh({ x: 0.8 })], 'several-faces'],
    ['a face that fits', [mesh()], null],
    ['a face far away', [mesh({ size: 0.06 })], 'move-closer'],
    ['a face that fills the picture', [mesh({ size: 0.95 })], 'move-back'],
    ['a face half outside', [mesh({ x: 0.05 })], 'centre-face'],
    ['a face turned away', [mesh({ yawDeg: 40 })], 'look-straight'],
    ['a face turned the other way', [mesh({ yawDeg: -40 })], 'look-straight'],
    ['a face turned a little', [mesh({ yawDeg: 12 })], null],
  ] as const)('advises for %s what to change, if anything', (_what, faces, hint) => {
    expect(adviseOnPlacement(faces, ASPECT).hint).toBe(hint);
  });

  it('holds back no picture that the server would accept', () => {
    const { quality } = policyFor('standard');
    expect(PLACEMENT_LIMITS.maxWidthShare).toBeGreaterThan(quality.maxWidthShare);
    expect(PLACEMENT_LIMITS.minInsideShare).toBeLessThan(quality.minInsideShare);
    expect(PLACEMENT_LIMITS.minInterEyeShare * 640).toBeLessThan(quality.minInterEyePx);
    expect(PLACEMENT_LIMITS.maxYawDeg).toBeGreaterThan(quality.maxYawDeg);
  });
});

it('MediaPipe sends nothing to another origin', async () => {
  const asked: string[] = [];
  const fetchAnything: typeof fetch = async (input) => {
    asked.push(input instanceof Request ? input.url : `${input}`);
    return new Response();
  };
  const own = ownOriginOnly(fetchAnything, 'https://site.example');
  await own('/help/face_landmarker.task');
  await own(new URL('https://site.example/help/x.wasm'));
  for (const elsewhere of [
    'https://odml.pa.googleapis.com/v1/log',
    '//site.example.evil/',
    'http://site.example/',
  ])
    await expect(own(elsewhere)).rejects.toThrow('only this origin');
  await expect(own(new Request('https://elsewhere.example/'))).rejects.toThrow('only this origin');
  expect(asked).toEqual(['/help/face_landmarker.task', 'https://site.example/help/x.wasm']);
});

const isModelThere = (await helpModel()) !== null;

describe.skipIf(chromiumPath === null || !isModelThere)(
  'help on the device in Chromium (skipped without Chromium or face_landmarker.task)',
  () => {
    const rig = useRig();

    it('gives hints at once, sends only pictures that fit, and contacts no other origin', async () => {
      await using visit = await Visit.open(rig.browser, rig.built);
      const { page, site } = visit;
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await standBefore(visit);
      site.play(async (peer) => {
        await peer.welcome();
        peer.status({ phase: 'positioning' });
        await peer.takeFrames(10_000);
      });
      const pictures = await scenes();
      await page.evaluate(async (picture) => {
        await show(picture);
        const session = sdk.createFaceSession({
          url: '/v1/stream',
          ticket: () => fetchTicket(),
          help: '/help/',
        });
        session.subscribe((event: FaceSessionEvent) => {
          if (event.type === 'guidance') hints.push(event.hint);
        });
      }, pictures.nobody);
      const hinted = async (hint: string | null) =>
        await expect.poll(() => page.evaluate(() => hints.at(-1))).toBe(hint);
      const gaps = () => {
        const times = (site.peers[0]?.frames ?? []).map(({ capturedAtMs }) => capturedAtMs);
        return times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
      };

      await hinted('no-face');
      const before = gaps().length;
      await expect.poll(() => Math.max(0, ...gaps().slice(before))).toBeGreaterThan(900);
      for (const [picture, hint] of [
        [pictures.two, 'several-faces'],
        [pictures.aside, 'centre-face'],
        [pictures.fits, null],
      ] as const) {
        await page.evaluate((next) => show(next), picture);
        await hinted(hint);
      }
      const fitting = gaps().length;
      await expect
        .poll(
          () =>
            gaps()
              .slice(fitting)
              .filter((gapMs) => gapMs < 500).length,
        )
        .toBeGreaterThan(5);
      expect(asked.filter((url) => !url.startsWith(site.url) && !url.startsWith('data:'))).toEqual([]);
      expect(asked.some((url) => url.endsWith('/help/vision_wasm_module_internal.wasm'))).toBe(true);
      expect(await page.evaluate(() => globalThis.refused)).toEqual([]);
    });

    it('is not needed: the session works where it cannot be loaded', async () => {
      await using visit = await Visit.open(rig.browser, rig.built, { query: '?help=/nowhere/' });
      await visit.start(async (peer) => {
        await peer.welcome();
        await peer.takeFrames(5);
        peer.decide({ outcome: 'accept', retry: 'never' });
      });
      await visit.reaches('passed');
    });
  },
);

/** Replaces the page's camera by one that shows the picture last passed to `show`. */
async function standBefore({ page }: Visit): Promise<void> {
  await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
    const context = canvas.getContext('2d');
    let shown: ImageBitmap | null = null;
    const draw = () => {
      if (shown !== null) context?.drawImage(shown, 0, 0);
      requestAnimationFrame(draw);
    };
    draw();
    navigator.mediaDevices.getUserMedia = () => Promise.resolve(canvas.captureStream());
    Object.assign(globalThis, {
      hints: [],
      show: async (base64: string) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        shown = await createImageBitmap(new Blob([bytes]));
      },
    });
  });
}

/** The same person close up, at the edge, twice, and absent: JPEGs in base64. */
async function scenes() {
  const person = await samplePerson();
  const room = { create: { width: 640, height: 480, channels: 3, background: '#8a8f94' } } as const;
  const small = async (width: number) =>
    sharp(person).extract({ left: 170, top: 40, width: 300, height: 400 }).resize(width).toBuffer();
  const put = async (...overlays: { input: Buffer; left: number; top: number }[]) =>
    (await sharp(room).composite(overlays).jpeg().toBuffer()).toString('base64');
  return {
    nobody: await put(),
    fits: person.toString('base64'),
    aside: await put({
      input: await sharp(await small(300))
        .extract({ left: 110, top: 0, width: 190, height: 400 })
        .toBuffer(),
      left: 0,
      top: 40,
    }),
    two: await put(
      { input: await small(260), left: 20, top: 60 },
      { input: await small(260), left: 350, top: 60 },
    ),
  };
}
