import { Camera } from '../../../../simulator/drawing/camera.ts';
import { FlatHead } from '../../../../simulator/flat-puppet/flat-head.ts';
import { ACTIONS, type Performance, type Portrait } from '../../../../simulator/index.ts';
import { headStateAt } from '../../../../simulator/acting/motion.ts';
import { hash32 } from '../../../../simulator/seeded.ts';
import type { BankRecipe } from '../bank.ts';
import type { Performer } from '../../../../simulator/acting/performer.ts';
import type { DrawnPerson } from './portraits.ts';

/** Share of a puppet's sway in what is drawn: somebody who holds still better than most people do. */
const SWAY_SHARE = 0.55;
const UNIT_WIDTH = 640;

/** Draws a head that holds still and performs. */
export function calmPerformer(portrait: Portrait, seed: number): Performer {
  const { width, height } = portrait.image;
  const head = new FlatHead(portrait);
  const camera = new Camera(seed);
  const swaySeed = hash32(seed, 2);
  return {
    async frameAt(performances: readonly Performance[], atMs: number) {
      const canvas = { data: Buffer.alloc(3 * width * height), width, height };
      head.draw(headStateAt(performances, swaySeed, atMs, width / UNIT_WIDTH, SWAY_SHARE), canvas);
      return await camera.take(canvas, atMs);
    },
  };
}

/** Of drawn footage: sessions look closely every fifth of a second. */
export const DRAWN_LOOK_EVERY = 5;

const TAKES = 2;
const REST_MS = 6_000;
const ENROLMENT_MS = 1_200;

/** What a person is seen to do. */
export function drawnRecipe({ name, photograph, portrait, seed }: DrawnPerson): BankRecipe {
  return {
    id: `calm head ${name} ${photograph}`,
    seed,
    actions: ACTIONS,
    takes: TAKES,
    restMs: REST_MS,
    blinksAtRest: true,
    performer: async () => calmPerformer(portrait, seed),
  };
}

/** The same person on another occasion: for the reference. */
export function drawnEnrolmentRecipe(person: DrawnPerson): BankRecipe {
  const seed = hash32(person.seed, 9);
  return {
    ...drawnRecipe(person),
    seed,
    actions: [],
    restMs: ENROLMENT_MS,
    performer: async () => calmPerformer(person.portrait, seed),
  };
}
