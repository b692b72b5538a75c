import { Actor } from '../acting/actor.ts';
import { headStateAt, sway } from '../acting/motion.ts';
import { Camera } from '../drawing/camera.ts';
import type { Canvas } from '../drawing/rasterize.ts';
import { rotationOf } from '../drawing/rotation.ts';
import { FlatHead } from '../flat-puppet/flat-head.ts';
import type { Portrait } from '../portraits/portrait.ts';
import type { Presenter, ShownStatus } from '../presenter.ts';
import { hash32, normalDraw, seededDraws } from '../seeded.ts';
import { faceEllipse, type FaceEllipse } from './egg/face-outline.ts';
import { withFlatWall } from './egg/flat-wall.ts';
import { addGrain } from './egg/restlessness.ts';

/** How much of the light on a face comes from its lamp. */
const LAMP_SHARE = 0.35;
/** Fresh texture at the rim that turns into view: deviation in levels, and the size of its cells in pixels. */
const RIM_LEVELS = 7;
const RIM_CELL_PX = 4;
const RIM_SIDE = 64;

/**
 * A public face mesh's depth over one photograph: a head with depth, in front of a wall painted anew, relit as it
 * turns, with fresh texture where the photograph shows none. A rendered injection of some 45 lines beside the mesh and
 * a rasterizer.
 */
export class DepthHead implements Presenter {
  readonly #actor: Actor;
  readonly #head: FlatHead;
  readonly #camera: Camera;
  readonly #canvas: Canvas;
  readonly #ellipse: FaceEllipse;
  readonly #swaySeed: number;
  readonly #rim: Float32Array;

  constructor(portrait: Portrait, seed: number) {
    const { width, height } = portrait.image;
    this.#ellipse = faceEllipse(portrait);
    this.#head = new FlatHead({ ...portrait, image: withFlatWall(portrait.image, this.#ellipse) });
    this.#actor = new Actor(seed);
    this.#camera = new Camera(seed);
    this.#canvas = { data: new Uint8Array(3 * width * height), width, height };
    this.#swaySeed = hash32(seed, 2);
    const draw = seededDraws(hash32(seed, 41));
    this.#rim = Float32Array.from({ length: RIM_SIDE * RIM_SIDE }, () => normalDraw(draw));
  }

  onStatus(status: ShownStatus, atMs: number): void {
    this.#actor.onChallenge(status.challenge, atMs);
  }

  async frameAt(atMs: number): Promise<Buffer> {
    const { width } = this.#canvas;
    const state = headStateAt(this.#actor.doingAt(atMs), this.#swaySeed, atMs, width / 640);
    this.#head.draw(state, this.#canvas);
    const lampDeg = 30 + sway(this.#swaySeed, 21, atMs, 6);
    this.#relight({ yawDeg: state.yawDeg, pitchDeg: state.pitchDeg }, lampDeg, state);
    addGrain(this.#canvas, 1, hash32(this.#swaySeed, Math.round(1000 * atMs)));
    return await this.#camera.take(this.#canvas, atMs);
  }

  /**
   * Each point of the face's ellipsoid gets the light that falls on it now over what fell on it at rest; where a turn
   * brings the rim into view, a texture that is fixed to the head comes with it.
   */
  #relight(
    pose: { readonly yawDeg: number; readonly pitchDeg: number },
    lampDeg: number,
    { rightPx, downPx }: { readonly rightPx: number; readonly downPx: number },
  ): void {
    const { data, width, height } = this.#canvas;
    const { x: middleX, y: middleY, halfWidth, halfHeight } = this.#ellipse;
    const back = rotationOf({ yawDeg: -pose.yawDeg, pitchDeg: -pose.pitchDeg, rollDeg: 0 });
    const lamp = (Math.PI * lampDeg) / 180;
    const toLamp = [Math.sin(lamp), -0.4, -Math.cos(lamp)] as const;
    const [across, along] = [1.25 * halfWidth, 1.35 * halfHeight];
    for (let row = Math.max(0, Math.floor(middleY - along)); row < Math.min(height, middleY + along); row++) {
      for (
        let column = Math.max(0, Math.floor(middleX - across));
        column < Math.min(width, middleX + across);
        column++
      ) {
        const nx = (column - middleX - rightPx) / across;
        const ny = (row - middleY - downPx) / along;
        const out = nx * nx + ny * ny;
        if (out >= 1) continue;
        const nz = -Math.sqrt(1 - out);
        const [rx, ry, rz] = [0, 3, 6].map((i) => back[i] * nx + back[i + 1] * ny + back[i + 2] * nz);
        const lit = (x: number, y: number, z: number) =>
          1 - LAMP_SHARE + LAMP_SHARE * Math.max(0, x * toLamp[0] + y * toLamp[1] + z * toLamp[2]);
        const edge = Math.min(1, 4 * (1 - out));
        const gain = 1 + edge * (lit(nx, ny, nz) / lit(rx, ry, rz) - 1);
        // How far this place lay outside what the photograph shows well.
        const hidden = Math.min(1, Math.max(0, (0.45 + rz) / 0.45));
        const cell =
          (Math.floor((ry * along) / RIM_CELL_PX) & (RIM_SIDE - 1)) * RIM_SIDE +
          (Math.floor((rx * across) / RIM_CELL_PX) & (RIM_SIDE - 1));
        const fresh = edge * hidden * RIM_LEVELS * this.#rim[cell];
        const at = 3 * (row * width + column);
        for (let channel = at; channel < at + 3; channel++) {
          data[channel] = Math.min(255, Math.max(0, data[channel] * gain + fresh));
        }
      }
    }
  }
}
