import {
  ADAPTIVE_EGGS,
  Egg,
  FlatPuppet,
  Person,
  type EggOptions,
  type Presenter as CameraPresenter,
} from '../../../simulator/index.ts';
import { live, skipping } from './live-picture.ts';
import type { AttackClass, SessionKind } from './session-kinds.ts';
import type { LivePresenter } from './session-player.ts';
import { victimReference, type Victim, type Victims } from './victims.ts';

/** Of a webcam, and of a client that has better things to do. */
const FRAMES_PER_SECOND = 16;

export interface PhotoKind {
  readonly id: string;
  readonly label: string;
  readonly attackClass: AttackClass;
  /** What it takes, in a few words. */
  readonly cost: string;
  readonly framesPerSecond?: number;
  /** What is put in the camera's place. */
  readonly present: (victim: Victim, seed: number) => CameraPresenter;
  /** The client offers to show colours. */
  readonly flash?: boolean;
  /** Changes what the client does beside its pictures. */
  readonly client?: (presenter: LivePresenter) => LivePresenter;
}

/** Attacks made of photographs, whose pictures are made while the session runs. */
export function photoKinds(victims: Victims): readonly SessionKind[] {
  return PHOTO_KINDS.map((kind) => sessionKind(kind, victims));
}

function sessionKind(kind: PhotoKind, victims: Victims): SessionKind {
  const { id, label, attackClass, cost, present, client } = kind;
  const { framesPerSecond = FRAMES_PER_SECOND, flash = false } = kind;
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
      const references = new Map<Victim, ReturnType<typeof victimReference>>();
      return async (random, index) => {
        const victim = people[index % people.length];
        const reference = references.get(victim) ?? victimReference(victim, stage);
        references.set(victim, reference);
        const presenter = live(present(victim, Math.floor(random() * 2 ** 31)), analyzer);
        return {
          presenter: client === undefined ? presenter : client(presenter),
          references: [await reference],
          search: async () => await Promise.all(references.values()),
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
  {
    id: 'rendered-person',
    label: 'head in three dimensions, lit, with hidden sides, answering',
    attackClass: 'rendered injection',
    cost: 'one photograph, a face mesh, a renderer of some 1 900 lines',
    present: ({ portrait }, seed) => new Person(portrait, { seed }),
  },
];
