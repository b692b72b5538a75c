import { Camera } from '../../simulator/drawing/camera.ts';
import { HEAD_AT_REST, type HeadState } from '../../simulator/acting/head-state.ts';
import { FlatHead } from '../../simulator/flat-puppet/flat-head.ts';
import {
  headStateAt,
  planPerformance,
  spontaneousBlink,
  type Action,
  type Performance,
} from '../../simulator/acting/motion.ts';
import type { Portrait } from '../../simulator/index.ts';
import { hash32, seededDraws, type Draw } from '../../simulator/seeded.ts';

/**
 * Share of a puppet's sway. Clips of it are joined without a jump that shows: less than .05 eye distances, where a cut
 * is one of .1.
 */
const SWAY_SHARE = 0.55;

/** A puppet that holds still better than people do, to be cut into clips. */
export class CalmPuppet {
  readonly #head: FlatHead;
  readonly #camera: Camera;
  readonly #canvas: { readonly data: Buffer; readonly width: number; readonly height: number };
  readonly #seed: number;
  readonly #draw: Draw;
  readonly #performances: Performance[] = [];

  constructor(portrait: Portrait, seed: number) {
    const { width, height } = portrait.image;
    this.#head = new FlatHead(portrait);
    this.#camera = new Camera(seed);
    this.#canvas = { data: Buffer.alloc(3 * width * height), width, height };
    this.#seed = seed;
    this.#draw = seededDraws(hash32(seed, 1));
  }

  perform(action: Action, atMs: number): Performance {
    const performance = planPerformance(action, atMs, -Infinity, this.#draw);
    this.#performances.push(performance);
    return performance;
  }

  frameAt(atMs: number): Promise<Buffer> {
    const asked = this.#performances.filter(({ startMs, endMs }) => startMs < atMs && atMs < endMs);
    const blink = asked.length > 0 ? null : spontaneousBlink(this.#seed, atMs);
    this.#head.draw(this.#stateAt(blink === null ? asked : [blink], atMs), this.#canvas);
    return this.#camera.take(this.#canvas, atMs);
  }

  #stateAt(doing: readonly Performance[], atMs: number): HeadState {
    const state = { ...headStateAt(doing, this.#seed, atMs, 1) };
    const sway = headStateAt([], this.#seed, atMs, 1);
    for (const key of Object.keys(HEAD_AT_REST) as (keyof HeadState)[])
      state[key] -= (1 - SWAY_SHARE) * (sway[key] - HEAD_AT_REST[key]);
    return state;
  }
}
