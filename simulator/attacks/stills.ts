import sharp from 'sharp';
import { headPose } from '../../server/vision/pose.ts';
import { LANDMARK } from '../../server/vision/landmarks.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { ACTIONS, type Action } from '../acting/motion.ts';
import { Camera } from '../drawing/camera.ts';
import type { Portrait } from '../portraits/portrait.ts';
import type { Presenter, ShownStatus } from '../presenter.ts';
import { hash32, seededDraws, type Draw } from '../seeded.ts';
import { Egg } from './egg/egg.ts';

/** Pictures of one face, made beforehand: at rest, and at the end of each gesture that there is a picture of. */
export interface StillPictures {
  readonly rest: RgbImage;
  readonly ends: Readonly<Partial<Record<Action, RgbImage>>>;
}

/** From the prompt to the picture, in ms, and how long a picture that is no blink stays. */
const ONSET_MS = [470, 620] as const;
const HOLD_MS = 900;

/**
 * Shows a still picture of what is asked for, for a while, and else the one at rest. Only a sensor's noise moves. It
 * changes pictures at few instants a second, as a slow camera would, so that nobody misses the movement between two of
 * them.
 */
export class Stills implements Presenter {
  readonly #pictures: StillPictures;
  readonly #camera: Camera;
  readonly #draw: Draw;
  readonly #periodMs: number;
  #challenge: string | null = null;
  #shown: { readonly action: Action; readonly fromMs: number; readonly untilMs: number } | null = null;

  /** `periodMs`: between two instants at which the picture may change. */
  constructor(pictures: StillPictures, seed: number, periodMs: number) {
    this.#pictures = pictures;
    this.#camera = new Camera(seed, { noise: 1.6, gainSwing: 0 });
    this.#draw = seededDraws(hash32(seed, 8));
    this.#periodMs = periodMs;
  }

  onStatus({ challenge }: ShownStatus, atMs: number): void {
    const shown = challenge === undefined ? null : `${challenge.number} ${challenge.kind}`;
    if (challenge !== undefined && shown !== this.#challenge) {
      const fromMs = atMs + ONSET_MS[0] + (ONSET_MS[1] - ONSET_MS[0]) * this.#draw();
      const holdMs = challenge.kind === 'blink' ? this.#periodMs : Math.max(HOLD_MS, this.#periodMs);
      this.#shown = { action: challenge.kind, fromMs, untilMs: fromMs + holdMs };
    }
    this.#challenge = shown;
  }

  async frameAt(atMs: number): Promise<Buffer> {
    const { rest, ends } = this.#pictures;
    const action = this.#actionAt(atMs);
    return await this.#camera.take((action === null ? undefined : ends[action]) ?? rest, atMs);
  }

  /** Whether the picture changed within the last `withinMs`: a client that sends nothing then shows no jump. */
  hasChanged(atMs: number, withinMs: number): boolean {
    return this.#actionAt(atMs) !== this.#actionAt(atMs - withinMs);
  }

  /** What is shown, but for the picture at rest. */
  #actionAt(atMs: number): Action | null {
    const changedMs = Math.floor(atMs / this.#periodMs) * this.#periodMs;
    const shown = this.#shown;
    const isAsked = shown !== null && changedMs >= shown.fromMs && changedMs < shown.untilMs;
    return isAsked ? shown.action : null;
  }
}

/** Pictures of every gesture's end that an egg makes of one photograph. */
export async function eggStills(portrait: Portrait, seed: number): Promise<StillPictures> {
  return await stillsOf(new Egg(portrait, { seed, blinksByItself: false, swayShare: 0, noise: 0 }));
}

/** Pictures of a performer: the first one, and of every gesture's end. */
export async function stillsOf(
  performer: Pick<Presenter, 'frameAt'> & Pick<Egg, 'perform'>,
): Promise<StillPictures> {
  const pictureAt = async (atMs: number): Promise<RgbImage> => {
    const { data, info } = await sharp(await performer.frameAt(atMs))
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  };
  const rest = await pictureAt(0);
  const ends: Partial<Record<Action, RgbImage>> = {};
  let freeMs = 0;
  for (const action of ACTIONS) {
    const { startMs, riseMs, holdMs, endMs } = performer.perform(action, freeMs);
    ends[action] = await pictureAt(startMs + riseMs + holdMs / 2);
    freeMs = endMs;
  }
  return { rest, ends };
}

/** How far a photograph's pose differs from the one at rest where it answers a turn or a look. */
const TURNED_DEG = 12;
const LOOKED_DEG = 7;
/** A mouth is open or smiles where gap or width differ by these shares of the face's width. */
const OPEN_SHARE = 0.06;
const SMILE_SHARE = 0.04;

/**
 * Of several photographs of one person: the straightest one is at rest, and those that differ farthest answer what they
 * can. None blinks; the nearer one is the one at rest, enlarged by its camera.
 */
export function photographStills(portraits: readonly Portrait[]): StillPictures {
  const looks = portraits.map(({ image, landmarks }) => {
    const at = (index: number, axis: 0 | 1) => landmarks[3 * index + axis];
    const width = Math.abs(at(LANDMARK.cheekEdgeRight, 0) - at(LANDMARK.cheekEdgeLeft, 0));
    const gap = (at(LANDMARK.lipLowerInner, 1) - at(LANDMARK.lipUpperInner, 1)) / width;
    const mouth = Math.abs(at(LANDMARK.mouthRight, 0) - at(LANDMARK.mouthLeft, 0)) / width;
    return { image, ...headPose(landmarks), gap, mouth };
  });
  type Look = (typeof looks)[number];
  const rest = looks.toSorted((a, b) => Math.abs(a.yawDeg) - Math.abs(b.yawDeg))[0];
  if (rest === undefined) throw new RangeError('There is no photograph.');
  const farthest = (of: (look: Look) => number, least: number): RgbImage | undefined => {
    const [best] = looks.toSorted((a, b) => of(b) - of(a));
    return of(best) >= least ? best.image : undefined;
  };
  const found = {
    'turn-left': farthest(({ yawDeg }) => yawDeg - rest.yawDeg, TURNED_DEG),
    'turn-right': farthest(({ yawDeg }) => rest.yawDeg - yawDeg, TURNED_DEG),
    'look-down': farthest(({ pitchDeg }) => pitchDeg - rest.pitchDeg, LOOKED_DEG),
    'look-up': farthest(({ pitchDeg }) => rest.pitchDeg - pitchDeg, LOOKED_DEG),
    'open-mouth': farthest(({ gap }) => gap - rest.gap, OPEN_SHARE),
    smile: farthest(({ mouth }) => mouth - rest.mouth, SMILE_SHARE),
  };
  const ends = Object.fromEntries(Object.entries(found).filter(([, image]) => image !== undefined));
  return { rest: rest.image, ends: { ...ends, 'come-closer': enlarged(rest.image, 1.36) } };
}

/** The picture enlarged about its middle. */
function enlarged({ data, width, height }: RgbImage, factor: number): RgbImage {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    const fromY = Math.round(height / 2 + (y - height / 2) / factor);
    for (let x = 0; x < width; x++) {
      const from = 3 * (fromY * width + Math.round(width / 2 + (x - width / 2) / factor));
      out.set(data.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { data: out, width, height };
}
