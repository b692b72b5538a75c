import sharp from 'sharp';
import {
  ACTIONS,
  preparePortrait,
  SAMPLE_PORTRAITS,
  type Action,
  type Portrait,
} from '../../../simulator/index.ts';
import { planPerformance } from '../../../simulator/acting/motion.ts';
import { hash32, seededDraws } from '../../../simulator/seeded.ts';
import { BANK_FRAMES_PER_SECOND, type BankRecipe, bankSources } from './bank.ts';
import { flatPerformer, type Holding, type Surface } from '../../../simulator/attacks/flat-performer.ts';
import type { FootageSource } from './footage.ts';
import { Camera } from '../../../simulator/drawing/camera.ts';
import {
  coupleDrawer,
  personDrawer,
  personPerformer,
  noiselessPerformer,
} from '../../../simulator/person/person-performer.ts';
import { cutPaper, type DisplayKind, paper, replayed } from '../../../simulator/attacks/surfaces.ts';

/** Somebody who can be drawn. */
export interface Person {
  readonly name: string;
  /** Prepared once, when it is first needed. */
  readonly portrait: () => Promise<Portrait>;
  readonly seed: number;
}

/** The people in the sample photos of `@vladmandic/face-api`. */
export const PEOPLE: readonly Person[] = Object.entries(SAMPLE_PORTRAITS).map(([name, source], index) => {
  let prepared: Promise<Portrait> | null = null;
  return { name, seed: 101 + index, portrait: () => (prepared ??= preparePortrait(source)) };
});

const HEAD_TAKES = 3;
const FLAT_TAKES = 2;
const HEAD_REST_MS = 12_000;
const FLAT_REST_MS = 6_000;
const ENROLMENT_MS = 1_200;

/** What moving a flat thing can answer at all. */
const RIGID_ACTIONS = ['turn-left', 'turn-right', 'look-up', 'look-down', 'come-closer'] as const;

/** The simulated person. */
export function headRecipe({ name, seed, portrait }: Person): BankRecipe {
  return {
    id: `head ${name}`,
    seed,
    actions: ACTIONS,
    takes: HEAD_TAKES,
    restMs: HEAD_REST_MS,
    blinksAtRest: true,
    performer: async () => personPerformer(await portrait(), seed),
  };
}

/** The simulated person without a camera's noise. */
export function noiselessRecipe(person: Person): BankRecipe {
  return {
    ...headRecipe(person),
    id: `noiseless head ${person.name}`,
    takes: FLAT_TAKES,
    performer: async () => noiselessPerformer(await person.portrait(), person.seed),
  };
}

/** The same person on another occasion: for the reference. */
export function enrolmentRecipe(person: Person): BankRecipe {
  const seed = hash32(person.seed, 9);
  return {
    ...headRecipe(person),
    seed,
    actions: [],
    restMs: ENROLMENT_MS,
    performer: async () => personPerformer(await person.portrait(), seed),
  };
}

/** Ways of holding up a flat picture. */
export const FLATS = {
  'print held still': { holding: { sway: 0.4, bend: 0, share: 1 }, surface: paper, actions: [] },
  'print waved': { holding: { sway: 3, bend: 0, share: 1 }, surface: paper, actions: RIGID_ACTIONS },
  'print bent': { holding: { sway: 1.5, bend: 0.12, share: 1 }, surface: paper, actions: RIGID_ACTIONS },
  'print cut': { holding: { sway: 1, bend: 0.03, share: 1 }, surface: cutPaper, actions: ACTIONS },
  'screen still': { holding: { sway: 0.25, bend: 0, share: 1.15 }, surface: stillOn('screen'), actions: [] },
  'phone still': { holding: { sway: 1, bend: 0, share: 0.85 }, surface: stillOn('phone'), actions: [] },
  'screen answering': {
    holding: { sway: 0.25, bend: 0, share: 1.15 },
    surface: liveOn('screen'),
    actions: ACTIONS,
  },
} as const satisfies Readonly<
  Record<
    string,
    {
      readonly holding: Holding;
      readonly surface: (portrait: Portrait, seed: number) => Surface;
      readonly actions: readonly Action[];
    }
  >
>;
export type FlatKind = keyof typeof FLATS;

function stillOn(kind: DisplayKind) {
  return ({ image }: Portrait, seed: number): Surface => replayed(() => image, kind, seed);
}

function liveOn(kind: DisplayKind) {
  return (portrait: Portrait, seed: number): Surface => replayed(personDrawer(portrait, seed), kind, seed);
}

/** A person's picture held up in one of these ways. */
export function flatRecipe(kind: FlatKind, person: Person): BankRecipe {
  const { holding, surface, actions } = FLATS[kind];
  const seed = hash32(person.seed, 5, kind.length);
  return {
    id: `${kind} ${person.name}`,
    seed,
    actions,
    takes: FLAT_TAKES,
    restMs: FLAT_REST_MS,
    blinksAtRest: kind === 'print cut' || kind === 'screen answering',
    performer: async () => flatPerformer(surface(await person.portrait(), seed), holding, seed),
  };
}

/** Two people side by side; the first answers. */
export function coupleRecipe(first: Person, second: Person): BankRecipe {
  const seed = hash32(first.seed, second.seed);
  return {
    id: `couple ${first.name} ${second.name}`,
    seed,
    actions: ['blink', 'turn-left', 'turn-right'],
    takes: 1,
    restMs: FLAT_REST_MS,
    blinksAtRest: true,
    performer: async () => {
      const draw = coupleDrawer(await first.portrait(), await second.portrait(), seed);
      const camera = new Camera(seed);
      return { frameAt: (performances, atMs) => camera.take(draw(performances, atMs), atMs) };
    },
  };
}

/** How displays are held that show a video. */
export const DISPLAY_HOLDING: Readonly<Record<DisplayKind, Holding>> = {
  screen: FLATS['screen still'].holding,
  phone: FLATS['phone still'].holding,
};

const VIDEO_MS = 14_000;
const VIDEO_EVERY_MS = 2_200;

/** A video of a person who blinks, turns and does all the rest in an order of their own, replayed on a display. */
export function videoOnDisplay(person: Person, kind: DisplayKind): FootageSource {
  const seed = hash32(person.seed, 41);
  const draw = seededDraws(seed);
  const order = ACTIONS.toSorted(
    (a, b) => hash32(seed, ACTIONS.indexOf(a)) - hash32(seed, ACTIONS.indexOf(b)),
  );
  const performances = order.map((action, i) =>
    planPerformance(action, 600 + i * VIDEO_EVERY_MS, -Infinity, draw),
  );
  return {
    id: `video of ${person.name} on a ${kind}`,
    framesPerSecond: BANK_FRAMES_PER_SECOND,
    async *pictures() {
      const surface = liveOn(kind)(await person.portrait(), seed);
      const performer = flatPerformer(surface, DISPLAY_HOLDING[kind], seed);
      for (let atMs = 0; atMs < VIDEO_MS; atMs += 1000 / BANK_FRAMES_PER_SECOND) {
        yield await performer.frameAt(performances, atMs);
      }
    },
  };
}

const REENCODED_QUALITY = 55;
/** Cut off at each edge before it is scaled back. */
const REENCODED_CROP_PX = 3;

/** The same bank after a video editor: cropped a little, scaled back and compressed anew. */
export function reencodedSources(recipe: BankRecipe): {
  readonly recipe: BankRecipe;
  readonly sources: FootageSource[];
} {
  const changed = { ...recipe, id: `${recipe.id} re-encoded` };
  const originals = bankSources(recipe);
  const sources = bankSources(changed).map(
    (source, index): FootageSource => ({
      ...source,
      async *pictures() {
        for await (const picture of originals[index].pictures()) yield await reencode(picture);
      },
    }),
  );
  return { recipe: changed, sources };
}

async function reencode(picture: Buffer): Promise<Buffer> {
  const image = sharp(picture);
  const { width, height } = await image.metadata();
  const crop = REENCODED_CROP_PX;
  return await image
    .extract({ left: crop, top: crop, width: width - 2 * crop, height: height - 2 * crop })
    .resize(width, height, { fit: 'fill' })
    .jpeg({ quality: REENCODED_QUALITY })
    .toBuffer();
}
