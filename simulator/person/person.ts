import type { Point } from '../../server/vision/geometry.ts';
import { Actor } from '../acting/actor.ts';
import { headStateAt, sway, type Action, type Performance } from '../acting/motion.ts';
import type { HeadState } from '../acting/head-state.ts';
import { Camera } from '../drawing/camera.ts';
import type { Canvas } from '../drawing/rasterize.ts';
import { ScreenColours, type ScreenOptions } from '../drawing/screen-colours.ts';
import { preparePortrait, type Portrait, type PortraitSource } from '../portraits/portrait.ts';
import { WEBCAM_SIZE, type FrameSize, type Presenter, type ShownStatus } from '../presenter.ts';
import { hash32 } from '../seeded.ts';
import { bodyOf, Figure, type Body } from './figure.ts';
import { RoomLighting, type Lighting } from './lighting.ts';
import { Scenery } from './scenery.ts';
import { gainOf } from './tone.ts';

/**
 * How a person holds still: hardly swaying before a fixed camera, or as lively people do with a camera that trembles.
 */
export const MANNERS = {
  calm: { swayShare: 0.5, cameraPx: 0, play: 0.015 },
  lively: { swayShare: 1.4, cameraPx: 1.5, play: 0.04 },
} as const;
export type Manner = keyof typeof MANNERS;

export interface PersonOptions {
  /** Decides everything left to chance: timing, sway, blinks, light, noise. */
  readonly seed: number;
  /** Default `calm`. */
  readonly manner?: Manner;
  /** Blink now and then without being asked, as people do. Default true. */
  readonly blinksByItself?: boolean;
  /** Its skin is lit by the screen that shows what the server says. Default: there is no such light. */
  readonly light?: ScreenOptions;
}

export interface CreatePersonOptions extends PersonOptions {
  /** Where the face is found, or what `preparePortrait` made of it: the costly step, worth sharing. */
  readonly portrait: PortraitSource | Portrait;
  /** Used for a portrait that is not prepared yet. Default 640 × 480. */
  readonly size?: FrameSize;
}

const DARK: Pick<Lighting, 'screen' | 'balance'> = { screen: [0, 0, 0], balance: [1, 1, 1] };

/** A person with the face of a portrait. Rejects when there is no face in it, or the models are not prepared. */
export async function createPerson({ portrait, size, ...options }: CreatePersonOptions): Promise<Person> {
  const prepared = 'landmarks' in portrait ? portrait : await preparePortrait(portrait, size);
  return new Person(prepared, options);
}

/**
 * A head in three dimensions that stands in for a living person in tests. It is a rendered injection, the third class
 * of attacker: it has hidden sides, it is lit anew for each picture, and it answers what it is asked. What is measured
 * on it is a simulation, and says nothing about how living people fare.
 */
export class Person implements Presenter {
  readonly portrait: Portrait;
  readonly #actor: Actor;
  readonly #camera: Camera;
  readonly #canvas: Canvas;
  readonly #drawing: PersonDrawing;
  readonly #screen: ScreenColours | null;

  constructor(portrait: Portrait, { seed, manner = 'calm', blinksByItself, light }: PersonOptions) {
    const { width, height } = portrait.image;
    this.portrait = portrait;
    this.#actor = new Actor(seed, blinksByItself);
    this.#camera = new Camera(seed);
    this.#canvas = { data: Buffer.alloc(3 * width * height), width, height };
    this.#drawing = new PersonDrawing(portrait, seed, manner);
    this.#screen = light === undefined ? null : new ScreenColours(light);
  }

  /** Does something, after a human reaction time and after what it is doing already. */
  perform(action: Action, atMs: number): Performance {
    return this.#actor.perform(action, atMs);
  }

  /** Answers each challenge once when it appears, and again when it is still there well after the answer. */
  onStatus(status: ShownStatus, atMs: number): void {
    this.#screen?.onStatus(status, atMs);
    this.#actor.onChallenge(status.challenge, atMs);
  }

  async frameAt(atMs: number): Promise<Buffer> {
    const screen = this.#screen;
    const light =
      screen === null || screen.isDark
        ? DARK
        : { screen: screen.lightAt(atMs), balance: screen.balanceAt(atMs) };
    this.#drawing.draw(this.#actor.doingAt(atMs), atMs, this.#canvas, light);
    return await this.#camera.take(this.#canvas, atMs);
  }
}

/** Draws a person who does what is given, without a camera's noise. */
export class PersonDrawing {
  readonly #body: Body;
  readonly #figure: Figure;
  readonly #lighting: RoomLighting;
  readonly #scenery: Scenery;
  readonly #manner: Manner;
  readonly #swaySeed: number;

  /** `keyAzimuthDeg`: where the room's light comes from, > 0 from the image's right; left to the seed without it. */
  constructor(portrait: Portrait, seed: number, manner: Manner = 'calm', keyAzimuthDeg?: number) {
    this.#body = bodyOf(portrait);
    this.#figure = new Figure(this.#body);
    this.#lighting = new RoomLighting(seed, keyAzimuthDeg);
    const { width, height, complexion } = this.#body;
    this.#scenery = new Scenery(width, height, complexion.room, seed);
    this.#manner = manner;
    this.#swaySeed = hash32(seed, 2);
  }

  /** The head's state while it performs and sways. */
  stateAt(performances: Iterable<Performance>, atMs: number): HeadState {
    const { swayShare, play } = MANNERS[this.#manner];
    const unit = this.#body.width / WEBCAM_SIZE.width;
    const state = headStateAt(performances, this.#swaySeed, atMs, unit, swayShare);
    const wander = (channel: number) => Math.max(0, sway(this.#swaySeed, channel, 1.3 * atMs, play));
    return { ...state, smile: state.smile + wander(11), openMouth: state.openMouth + wander(12) };
  }

  draw(
    performances: Iterable<Performance>,
    atMs: number,
    canvas: Canvas,
    screen: Pick<Lighting, 'screen' | 'balance'> = DARK,
  ): void {
    this.drawState(this.stateAt(performances, atMs), atMs, canvas, screen);
  }

  /** Draws the head in one state, in the light of that instant. */
  drawState(
    state: HeadState,
    atMs: number,
    canvas: Canvas,
    screen: Pick<Lighting, 'screen' | 'balance'> = DARK,
  ): void {
    const lighting = { ...this.#lighting.at(atMs), ...screen };
    // The wall is farther from the lamp's drift than the face, and gets an eighth of the screen's light.
    const gains = [0, 1, 2].map((channel) =>
      gainOf(
        (0.5 + 0.5 * (lighting.key[channel] + lighting.sky[channel]) + screen.screen[channel] / 8) /
          screen.balance[channel],
      ),
    );
    this.#scenery.draw(canvas, atMs, MANNERS[this.#manner].cameraPx, gains);
    this.#figure.draw(state, lighting, canvas);
  }

  /** Where a point of the face mesh is in the newest picture. */
  pointOf(landmark: number): Point {
    return this.#figure.pointOf(landmark);
  }

  /** Whether a pixel of the newest picture shows the person, not the room. */
  covers(x: number, y: number): boolean {
    return this.#figure.covers(x, y);
  }
}
