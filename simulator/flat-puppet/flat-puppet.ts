import { Actor } from '../acting/actor.ts';
import { Camera } from '../drawing/camera.ts';
import { FlatHead } from './flat-head.ts';
import { headStateAt, type Action, type Performance } from '../acting/motion.ts';
import { preparePortrait, type Portrait, type PortraitSource } from '../portraits/portrait.ts';
import { WEBCAM_SIZE, type FrameSize, type Presenter, type ShownStatus } from '../presenter.ts';
import type { Canvas } from '../drawing/rasterize.ts';
import { RoomLight } from '../drawing/room-light.ts';
import type { ScreenOptions } from '../drawing/screen-colours.ts';
import { hash32 } from '../seeded.ts';

export interface FlatPuppetOptions {
  /** Decides everything left to chance: timing, sway, blinks, noise. */
  readonly seed: number;
  /** Blink now and then without being asked, as people do. Default true. */
  readonly blinksByItself?: boolean;
  /**
   * The screen that shows the server's colours lights its skin. Without it the light never changes, as in a recording
   * or in pictures that were made without such a screen.
   */
  readonly light?: ScreenOptions | RoomLight;
}

export interface CreateFlatPuppetOptions extends FlatPuppetOptions {
  /** Where the face is found, or what `preparePortrait` made of it: the costly step, worth sharing. */
  readonly portrait: PortraitSource | Portrait;
  /** Used for a portrait that is not prepared yet. Default 640 × 480. */
  readonly size?: FrameSize;
}

/** The width the sizes of movements are written for. */
const UNIT_WIDTH = WEBCAM_SIZE.width;

/** A puppet of the face in a picture. Rejects when there is no face in it, or the models are not prepared. */
export async function createFlatPuppet({
  portrait,
  size,
  ...options
}: CreateFlatPuppetOptions): Promise<FlatPuppet> {
  const prepared = 'landmarks' in portrait ? portrait : await preparePortrait(portrait, size);
  return new FlatPuppet(prepared, options);
}

/**
 * A photograph bent over the relief of its own face and moved as a head is: a cheap injection. It has no hidden sides,
 * and the light on it never changes. It answers every challenge, so that only the pictures can tell it from a person.
 */
export class FlatPuppet implements Presenter {
  readonly portrait: Portrait;
  readonly #head: FlatHead;
  readonly #actor: Actor;
  readonly #camera: Camera;
  readonly #canvas: Canvas;
  readonly #swaySeed: number;
  readonly #light: RoomLight | null;

  constructor(portrait: Portrait, { seed, blinksByItself, light }: FlatPuppetOptions) {
    const { width, height } = portrait.image;
    this.portrait = portrait;
    this.#head = new FlatHead(portrait);
    this.#actor = new Actor(seed, blinksByItself);
    this.#light =
      light === undefined ? null : light instanceof RoomLight ? light : new RoomLight(portrait, light);
    this.#camera = new Camera(seed);
    this.#canvas = { data: Buffer.alloc(3 * width * height), width, height };
    this.#swaySeed = hash32(seed, 2);
  }

  /** Does something, after a human reaction time and after what it is doing already. */
  perform(action: Action, atMs: number): Performance {
    return this.#actor.perform(action, atMs);
  }

  /** Answers each challenge once when it appears, and again when it is still there well after the answer. */
  onStatus(status: ShownStatus, atMs: number): void {
    this.#light?.onStatus(status, atMs);
    this.#actor.onChallenge(status.challenge, atMs);
  }

  async frameAt(atMs: number): Promise<Buffer> {
    const { width } = this.#canvas;
    const state = headStateAt(this.#actor.doingAt(atMs), this.#swaySeed, atMs, width / UNIT_WIDTH);
    this.#head.draw(state, this.#canvas);
    this.#light?.light(this.#canvas, state, atMs);
    return await this.#camera.take(this.#canvas, atMs);
  }
}
