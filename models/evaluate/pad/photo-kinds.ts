import type { Reference } from '../../../server/matching/reference.ts';
import {
  ADAPTIVE_EGGS,
  DepthHead,
  Egg,
  eggStills,
  FlatPuppet,
  Person,
  photographStills,
  RigidMask,
  Stills,
  type EggOptions,
  type Presenter as CameraPresenter,
} from '../../../simulator/index.ts';
import { live, skipping } from './live-picture.ts';
import type { AttackClass, SessionKind } from './session-kinds.ts';
import type { LivePresenter } from './session-player.ts';
import { victimReference, type Album, type Albums, type Victim, type Victims } from './victims.ts';

/** Of a webcam, and of a client that has better things to do. */
const FRAMES_PER_SECOND = 16;

interface PhotoKind<Of extends Victim = Victim> {
  readonly id: string;
  readonly label: string;
  readonly attackClass: AttackClass;
  /** What it takes, in a few words. */
  readonly cost: string;
  readonly framesPerSecond?: number;
  /** What is put in the camera's place. */
  readonly present: (victim: Of, seed: number, other: Of) => CameraPresenter | Promise<CameraPresenter>;
  /** Default: the victim is verified. */
  readonly mode?: 'identify';
  /** The client offers to show colours. */
  readonly flash?: boolean;
  /** Changes what the client does beside its pictures. */
  readonly client?: (presenter: LivePresenter) => LivePresenter;
}

/** Attacks made of photographs, whose pictures are made while the session runs. */
export function photoKinds(victims: Victims, albums: Albums): readonly SessionKind[] {
  return [
    ...PHOTO_KINDS.map((kind) => sessionKind(kind, victims)),
    ...STILL_RATES.map((rate) => sessionKind(albumKind(rate), albums)),
  ];
}

/** Still pictures change at most so often a second. */
const STILL_RATES = [2, 4, 8] as const;

const albumKind = (rate: number): PhotoKind<Album> => ({
  id: `album-${rate}`,
  label: `photographs of one person in several poses, changing at most ${rate} times a second`,
  attackClass: 'cheap injection',
  cost: 'four to six photographs, some 20 lines',
  present: ({ portraits }, seed) => new Stills(photographStills(portraits), seed, 1000 / rate),
});

function sessionKind<Of extends Victim>(
  kind: PhotoKind<Of>,
  victims: () => Promise<readonly Of[]>,
): SessionKind {
  const { id, label, attackClass, cost, present, client } = kind;
  const { mode = 'verify', framesPerSecond = FRAMES_PER_SECOND, flash = false } = kind;
  return {
    id,
    label,
    role: 'attack',
    attackClass,
    origin: 'simulated',
    cost,
    unasked: false,
    people: null,
    sources: [],
    prepare: async (stage) => {
      const analyzer = await stage.openAnalyzer();
      const people = await victims();
      if (people.length === 0) return null;
      const references = new Map<Victim, Promise<Reference>>();
      const referenceOf = (victim: Victim) => {
        const known = references.get(victim) ?? victimReference(victim, stage);
        references.set(victim, known);
        return known;
      };
      const candidates = async () =>
        await Promise.all(people.map(async (one) => ({ ...(await referenceOf(one)), subject: one.name })));
      return async (random, index) => {
        const victim = people[index % people.length];
        const other = people[(index + 1) % people.length];
        const presenter = live(await present(victim, Math.floor(random() * 2 ** 31), other), analyzer);
        return {
          presenter: client === undefined ? presenter : client(presenter),
          mode,
          references: mode === 'verify' ? [await referenceOf(victim)] : [],
          search: candidates,
          flash,
          framesPerSecond,
          recording: victim.name,
        };
      };
    },
  };
}

const egg =
  (options: Omit<EggOptions, 'seed'> = {}): PhotoKind['present'] =>
  ({ portrait }, seed) =>
    new Egg(portrait, { ...options, seed });

const STILLS_COST = 'one photograph, an egg once, some 20 lines';
const ONE_PHOTO = 'one photograph, some 70 lines';

const PHOTO_KINDS: readonly PhotoKind[] = [
  {
    id: 'egg',
    label: 'one photo, turned as an egg',
    attackClass: 'cheap injection',
    cost: ONE_PHOTO,
    present: egg(),
  },
  {
    id: 'egg-8',
    label: 'egg at 8 frames a second',
    attackClass: 'cheap injection',
    cost: ONE_PHOTO,
    framesPerSecond: 8,
    present: egg(),
  },
  {
    id: 'egg-30',
    label: 'egg at 30 frames a second',
    attackClass: 'cheap injection',
    cost: ONE_PHOTO,
    framesPerSecond: 30,
    present: egg(),
  },
  {
    id: 'egg-skip',
    label: 'egg that skips the blink',
    attackClass: 'cheap injection',
    cost: ONE_PHOTO,
    present: egg(),
    client: (presenter) => skipping(presenter, 'blink'),
  },
  {
    id: 'egg-identify',
    label: 'egg that is identified among the victims',
    attackClass: 'cheap injection',
    cost: ONE_PHOTO,
    mode: 'identify',
    present: egg(),
  },
  {
    id: 'egg-tinted',
    label: 'egg with the shown colour on its skin',
    attackClass: 'cheap injection',
    cost: ONE_PHOTO,
    flash: true,
    present: egg({ light: {} }),
  },
  {
    id: 'egg-shaded',
    label: 'egg under a moving shading of 10 %',
    attackClass: 'cheap injection',
    cost: ONE_PHOTO,
    present: egg({ shading: 0.1 }),
  },
  {
    id: 'egg-a1',
    label: 'egg with jitter, grain and moving shading (A1)',
    attackClass: 'cheap injection',
    cost: `${ONE_PHOTO} and ten more`,
    present: egg(ADAPTIVE_EGGS.A1),
  },
  {
    id: 'egg-a5',
    label: 'the same with a nose’s bump (A5)',
    attackClass: 'cheap injection',
    cost: `${ONE_PHOTO} and a dozen more`,
    present: egg(ADAPTIVE_EGGS.A5),
  },
  {
    id: 'egg-head',
    label: 'the same with hair and jaw in the zone',
    attackClass: 'cheap injection',
    cost: `${ONE_PHOTO} and a dozen more`,
    present: egg(ADAPTIVE_EGGS.head),
  },
  {
    id: 'flat-puppet',
    label: 'one photo bent over its own mesh, answering',
    attackClass: 'cheap injection',
    cost: 'one photograph, a face mesh laid over it once, a triangle rasterizer',
    present: ({ portrait }, seed) => new FlatPuppet(portrait, { seed }),
  },
  ...STILL_RATES.map(
    (rate): PhotoKind => ({
      id: `stills-${rate}`,
      label: `nine still pictures made of one photo, changing at most ${rate} times a second`,
      attackClass: 'cheap injection',
      cost: STILLS_COST,
      present: async ({ portrait }, seed) => new Stills(await eggStills(portrait, seed), seed, 1000 / rate),
    }),
  ),
  {
    id: 'stills-thin',
    label: 'nine still pictures made of one photo, 4 frames a second',
    attackClass: 'cheap injection',
    cost: STILLS_COST,
    framesPerSecond: 4,
    present: async ({ portrait }, seed) => new Stills(await eggStills(portrait, seed), seed, 250),
  },
  {
    id: 'rigid-mask',
    label: 'rigid mask with holes for eyes and mouth, worn by another (rendered: no recording is at hand)',
    attackClass: 'presentation',
    cost: 'a mask printed with the face, a person who wears it',
    present: ({ portrait }, seed, other) => new RigidMask(portrait, other.portrait, seed),
  },
  {
    id: 'depth-head',
    label: 'a face mesh’s depth over one photo, relit, with a fresh rim',
    attackClass: 'rendered injection',
    cost: 'one photograph, a public face mesh, a rasterizer, some 45 lines',
    present: ({ portrait }, seed) => new DepthHead(portrait, seed),
  },
  {
    id: 'rendered-person',
    label: 'head in three dimensions, lit, with hidden sides, answering',
    attackClass: 'rendered injection',
    cost: 'one photograph, a face mesh, a renderer of some 1 900 lines',
    present: ({ portrait }, seed) => new Person(portrait, { seed }),
  },
];
