import { Actor } from '../../acting/actor.ts';
import { progressOf, sway, type Action, type Performance } from '../../acting/motion.ts';
import { Camera } from '../../drawing/camera.ts';
import type { Canvas } from '../../drawing/rasterize.ts';
import { RoomLight } from '../../drawing/room-light.ts';
import type { ScreenOptions } from '../../drawing/screen-colours.ts';
import { HEAD_AT_REST } from '../../acting/head-state.ts';
import type { Portrait } from '../../portraits/portrait.ts';
import type { Presenter, ShownStatus } from '../../presenter.ts';
import { hash32, type Draw } from '../../seeded.ts';
import { EggMesh, type EggPose, type EggShape } from './egg-mesh.ts';
import { faceEllipse } from './face-outline.ts';
import { withFlatWall } from './flat-wall.ts';
import { PixelGestures } from './gestures.ts';
import { addGrain, addShading, jitterOf } from './restlessness.ts';

export interface EggOptions extends EggShape {
  /** Decides everything left to chance: timing, sway, noise. */
  readonly seed: number;
  /** Blink now and then without being asked. Default true. */
  readonly blinksByItself?: boolean;
  /** The skin is tinted by the colour that the server shows. Default: it is not. */
  readonly light?: ScreenOptions;
  /** A brightness that moves over the whole picture, up to this share. Default 0. */
  readonly shading?: number;
  /** Every point of the egg trembles by this many pixels from picture to picture. Default 0. */
  readonly jitterPx?: number;
  /** Grain coarser than a sensor's noise, by this many levels. Default 0. */
  readonly grain?: number;
  /** Times the slow sway. Default 1; 0 holds the picture where it is. */
  readonly swayShare?: number;
  /** Standard deviation of the sensor-like noise in levels, 0..255. Default 1.6. */
  readonly noise?: number;
}

/** What eggs that adapt to measurements at rest and of relief are made of. */
export const ADAPTIVE_EGGS = {
  /** Jitter and grain at rest, and a moving shading. */
  A1: { jitterPx: 0.6, grain: 2, shading: 0.06 },
  /** The same with a nose's bump. */
  A5: { jitterPx: 0.6, grain: 2, shading: 0.06, noseShare: 0.45 },
  /** The same with hair and jaw in the zone. */
  head: { jitterPx: 0.6, grain: 2, shading: 0.06, noseShare: 0.45, zone: 'head' },
} as const satisfies Record<string, Omit<EggOptions, 'seed'>>;

const TURN_DEG = 38;
const LOOK_DEG = 21;
const CLOSER = 0.36;
/** From the prompt to the beginning, in ms. */
const ONSET_MS = [470, 620] as const;
const COURSE = { riseMs: 520, holdMs: 380, fallMs: 480 };
const BLINK = { riseMs: 90, holdMs: 90, fallMs: 140 };

/** Times an egg's answer: a minimum-jerk course of fixed lengths. */
function planEgg(action: Action, atMs: number, freeFromMs: number, draw: Draw): Performance {
  const startMs = Math.max(atMs + ONSET_MS[0] + (ONSET_MS[1] - ONSET_MS[0]) * draw(), freeFromMs);
  const course = action === 'blink' ? BLINK : COURSE;
  const endMs = startMs + course.riseMs + course.holdMs + course.fallMs;
  return { action, startMs, ...course, endMs, strength: 1 };
}

/**
 * One photograph turned as an egg: the cheapest injection that answers everything. A client of some 70 lines makes
 * these pictures; it needs no mesh, no renderer and no network, only where eyes, mouth and face are in its own
 * photograph.
 */
export class Egg implements Presenter {
  readonly portrait: Portrait;
  readonly #actor: Actor;
  readonly #mesh: EggMesh;
  readonly #gestures: PixelGestures;
  readonly #camera: Camera;
  readonly #face: Canvas;
  readonly #canvas: Canvas;
  readonly #light: RoomLight | null;
  readonly #options: EggOptions;
  readonly #swaySeed: number;

  constructor(portrait: Portrait, options: EggOptions) {
    const { width, height } = portrait.image;
    const { seed, blinksByItself, light, noise = 1.6 } = options;
    const ellipse = faceEllipse(portrait);
    const photo = withFlatWall(portrait.image, ellipse);
    this.portrait = portrait;
    this.#options = options;
    this.#actor = new Actor(seed, blinksByItself, planEgg);
    this.#mesh = new EggMesh(photo, ellipse, options);
    this.#gestures = new PixelGestures(photo, portrait);
    this.#camera = new Camera(seed, { noise, gainSwing: 0 });
    this.#face = { data: new Uint8Array(photo.data), width, height };
    this.#canvas = { data: new Uint8Array(photo.data), width, height };
    this.#light = light === undefined ? null : new RoomLight(portrait, light);
    this.#swaySeed = hash32(seed, 2);
  }

  /** Does something, in the time it needs to hear and after what it is doing already. */
  perform(action: Action, atMs: number): Performance {
    return this.#actor.perform(action, atMs);
  }

  /** Answers each challenge once when it appears, and again when it is still there well after the answer. */
  onStatus(status: ShownStatus, atMs: number): void {
    this.#light?.onStatus(status, atMs);
    this.#actor.onChallenge(status.challenge, atMs);
  }

  async frameAt(atMs: number): Promise<Buffer> {
    const { jitterPx = 0, grain = 0, shading = 0 } = this.#options;
    const instant = hash32(this.#swaySeed, Math.round(atMs * 1000));
    const amount = this.#amounts(atMs);
    this.#gestures.draw(
      { blink: amount('blink'), smile: amount('smile'), openMouth: amount('open-mouth') },
      this.#face,
    );
    const pose = this.#pose(amount, atMs);
    const shifts = jitterPx > 0 ? jitterOf(this.#mesh.points, jitterPx, instant) : null;
    this.#mesh.draw(this.#face, pose, this.#canvas, shifts);
    const { rightPx, downPx } = pose;
    this.#light?.light(this.#canvas, { ...HEAD_AT_REST, rightPx, downPx }, atMs);
    if (shading > 0) addShading(this.#canvas, shading, atMs);
    if (grain > 0) addGrain(this.#canvas, grain, instant);
    return await this.#camera.take(this.#canvas, atMs);
  }

  #amounts(atMs: number): (action: Action) => number {
    const doing = this.#actor.doingAt(atMs);
    return (action) =>
      Math.min(
        1,
        Math.max(0, ...doing.filter((one) => one.action === action).map((one) => progressOf(one, atMs))),
      );
  }

  #pose(amount: (action: Action) => number, atMs: number): EggPose {
    const { swayShare = 1 } = this.#options;
    const wander = (channel: number, amplitude: number) =>
      swayShare === 0 ? 0 : sway(this.#swaySeed, channel, atMs, amplitude * swayShare);
    return {
      yawDeg: TURN_DEG * (amount('turn-left') - amount('turn-right')) + wander(0, 1.2),
      pitchDeg: LOOK_DEG * (amount('look-down') - amount('look-up')) + wander(1, 0.8),
      rollDeg: wander(2, 0.5),
      rightPx: wander(3, 2.5),
      downPx: wander(4, 1.8),
      zoom: (1 + wander(5, 0.006)) * (1 + CLOSER * amount('come-closer')),
    };
  }
}
