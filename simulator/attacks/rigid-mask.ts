import type { RgbImage } from '../../server/vision/image.ts';
import type { Point } from '../../server/vision/geometry.ts';
import { Actor } from '../acting/actor.ts';
import { Camera } from '../drawing/camera.ts';
import { isInside } from '../drawing/polygon.ts';
import type { Canvas } from '../drawing/rasterize.ts';
import { EYE_RINGS, INNER_LIPS } from '../portraits/landmark-groups.ts';
import type { Portrait } from '../portraits/portrait.ts';
import type { Presenter, ShownStatus } from '../presenter.ts';
import { PersonDrawing } from '../person/person.ts';
import { hash32 } from '../seeded.ts';
import { inShapeOf } from './morph.ts';
import { printed } from './surfaces.ts';

/** Holes reach this far beyond eyes and lips; below their rim the face behind lies in shadow. */
const HOLE_REACH = 1.3;
const RIM_SHADE = 0.45;
/** The shadow is this wide, as a share of the hole. */
const RIM_SHARE = 0.25;
const { corners, upper, lower } = INNER_LIPS;
const HOLES = [
  EYE_RINGS.imageLeft,
  EYE_RINGS.imageRight,
  [corners[0], ...upper, corners[1], ...lower.toReversed()],
] as const;

/**
 * A rigid mask with the printed face of one person, on the head of another who moves it: a presentation attack,
 * rendered. The mask has a face's relief and never changes its shape; eyes and lips of the wearer are seen through its
 * holes. No recording of such masks is at hand. The wearer's eyes and lips lie where the mask's holes are.
 */
export class RigidMask implements Presenter {
  readonly #actor: Actor;
  readonly #mask: PersonDrawing;
  readonly #wearer: PersonDrawing;
  readonly #camera: Camera;
  readonly #shown: Canvas;
  readonly #behind: Canvas;

  constructor(victim: Portrait, wearer: Portrait, seed: number) {
    const { width, height } = victim.image;
    this.#actor = new Actor(seed);
    this.#mask = new PersonDrawing({ ...victim, image: printed(victim.image, hash32(seed, 31)) }, seed);
    this.#wearer = new PersonDrawing(inShapeOf(wearer, victim), seed);
    this.#camera = new Camera(seed);
    this.#shown = { data: new Uint8Array(3 * width * height), width, height };
    this.#behind = { data: new Uint8Array(3 * width * height), width, height };
  }

  onStatus(status: ShownStatus, atMs: number): void {
    this.#actor.onChallenge(status.challenge, atMs);
  }

  async frameAt(atMs: number): Promise<Buffer> {
    const state = this.#wearer.stateAt(this.#actor.doingAt(atMs), atMs);
    this.#wearer.drawState(state, atMs, this.#behind);
    this.#mask.drawState({ ...state, blink: 0, smile: 0, openMouth: 0 }, atMs, this.#shown);
    for (const ring of HOLES) {
      cutHole(
        this.#shown,
        this.#behind,
        ring.map((vertex) => this.#mask.pointOf(vertex)),
      );
    }
    return await this.#camera.take(this.#shown, atMs);
  }
}

/** Shows what is behind inside a polygon that is enlarged about its middle. */
function cutHole({ data, width, height }: Canvas, behind: RgbImage, ring: readonly Point[]): void {
  const middle = {
    x: ring.reduce((sum, { x }) => sum + x, 0) / ring.length,
    y: ring.reduce((sum, { y }) => sum + y, 0) / ring.length,
  };
  // Closed lips leave no hole: it is at least a third as high as it is wide.
  const [reachX, reachY] = [
    Math.max(...ring.map(({ x }) => Math.abs(x - middle.x))),
    Math.max(...ring.map(({ y }) => Math.abs(y - middle.y))),
  ];
  const tall = Math.max(1, reachX / 3 / Math.max(1, reachY));
  const rimAt = (reach: number) =>
    ring.map(({ x, y }) => ({
      x: middle.x + reach * (x - middle.x),
      y: middle.y + reach * tall * (y - middle.y),
    }));
  const outer = rimAt(HOLE_REACH);
  const inner = rimAt(HOLE_REACH * (1 - RIM_SHARE));
  const top = Math.max(0, Math.floor(Math.min(...outer.map(({ y }) => y))));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(...outer.map(({ y }) => y))));
  const left = Math.max(0, Math.floor(Math.min(...outer.map(({ x }) => x))));
  const right = Math.min(width - 1, Math.ceil(Math.max(...outer.map(({ x }) => x))));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if (!isInside(outer, { x, y })) continue;
      const shade = isInside(inner, { x, y }) ? 1 : 1 - RIM_SHADE;
      const at = 3 * (y * width + x);
      for (let channel = at; channel < at + 3; channel++) data[channel] = behind.data[channel] * shade;
    }
  }
}
