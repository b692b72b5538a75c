import type { ChallengeKind } from '../protocol/status.ts';
import { Camera } from './camera.ts';
import { Head } from './head.ts';
import { headStateAt, planPerformance, spontaneousBlink, type Action, type Performance } from './motion.ts';
import { preparePortrait, type Portrait, type PortraitSource } from './portrait.ts';
import { WEBCAM_SIZE, type FrameSize, type Presenter, type ShownStatus } from './presenter.ts';
import type { Canvas } from './rasterize.ts';
import { RoomLight, type RoomLightOptions } from './room-light.ts';
import { hash32, seededDraws, type Draw } from './seeded.ts';

export interface PuppetOptions {
  /** Decides everything left to chance: timing, sway, blinks, noise. */
  readonly seed: number;
  /** Blink now and then without being asked, as people do. Default true. */
  readonly blinksByItself?: boolean;
  /**
   * Its skin is lit by the screen that shows what the server says. Without it the light on it never changes, as on one who is
   * not before that screen: a recording, or pictures made up.
   */
  readonly light?: RoomLightOptions | RoomLight;
}

export interface CreatePuppetOptions extends PuppetOptions {
  /** Where the face is found, or what `preparePortrait` made of it: the costly step, worth sharing. */
  readonly portrait: PortraitSource | Portrait;
  /** Used for a portrait that is not prepared yet. Default 640 × 480. */
  readonly size?: FrameSize;
}

/** An unanswered challenge is tried again after this long. */
const TRY_AGAIN_AFTER_MS = 1_200;
/** The width the sizes of movements are written for. */
const UNIT_WIDTH = WEBCAM_SIZE.width;

/** A puppet of the face in a picture. Rejects when there is no face in it, or the models are not prepared. */
export async function createPuppet({ portrait, size, ...options }: CreatePuppetOptions): Promise<Puppet> {
  const prepared = 'landmarks' in portrait ? portrait : await preparePortrait(portrait, size);
  return new Puppet(prepared, options);
}

/** A bona fide subject: a face that moves as a head in space, lives, and does what the server asks for. */
export class Puppet implements Presenter {
  readonly portrait: Portrait;
  readonly #head: Head;
  readonly #camera: Camera;
  readonly #canvas: Canvas;
  readonly #draw: Draw;
  readonly #blinkSeed: number | null;
  readonly #swaySeed: number;
  readonly #light: RoomLight | null;
  readonly #performances: Performance[] = [];
  #challenge: string | null = null;

  constructor(portrait: Portrait, { seed, blinksByItself = true, light }: PuppetOptions) {
    const { width, height } = portrait.image;
    this.portrait = portrait;
    this.#head = new Head(portrait);
    this.#light =
      light === undefined ? null : light instanceof RoomLight ? light : new RoomLight(portrait, light);
    this.#camera = new Camera(seed);
    this.#canvas = { data: Buffer.alloc(3 * width * height), width, height };
    this.#draw = seededDraws(hash32(seed, 1));
    this.#swaySeed = hash32(seed, 2);
    this.#blinkSeed = blinksByItself ? hash32(seed, 3) : null;
  }

  /** Does something, after a human reaction time and after what it is doing already. */
  perform(action: Action, atMs: number): Performance {
    const performance = planPerformance(action, atMs, this.#busyUntilMs(), this.#draw);
    this.#performances.push(performance);
    return performance;
  }

  /** Does what a challenge asks for. */
  answer(challenge: ChallengeKind, atMs: number): Performance {
    return this.perform(challenge, atMs);
  }

  /** Answers each challenge once when it appears, and again when it is still there well after the answer. */
  onStatus(status: ShownStatus, atMs: number): void {
    this.#light?.onStatus(status, atMs);
    const { challenge } = status;
    if (challenge === undefined) {
      this.#challenge = null;
      return;
    }
    const shown = `${challenge.number} ${challenge.kind}`;
    const isNew = shown !== this.#challenge;
    this.#challenge = shown;
    if (isNew || atMs > this.#busyUntilMs() + TRY_AGAIN_AFTER_MS) this.answer(challenge.kind, atMs);
  }

  async frameAt(atMs: number): Promise<Buffer> {
    const { width } = this.#canvas;
    const state = headStateAt(this.#doing(atMs), this.#swaySeed, atMs, width / UNIT_WIDTH);
    this.#head.draw(state, this.#canvas);
    this.#light?.light(this.#canvas, state, atMs);
    return await this.#camera.take(this.#canvas, atMs);
  }

  #busyUntilMs(): number {
    return this.#performances.at(-1)?.endMs ?? -Infinity;
  }

  #doing(atMs: number): readonly Performance[] {
    const asked = this.#performances.filter(({ startMs, endMs }) => startMs < atMs && atMs < endMs);
    const blink =
      asked.length > 0 || this.#blinkSeed === null ? null : spontaneousBlink(this.#blinkSeed, atMs);
    return blink === null ? asked : [blink];
  }
}
